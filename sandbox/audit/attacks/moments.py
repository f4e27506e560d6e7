"""Attack by the clock: two servers whose data differ in one person, asked what takes longer with her.

What is checked is what is fixed: moments that were booked, never how long anything took, so a busy machine
raises no false alarm.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from sandbox.audit.attacks import clinic
from sandbox.audit.attacks.outcome import Outcome, never
from sandbox.jobs.queue import UNDER_WAY
from sandbox.jobs.rows import Job
from sandbox.jobs.service import Service
from sandbox.jobs.slots import moment
from sandbox.jobs.states import State
from sandbox.nouns.agreement import Agreement
from sandbox.nouns.party import LOCAL, OrganisationType, Principal, Role
from sandbox.settings import Settings

SLOT = 2000
"""Milliseconds of a slot."""
LOOK = 0.02
"""Seconds between two looks at a job."""
CREDIT_CODE = "91410100MA44TT2L9Y"
"""A well-formed credit code that belongs to nobody we know of."""
_JOINED = "visits v JOIN visits w ON v.id_card = w.id_card JOIN visits x ON v.id_card = x.id_card"
_WORK = " OR ".join(f"regexp_matches(v.hospital, '^(a|b)*[^c]{{{place}}}d')" for place in range(1, 20))
ALONE = (
    "SELECT COUNT(*) FROM visits",
    f"SELECT COUNT(*) FROM {_JOINED} WHERE {_WORK}",
    "SELECT name FROM visits",
)
"""Light, heavy where she is, and refused: one after another, each when the one before is out."""
TOGETHER = (
    f"SELECT COUNT(*) FROM {_JOINED} WHERE NOT ({_WORK})", "SELECT COUNT(*) FROM drugs",
    "SELECT city, COUNT(*) FROM visits GROUP BY city",
)  # fmt: skip
"""Submitted at once."""


@dataclass(frozen=True)
class Desk:
    """A server, and a developer's agreement."""

    service: Service
    agreement: Agreement

    def submit(self, sql: str) -> Job:
        """Admit a job."""
        return self.service.submit(self.agreement, "developer", sql, "0.1", "run")

    def watch(self, jobs: Sequence[Job]) -> list[tuple[Job, int]]:
        """Jobs at their end, each with a moment at which it had surely ended."""
        ended: list[tuple[Job, int]] = []
        for job in jobs:
            found = job
            while found.state in UNDER_WAY:
                time.sleep(LOOK)
                found = self.service.queue.get(job.id) or job
            ended.append((found, moment()))
        return ended


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Desk, Desk]]:
    """Two servers with slots, with her and without."""
    with ExitStack() as stack:
        desks = [_desk(stack, folder / name, her=her) for name, her in (("with", True), ("without", False))]
        yield desks[0], desks[1]


def _desk(stack: ExitStack, folder: Path, *, her: bool) -> Desk:
    policy = clinic.write(folder / "sources", her=her).read_text(encoding="utf-8")
    settings = Settings().model_copy(
        update={
            "home": folder / "home", "sources_folder": folder / "sources", "slots": True,
            "slot_seconds": SLOT / 1000, "database_url": None, "oidc_issuer": "",
        }
    )  # fmt: skip
    service = Service.open(settings)
    stack.callback(service.close)
    service.start()
    dataset = service.datasets.register(policy, LOCAL.user).dataset
    service.ensure_loaded(dataset, LOCAL.user)
    developer, reviewer = _parties(service)
    found = service.datasets.policy(dataset)
    columns = {
        table.name: {each.name: sorted(each.use) for each in table.columns if each.use}
        for table in found.tables
        if not table.public
    }
    filed = service.govern.apply(
        developer, dataset=dataset, purpose="Audit", columns=columns, epsilon=found.privacy.epsilon, days=1
    )
    decided = service.review(reviewer, filed.id, approve=True, reason="audit", basis="")
    service.warm()
    return Desk(service, service.govern.agreement(LOCAL, decided.agreement))


def _parties(service: Service) -> tuple[Principal, Principal]:
    """A developer and a reviewer."""
    govern = service.govern
    made = []
    for name, kind, role, code in (
        ("developer", OrganisationType.DEVELOPER, Role.DEVELOPER, CREDIT_CODE),
        ("reviewer", OrganisationType.AGENCY, Role.REVIEWER, ""),
    ):
        govern.add_organisation(LOCAL, f"audit-{name}", kind, code)
        govern.add_user(LOCAL, name, f"audit-{name}", role)
        made.append(govern.authenticate(govern.issue_token(LOCAL, name)))
    return made[0], made[1]


def slots(world: tuple[Desk, Desk]) -> Outcome:
    """Ask both servers at once and watch when answers appear: at moments that were fixed at admission."""
    with ThreadPoolExecutor(len(world)) as pool:
        seen = list(pool.map(_seen, world))
    cases: dict[str, bool] = {}
    for (booked, ended), whose in zip(seen, ("with her", "without her"), strict=True):
        cases |= {f"{whose}: {name}": broken for name, broken in _early(ended)}
        cases[f"{whose}: booked {booked}"] = booked != [SLOT] * len(booked)
    return never("slots", "输出时刻", "moments that tell more than the booking", cases)


def _seen(desk: Desk) -> tuple[list[int], list[tuple[Desk, Job, int]]]:
    """Milliseconds from each booking to the next, and how the jobs ended."""
    booked, ended = [], []
    for sql in ALONE:
        job = desk.submit(sql)
        booked.append(job.visible_at - job.submitted_at)
        ended += desk.watch([job])
    jobs = [desk.submit(sql) for sql in TOGETHER]
    booked += [two.visible_at - one.visible_at for one, two in pairwise(jobs)]
    ended += desk.watch(jobs)
    return booked, [(desk, job, over) for job, over in ended]


def _early(ended: list[tuple[Desk, Job, int]]) -> Iterator[tuple[str, bool]]:
    """Whether a job that touched data ended before its moment, or its record shows another one."""
    for desk, job, over in ended:
        if job.state is State.REFUSED:
            continue  # from its text alone: at once, whatever the data
        yield f"{job.sql[:60]} ended {job.visible_at - over} ms early", over < job.visible_at
        if job.number is not None:
            body = desk.service.ledger.record(job.number).body
            stamps = {stamp for _, stamp in body["states"]} | {body["at"]}
            fixed = {_stamp(job.starts_at), _stamp(job.visible_at)}
            yield f"{job.sql[:60]} is recorded at {sorted(stamps - fixed)}", not stamps <= fixed


def _stamp(moment: int) -> str:
    found = dt.datetime.fromtimestamp(moment / 1000, dt.UTC)
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")
