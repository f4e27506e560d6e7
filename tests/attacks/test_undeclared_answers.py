"""A slip of ours puts more into an answer than is declared: it must fail instead of leaving."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.api import views
from tests.api.conftest import BY_CITY, Running, running

SECRET = "4711-exact-rows"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_TEST_KEY", "t" * 64)
        yield from running(tmp_path_factory.mktemp("server"), slots=False)


def talkative(view: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """A view that tells one thing more."""
    return lambda *given: {**view(*given), "exact": SECRET}


@pytest.mark.parametrize(
    ("view", "address"),
    [
        ("job", "/v1/jobs"), ("job", "/v1/jobs/{job}"), ("release", "/v1/jobs/{job}/result"),
        ("cost", "/v1/jobs/{job}/result"), ("preview", "/v1/jobs/{preview}/result"),
        ("release", "/v1/datasets/clinic/dummy?table=visits"), ("agreement", "/v1/agreements"),
        ("agreement", "/v1/agreements/{agreement}"), ("balance", "/v1/budgets"),
        ("application", "/v1/applications"), ("title", "/v1/public/products"), ("page", "/v1/disclosures"),
    ],
)  # fmt: skip
def test_an_undeclared_field_fails_and_is_not_sent(
    here: Running, monkeypatch: pytest.MonkeyPatch, view: str, address: str
) -> None:
    names = {
        "job": here.ask(BY_CITY, epsilon="0.5")["id"],
        "preview": here.ask(BY_CITY, mode="preview")["id"],
        "agreement": here.agreement,
    }
    address = address.format(**names)
    assert here.developer.get(address).status_code == 200
    monkeypatch.setattr(views, view, talkative(getattr(views, view)))
    answer = here.developer.get(address)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert SECRET not in answer.text


def test_a_number_that_is_none_fails_and_is_not_sent(here: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "cost", lambda it: {"rho": float("inf"), "delta": 0.0, "epsilon": 1.0})
    job = here.ask(BY_CITY, epsilon="0.5")
    assert here.developer.get(f"/v1/jobs/{job['id']}/result").status_code == 500
