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


def test_of_others_a_developer_finds_nothing(here: Running) -> None:
    job = here.ask(BY_CITY, epsilon="0.5")
    (filed, *_) = here.developer.get("/v1/applications").json()["items"]
    theirs = [
        ("GET", f"/v1/jobs/{job['id']}"), ("GET", f"/v1/jobs/{job['id']}/result"),
        ("POST", f"/v1/jobs/{job['id']}/cancel"), ("GET", f"/v1/agreements/{here.agreement}"),
        ("GET", f"/v1/applications/{filed['id']}"), ("GET", f"/v1/budgets?agreement={here.agreement}"),
        ("GET", f"/v1/disclosures/{job['disclosure']}"),
        ("GET", f"/v1/disclosures/{job['disclosure']}/proof"),
    ]  # fmt: skip
    for method, address in theirs:
        assert here.stranger.request(method, address).status_code == 404, address
        assert here.developer.request(method, address).status_code in (200, 409), address
    ending = here.stranger.post(f"/v1/agreements/{here.agreement}/exit", json={"reason": "not mine"})
    assert ending.status_code == 404
    body = {"agreement": here.agreement, "sql": BY_CITY}
    assert here.stranger.post("/v1/jobs", json=body).status_code == 404
    for address in ("/v1/jobs", "/v1/agreements", "/v1/applications", "/v1/budgets", "/v1/disclosures"):
        assert here.stranger.get(address).json()["items"] == [], address


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
