"""Every route against the table of who may call it, with one's own things and with others'."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2
import pytest

from sandbox.api import create_app
from sandbox.api.access import ACCESS
from sandbox.nouns.party import Role
from tests.api.conftest import BY_CITY, Running

ROLE = {"operator": Role.OPERATOR, "reviewer": Role.REVIEWER, "regulator": Role.REGULATOR,
        "developer": Role.DEVELOPER}  # fmt: skip
BODIES: dict[str, dict[str, object]] = {
    "/v1/datasets": {"policy": "version: 1"},
    "/v1/applications": {
        "dataset": "none",
        "purpose": "p",
        "grants": {"t": {"c": []}},
        "epsilon": 1,
        "days": 1,
    },
    "/v1/applications/{id}/reviews": {"decision": "approve"},
    "/v1/agreements/{id}/suspend": {"reason": "walk"},
    "/v1/agreements/{id}/resume": {"reason": "walk"},
    "/v1/agreements/{id}/exit": {"reason": "walk"},
    "/v1/agreements/{id}/failures": {"reason": "walk"},
    "/v1/jobs": {"agreement": "none", "sql": "SELECT 1"},
    "/v1/jobs/{id}/reviews": {"decision": "release"},
    "/v1/disclosures/{number}/withdraw": {"category": "wrong", "reason": "walk"},
    "/v1/stops": {"scope": "job", "name": "none", "reason": "walk"},
    "/v1/stops/{id}/lift": {"reason": "walk"},
}  # fmt: skip
"""Bodies that are well-formed and lead nowhere."""


def call(client: httpx2.Client, method: str, path: str) -> httpx2.Response:
    address = re.sub(r"\{\w+\}", "999999", path)
    body = BODIES.get(path, {}) if method == "POST" else None
    return client.request(method, address, json=body)


def test_the_table_names_every_route_and_no_other(here: Running) -> None:
    schema = create_app(here.service).openapi()
    routes = {(method.upper(), path) for path, ways in schema["paths"].items() for method in ways}
    assert routes | {("GET", "/docs")} == set(ACCESS)


@pytest.mark.parametrize(("method", "path"), ACCESS)
def test_a_route_opens_to_its_roles_alone(here: Running, method: str, path: str) -> None:
    access = ACCESS[method, path]
    nobody = call(here.client(None), method, path)
    assert (nobody.status_code == 401) == (access.act is not None)
    for name, role in ROLE.items():
        answer = call(here.client(name), method, path)
        assert answer.status_code < 500
        closed = answer.status_code == 403 and answer.json()["code"] == "not_permitted"
        assert closed == (role not in access.roles), (name, answer.text)


OWN = [pair for pair, access in ACCESS.items() if access.own]
LISTS = ("/v1/applications", "/v1/agreements", "/v1/jobs", "/v1/budgets", "/v1/disclosures")


@pytest.fixture(scope="module")
def things(here: Running) -> dict[str, str]:
    """Part of an address → the id of a thing of the developer's."""
    job = here.ask(BY_CITY, epsilon="0.5")
    (filed, *_) = here.developer.get("/v1/applications").json()["items"]
    return {
        "/v1/jobs/{id}": job["id"], "/v1/applications/{id}": filed["id"],
        "/v1/agreements/{id}": here.agreement, "/v1/disclosures/{number}": str(job["disclosure"]),
    }  # fmt: skip


def reach(here: Running, things: dict[str, str], name: str, method: str, path: str) -> httpx2.Response:
    """Call a route about the developer's thing; an end of an agreement is of one made for it."""
    body: dict[str, object] | None = BODIES.get(path, {}) if method == "POST" else None
    address = path
    for start, thing in things.items():
        if path.startswith(start):
            address = path.replace(start, start.rpartition("/")[0] + "/" + thing)
    if path == "/v1/agreements/{id}/exit":
        address = f"/v1/agreements/{here.agree()}/exit"
    if (method, path) == ("POST", "/v1/jobs"):
        body = {"agreement": here.agreement, "sql": BY_CITY, "epsilon": "0.5"}
    return here.client(name).request(method, address, json=body)


@pytest.mark.parametrize(("method", "path"), OWN)
def test_a_thing_opens_to_its_owner_and_to_those_who_watch_and_to_no_other_developer(
    here: Running, things: dict[str, str], method: str, path: str
) -> None:
    for name, role in ROLE.items():
        answer = reach(here, things, name, method, path)
        if role not in ACCESS[method, path].roles:
            assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted"), name
        else:  # a job that has ended is not cancelled, and nobody watches who may exit
            assert answer.status_code in (200, 202, 409), (name, answer.text)
    answer = reach(here, things, "stranger", method, path)
    if method == "GET" and path in LISTS:
        assert answer.json() == {"items": [], "next": None}
        assert reach(here, things, "developer", method, path).json()["items"]
    else:
        assert answer.status_code == 404
        nothing = reach(here, dict.fromkeys(things, "999999"), "stranger", method, path)
        if path != "/v1/agreements/{id}/exit":
            assert path == "/v1/jobs" or nothing.json() == answer.json(), "it must not even exist"


def test_a_budget_asked_by_its_agreement_is_its_owners(here: Running) -> None:
    address = f"/v1/budgets?agreement={here.agreement}"
    assert here.developer.get(address).status_code == 200
    assert here.stranger.get(address).status_code == 404


def test_a_missing_thing_and_anothers_thing_look_alike(here: Running) -> None:
    theirs = here.stranger.get(f"/v1/agreements/{here.agreement}").json()
    nothing = here.stranger.get("/v1/agreements/0123456789abcdef").json()
    assert theirs == nothing


def test_a_limited_token_does_no_more_than_its_scopes(here: Running) -> None:
    from sandbox.nouns.party import LOCAL

    token = here.service.govern.issue_token(LOCAL, "developer", scopes=["read_jobs"])
    headers = {"authorization": f"Bearer {token}"}
    assert here.client(None).get("/v1/jobs", headers=headers).status_code == 200
    answer = here.client(None).get("/v1/agreements", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


@pytest.mark.parametrize(("page", "everybody"), [("rest.md", "everybody"), ("rest.zh-CN.md", "所有人")])
def test_the_page_of_the_rest_face_prints_the_table(here: Running, page: str, everybody: str) -> None:
    lines = [
        f"| {method} | `{path}` | {everybody if access.act is None else ', '.join(sorted(access.roles))} "
        f"| {here.contract.named(method, path).replace('|', chr(92) + '|')} |"
        for (method, path), access in ACCESS.items()
    ]
    text = (Path(__file__).parents[2] / "docs" / page).read_text(encoding="utf-8")
    assert [each for each in text.splitlines() if re.match(r"\| (GET|POST) \| `/", each)] == lines
