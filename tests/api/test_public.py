"""What everybody may see of what is offered: titles, catalogue, counts; nobody's name or purpose."""

from __future__ import annotations

import json
import re

from sandbox.nouns.party import LOCAL
from tests import clinic
from tests.api.conftest import Running


def test_the_list_of_products_needs_no_sign_in_and_names_nobody(here: Running) -> None:
    answer = here.client(None).get("/v1/public/products")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=300"
    (product,) = answer.json()["items"]
    assert (product["name"], product["agreements"]) == ("clinic", 1)
    assert set(product) == {"name", "title", "unit_type", "grade", "agreements", "catalogue"}
    assert "excluded" not in product["catalogue"]
    govern = here.service.govern
    named = [each.user for each in govern.users(LOCAL)] + [each.name for each in govern.organisations(LOCAL)]
    text = json.dumps(answer.json(), ensure_ascii=False)
    assert [name for name in [*named, here.agreement, "Planning"] if name in text] == []


def test_what_is_not_loaded_or_not_in_force_is_not_offered(here: Running) -> None:
    draft = clinic.POLICY.replace("dataset: clinic", "dataset: draft")
    draft = re.sub(r"path: (\w+)[.]parquet", r"path: other_\1.parquet", draft)
    assert here.operator.post("/v1/datasets", json={"policy": draft}).status_code == 201
    number = here.agree(epsilon="1")
    listed = here.client(None).get("/v1/public/products").json()["items"]
    assert [(each["name"], each["agreements"]) for each in listed] == [("clinic", 2)]
    here.developer.post(f"/v1/agreements/{number}/exit", json={"reason": "done"})
    listed = here.client(None).get("/v1/public/products").json()["items"]
    assert listed[0]["agreements"] == 1
