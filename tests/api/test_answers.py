"""Every answer has a declared, closed form: the document says so, and real answers of every address do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from sandbox.api.access import ACCESS
from sandbox.nouns.party import LOCAL, Role
from tests import clinic
from tests.api.conftest import BY_CITY, Running, running
from tests.api.contract import JSON

REASON = {"reason": "drill"}
SINGLES_OUT = "SELECT count(*) AS n FROM visits WHERE city = '郑州市' AND amount = 13800138000"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_TEST_KEY", "t" * 64)
        yield from running(tmp_path_factory.mktemp("server"), slots=False)


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema of an object inside a schema."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for each in schema.values():
            yield from objects(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from objects(each)


def test_every_success_has_a_schema_and_an_example_that_fits_it(here: Running) -> None:
    for operation, content in here.contract.successes().items():
        assert content, operation
        for kind, body in content.items():
            assert body.get("schema"), (operation, kind)
            if kind in JSON:
                assert here.contract.mistakes(body["schema"], body["example"]) == [], operation


def test_every_example_of_the_document_fits_its_schema(here: Running) -> None:
    for name, schema in here.contract.document["components"]["schemas"].items():
        for example in schema.get("examples", ()):
            assert here.contract.mistakes({"$ref": f"#/components/schemas/{name}"}, example) == [], name


def test_every_schema_is_closed_or_a_map_of_one_kind_of_value(here: Running) -> None:
    for name, schema in here.contract.document["components"]["schemas"].items():
        for each in objects(schema):
            rest = each.get("additionalProperties")
            assert rest is False if "properties" in each else isinstance(rest, dict), name


def test_every_field_of_an_answer_says_what_it_means(here: Running) -> None:
    schemas = here.contract.document["components"]["schemas"]
    bodies = {name for name in schemas if name.endswith("Body")}
    for name in set(schemas) - bodies:
        for field, schema in schemas[name].get("properties", {}).items():
            assert schema.get("description"), (name, field)


def good(answer: httpx2.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json() if answer.headers["content-type"] == JSON[0] else answer.text


def work(here: Running) -> None:
    """A developer's jobs, the reviewer's look at one that is held, and what became of them."""
    developer, reviewer = here.developer, here.reviewer
    job = here.ask(BY_CITY, epsilon="0.5")
    for kind in ("text/csv", "application/json"):
        good(developer.get(f"/v1/jobs/{job['id']}/result", headers={"accept": kind}))
    for mode in ("preview", "dummy"):
        other = here.ask(BY_CITY, mode=mode)
        good(developer.get(f"/v1/jobs/{other['id']}/result"))
    assert here.ask("SELECT city FROM visits")["problem"]["code"]
    held, cancelled = (here.ask(SINGLES_OUT + word) for word in ("", "1"))
    assert len(good(reviewer.get("/v1/holds"))["items"]) == 2
    good(developer.post(f"/v1/jobs/{cancelled['id']}/cancel"))
    refusal = {"decision": "refuse", "reason": "asks about one person", "basis": "第七条"}
    good(reviewer.post(f"/v1/jobs/{held['id']}/reviews", json=refusal))
    for who in (developer, reviewer):
        assert good(who.get("/v1/disclosures", params={"limit": 100}))["items"]
        good(who.get(f"/v1/disclosures/{job['disclosure']}"))
    good(developer.get(f"/v1/disclosures/{job['disclosure']}/proof"))
    body = {"category": "wrong", "reason": "a source was late"}
    good(reviewer.post(f"/v1/disclosures/{job['disclosure']}/withdraw", json=body))
    assert good(developer.get(f"/v1/jobs/{job['id']}"))["withdrawn"] == "wrong"


def govern(here: Running) -> None:
    """An agreement from its application to its end, stops, and a reviewer who is confirmed."""
    number = here.agree(epsilon="1")
    (application, *_) = good(here.developer.get("/v1/applications"))["items"]
    good(here.reviewer.get(f"/v1/applications/{application['id']}"))
    good(here.reviewer.get(f"/v1/agreements/{number}/failures"))
    good(here.reviewer.post(f"/v1/agreements/{number}/failures", json=REASON))
    good(here.reviewer.post(f"/v1/agreements/{number}/suspend", json=REASON))
    good(here.second.post(f"/v1/agreements/{number}/resume", json=REASON))
    good(here.developer.get(f"/v1/agreements/{number}"))
    good(here.developer.post(f"/v1/agreements/{number}/exit", json=REASON))
    body = {"scope": "dataset", "name": "clinic", **REASON}
    stop = good(here.reviewer.post("/v1/stops", json=body))
    good(here.second.post(f"/v1/stops/{stop['id']}/lift", json=REASON))
    here.service.govern.add_user(LOCAL, "third", "实施机构", Role.REVIEWER)
    (waiting,) = good(here.reviewer.get("/v1/confirmations"))["items"]
    body = {"what": waiting["what"], "name": waiting["name"]}
    good(here.reviewer.post("/v1/confirmations", json=body))


def test_real_answers_of_every_address_have_the_declared_form(here: Running) -> None:
    work(here)
    govern(here)
    good(here.operator.post("/v1/datasets", json={"policy": clinic.POLICY}))
    assert here.load()["state"] == "done"
    good(here.developer.get("/v1/datasets/clinic"))
    good(here.developer.get("/v1/datasets/clinic/dummy", params={"table": "visits"}))
    for name in ("developer", "operator", "reviewer", "regulator"):
        for (method, path), access in ACCESS.items():
            if method == "GET" and "{" not in path and (access.act is None or Role(name) in access.roles):
                good(here.client(name).get(path))
    assert set(here.contract.successes()) - here.contract.seen == set()


def test_the_check_itself_finds_what_is_not_declared(here: Running) -> None:
    me = {"$ref": "#/components/schemas/Me"}
    right = {"user": "a", "organisation": "b", "role": "operator"}
    assert here.contract.mistakes(me, right) == []
    assert here.contract.mistakes(me, right | {"seen": "2026-01-01"})
    assert here.contract.mistakes(me, right | {"role": "king"})
    assert here.contract.mistakes(me, {"user": "a", "role": "operator"})
