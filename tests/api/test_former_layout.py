"""Attack: ask a server that was upgraded before its data were loaded anew.

A plan relies on what this version's load enforces, the length of texts among it; a workspace that a former
version made does not have it, so nothing is answered from one.
"""

from __future__ import annotations

import json

from sandbox.nouns.load import LAYOUT
from tests.api.conftest import Running


def test_a_workspace_of_a_former_layout_answers_nothing_until_it_is_loaded_anew(here: Running) -> None:
    asked = {"agreement": here.agreement, "sql": "SELECT count(*) AS n FROM visits", "epsilon": "0.1"}
    assert here.developer.post("/v1/jobs", json=asked).status_code == 202
    (path,) = (here.service.settings.home / "manifests" / "_agreements").glob(f"{here.agreement}.json")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    assert manifest["layout"] == LAYOUT
    path.write_text(json.dumps(manifest | {"layout": LAYOUT - 1}), encoding="utf-8")
    refused = here.developer.post("/v1/jobs", json=asked)
    assert (refused.status_code, refused.json()["code"]) == (409, "workspace_missing")
    here.load()
    assert here.developer.post("/v1/jobs", json=asked).status_code == 202
