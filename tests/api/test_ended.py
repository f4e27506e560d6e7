"""What ended is closed on a running server, and its workspace is gone."""

from __future__ import annotations

from tests.api.conftest import BY_CITY, Running


def test_an_agreement_that_ended_elsewhere_loses_its_engines_and_its_workspace(here: Running) -> None:
    number = here.agree("stranger")
    assert here.ask(BY_CITY, by="stranger", agreement=number)["state"] == "released"
    assert number in here.service.workspaces.held()
    sealed = here.service.govern.agreed(number)
    assert len(sealed.names()) == 1

    stranger = here.service.govern.authenticate(here.tokens["stranger"])
    here.service.govern.exit(stranger, number, "done")
    here.service.end_overdue()

    assert number not in here.service.workspaces.held()
    assert sealed.names() == []
    refused = here.client("stranger").post("/v1/jobs", json={"agreement": number, "sql": BY_CITY})
    assert (refused.status_code, refused.json()["code"]) == (409, "agreement_ended")
    assert here.ask(BY_CITY)["state"] == "released"
