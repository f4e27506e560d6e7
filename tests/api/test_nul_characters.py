"""A NUL character, which PostgreSQL cannot store, is refused at the door, wherever it is sent."""

from __future__ import annotations

import pytest

from sandbox.api.access import ACCESS
from sandbox.api.bodies import JobBody, holds_nul
from tests.api.conftest import Running

ROLES = ("developer", "operator", "reviewer", "regulator")
NUL = "a\0b"
BODIES = {
    "/v1/datasets": {"policy": NUL},
    "/v1/applications": {
        "dataset": "c", "purpose": "p", "grants": {"visits": {NUL: ["group"]}}, "epsilon": "1", "days": 1,
    },
    "/v1/applications/{id}/reviews": {"decision": "approve", "reason": NUL},
    "/v1/agreements/{id}/suspend": {"reason": NUL},
    "/v1/agreements/{id}/resume": {"reason": NUL},
    "/v1/agreements/{id}/exit": {"reason": NUL},
    "/v1/agreements/{id}/failures": {"reason": NUL},
    "/v1/jobs": {"agreement": "a", "sql": "SELECT 1", "keys": {"city": [NUL]}},
    "/v1/jobs/{id}/reviews": {"decision": "release", "reason": NUL},
    "/v1/disclosures/{number}/withdraw": {"category": "personal_data", "reason": NUL},
    "/v1/confirmations": {"what": "user", "name": NUL},
    "/v1/stops": {"scope": "platform", "reason": NUL},
    "/v1/stops/{id}/lift": {"reason": NUL},
}  # fmt: skip
WITHOUT_BODY = {"/v1/datasets/{name}/load", "/v1/jobs/{id}/cancel"}


def test_a_body_of_every_address_is_refused_for_its_nul(here: Running) -> None:
    posts = {path for method, path in ACCESS if method == "POST"}
    assert posts == BODIES.keys() | WITHOUT_BODY
    for path, body in BODIES.items():
        address = path.replace("{id}", "1").replace("{number}", "1")
        kinds = []
        for role in ROLES:
            answer = here.client(role).post(address, json=body)
            assert answer.status_code in (403, 422), (path, role, answer.text)
            if answer.status_code == 422:
                kinds += [each["code"] for each in answer.json()["problems"]]
        assert "nul_character" in kinds, path


@pytest.mark.parametrize("role", [None, *ROLES])
def test_an_address_with_a_nul_is_refused(here: Running, role: str | None) -> None:
    for address in ("/v1/jobs/%00", "/v1/jobs?cursor=a%00b", "/v1/tasks/a%00", "/v1/budgets?agreement=%00"):
        answer = here.client(role).get(address)
        assert answer.status_code == 400, (address, answer.text)
        assert answer.json()["code"] == "request_invalid"


def test_an_escaped_backslash_is_no_nul() -> None:
    assert JobBody(agreement="a", sql=r"SELECT '\u0000'").sql == r"SELECT '\u0000'"
    assert holds_nul({"a": [{"b\0": 1}]})
