"""What a developer may ask under an agreement: each request as a flow, for either handle."""

from __future__ import annotations

from typing import Any

from sandbox.client.flows import Flow, Tell, fetch, finished, get, post
from sandbox.client.reading import budget_of, catalogue_of, preview_of, release_of
from sandbox.errors import Refused
from sandbox.nouns.asking import check_asked
from sandbox.nouns.catalogue import Catalogue
from sandbox.nouns.keys import with_keys
from sandbox.nouns.release import BudgetView, Cost, Preview, Release

FORMATS = {
    "json": "application/json",
    "csv": "text/csv",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
"""Formats of a download by their names."""


class Desk:
    """One agreement on a server; remembers the price of the last job."""

    def __init__(self, agreement: str, dataset: str) -> None:
        self.agreement = agreement
        self.dataset = dataset
        self._last_price: Cost | None = None

    def query(
        self,
        sql: str,
        *,
        epsilon: object,
        accuracy: object,
        keys: object,
        mode: str,
        tell: Tell,
        watched: bool,
    ) -> Flow[Release | Preview]:
        """Submit, wait, fetch; ``Sandbox.query`` says what the arguments are."""
        check_asked(sql, accuracy=accuracy, mode=mode)
        body = {
            "agreement": self.agreement, "kind": "sql", "sql": with_keys(sql, keys), "mode": mode,
            "epsilon": None if epsilon is None else str(epsilon),
        }  # fmt: skip
        job = yield from post("/v1/jobs", body)
        job = yield from finished(job, tell, watched=watched)
        answer = yield from get(f"/v1/jobs/{job['id']}/result")
        if mode == "preview":
            return preview_of(answer)
        release = release_of(answer)
        if not (release.replayed or release.dummy):
            self._last_price = release.cost
        return release

    def tables(self) -> Flow[Catalogue]:
        """Schema, uses, domains and bounds."""
        return catalogue_of((yield from get(f"/v1/agreements/{self.agreement}"))["tables"])

    def dummy(self, table: str) -> Flow[Release]:
        """One table as it may look."""
        return release_of((yield from get(f"/v1/datasets/{self.dataset}/dummy", table=table)))

    def budget(self) -> Flow[BudgetView]:
        """Caps, spent, left, and how many jobs like the last one fit."""
        return budget_of((yield from get("/v1/budgets", agreement=self.agreement)), self._last_price)

    def jobs(self, limit: int) -> Flow[list[dict[str, Any]]]:
        """The newest jobs of the developer's organisation, as REST shows them."""
        found: list[dict[str, Any]] = (yield from get("/v1/jobs", limit=limit))["items"]
        return found

    def download(self, job: str, format: str) -> Flow[bytes]:
        """The result of a job in a format.

        Raises:
            Refused: ``format_unknown``.
        """
        if format not in FORMATS:
            raise Refused(
                "format_unknown", "a result is not given in this format", hint="one of: " + ", ".join(FORMATS)
            )
        return (yield from fetch(f"/v1/jobs/{job}/result", FORMATS[format]))

    def proof(self, number: int) -> Flow[dict[str, str]]:
        """A record of the disclosure log with its proof: what ``sandbox log verify`` checks offline."""
        record = yield from get(f"/v1/disclosures/{number}")
        proof = yield from fetch(f"/v1/disclosures/{number}/proof", "text/plain")
        return {"record": record["leaf"], "proof": proof.decode()}


def opened(agreement: str | None) -> Flow[Desk]:
    """A desk under an agreement; the only one in force when None.

    Raises:
        Refused: ``agreement_required``, ``agreement_missing``, ``agreement_unknown``, ``unauthenticated``.
        Unavailable: ``server_unreachable``, ``tls_failed``, ``server_unreadable``.
    """
    found = yield from (_only() if agreement is None else get(f"/v1/agreements/{agreement}"))
    return Desk(found["id"], found["dataset"])


def _only() -> Flow[dict[str, Any]]:
    """The only agreement in force."""
    found, parameters = [], dict[str, str | int | float]()
    while True:
        page = yield from get("/v1/agreements", **parameters)
        found += [each for each in page["items"] if each["state"] == "active"]
        if page["next"] is None:
            break
        parameters = {"cursor": page["next"]}
    if len(found) == 1:
        only: dict[str, Any] = found[0]
        return only
    if found:
        raise Refused(
            "agreement_required", "several agreements are in force, so one must be named",
            hint="agreement= one of: " + ", ".join(str(each["id"]) for each in found),
        )  # fmt: skip
    raise Refused(
        "agreement_missing", "no agreement of yours is in force",
        hint="file an application, and wait for its review",
    )  # fmt: skip
