"""Two sources that differ by one unit, one question, one record of draws: what may differ, and what did.

(Idea: Narayanan & others, arXiv:2602.17454.) The question is answered over D with its draws recorded, then
over D′ with the same results. Then

1. all that was done is the same and in the same order: statements, tables of released values, draws with
   their scales and groups, records and amounts of the ledger, what was sealed, what was scanned;
2. what the draws had to hide differs by no more than each measure's sensitivity, and the loss of these very
   differences, by OpenDP's maps at the scales used, is no more than the ledger charged;
3. the answers are the same bytes, so nothing left that was not measured;
4. a failure on one side is the same failure on the other.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from sandbox import gateway
from sandbox.errors import Refused, SandboxError
from sandbox.gateway import Gateway, rendered
from sandbox.noise import choice
from sandbox.nouns.job import Offer, Question
from sandbox.nouns.load import Manifest
from sandbox.nouns.noise import Noisy
from sandbox.nouns.plan import Choice, Facts, Plan, Stage
from sandbox.nouns.policy import Policy
from sandbox.nouns.release import Release
from sandbox.nouns.spend import Spend
from sandbox.release import Known, assemble, shaping, shelf
from tests.proof import inside
from tests.proof.draws import Draws
from tests.proof.inside import Memory, Notes, Opened, Row
from tests.proof.laid import Laid, Shared
from tests.proof.loss import losses

Source = Mapping[str, Sequence[Row]]
NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
EPSILON = Decimal(1)


class Book:
    """The ledger and the keyring: they write down all they are told, and have room for everything."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.price = Spend(0)

    def reserve(self, job: str, accounts: Any, price: Spend, event: Any) -> int:
        self.notes.append(("reserve", job, accounts, price, event.canonical()))
        self.price = price
        return 1

    def touch(self, job: str) -> None:
        self.notes.append(("touch", job))

    def finish(self, job: str, event: Any, *, permitted: Callable[[], None], **rest: Any) -> int:
        permitted()
        self.notes.append(("finish", job, event.canonical(), tuple(sorted(rest.items()))))
        return 2

    def fail(self, job: str, event: Any) -> int:
        self.notes.append(("fail", job, event.canonical()))
        return 2

    def append(self, event: Any) -> int:
        self.notes.append(("append", event.canonical()))
        return 1

    def read(self, work: object) -> list[object]:
        self.notes.append(("read", getattr(work, "__name__", "")))
        return []

    def seal_bytes(self, data: bytes, path: object, name: str) -> None:
        self.notes.append(("seal", data, path, name))

    def destroy(self, name: str) -> None:
        self.notes.append(("destroy", name))


class Asked(Gateway):
    """The real gateway, which plans and prices a statement once: both are functions of public facts."""

    offers: dict[str, Offer | Refused]

    def _offer(self, question: Question) -> Offer:
        known = self.__dict__.setdefault("offers", {})
        if question.sql not in known:
            try:
                known[question.sql] = super()._offer(question)
            except Refused as refused:
                known[question.sql] = refused
        found: Offer | Refused = known[question.sql]
        if isinstance(found, Refused):
            raise found
        return found


@dataclass
class Computed:
    """What was computed of released values before, on whichever side: equal values, equal answers."""

    tables: dict[tuple[object, ...], pa.Table | None] = field(default_factory=dict)
    answers: dict[tuple[object, ...], Release] = field(default_factory=dict)
    shapes: dict[tuple[object, ...], tuple[Stage, Any, pa.Table]] = field(default_factory=dict)
    dumps: dict[tuple[object, ...], tuple[Release, bytes]] = field(default_factory=dict)
    """Known by place in memory, so what stands there is kept."""

    def to_release(
        self, planned: Plan, calibrated: Any, known: Known | None, table: pa.Table, **rest: Any
    ) -> Release:
        """``release.to_release``, once for the same values."""
        held = {} if known is None else {**known.released, **known.public}
        values = tuple((str(name), inside.written(each)) for name, each in held.items())
        key = (planned.sql, rendered(planned)[-1], inside.written(table), values, tuple(sorted(rest.items())))
        if key not in self.answers:
            self.answers[key] = assemble.to_release(planned, calibrated, known, table, **rest)
        return self.answers[key]

    def shape(self, stage: Stage, noisy: Noisy, calibrated: Any, **rest: Any) -> pa.Table:
        """``release.shape``, once for the same values."""
        key = (id(stage), id(calibrated), repr(noisy), tuple(sorted(rest.items())))
        if key not in self.shapes:
            self.shapes[key] = stage, calibrated, shaping.shape(stage, noisy, calibrated, **rest)
        return self.shapes[key][-1]

    def dump(self, answer: Release) -> bytes:
        """``release.dump``, once for an answer and number."""
        parts = answer.data, answer.spreads, answer.half_widths
        rest = answer.id, answer.columns, repr(answer.cost), answer.notes, answer.dummy
        key = (*map(id, parts), *rest)
        if key not in self.dumps:
            self.dumps[key] = answer, assemble.dump(answer)
        return self.dumps[key][1]


class Side:
    """One source behind a gateway."""

    def __init__(self, policy: Policy, computed: Computed, laid: Laid, number: int) -> None:
        self.policy = policy
        self.computed = computed
        self.notes: Notes = []
        own = inside.holder()
        here = Shared(self.notes, own, laid, number)
        self.workspace = Opened(own, here, Memory(self.notes, computed.tables))
        self.book = Book(self.notes)
        self.gateway: Asked

    def load(self, rows: Mapping[str, Sequence[Row]], seed: int) -> None:
        """Take a source in."""
        inside.load(self.workspace, self.policy, rows, seed)

    def facts(self) -> Facts:
        """The public facts of what was loaded."""
        grants = {
            table.name: {column.name: column.use for column in inside.granted(table)}
            for table in self.policy.tables
        }
        bounds = {table.name: table.max_rows_per_unit for table in self.policy.tables if not table.public}
        return Facts(self.policy, grants, inside.public_facts(self.workspace, self.policy), bounds)

    def open(self, facts: Facts, offers: dict[str, Offer | Refused]) -> None:
        """Open the gateway."""
        manifest = Manifest(self.policy.dataset, "p", "s", "s", "w", "w", "", facts.public, {})
        places: Any = SimpleNamespace(release=lambda job: Path("/nowhere", job))
        book: Any = self.book
        self.gateway = Asked(
            self.policy, facts, manifest, self.workspace, places, book, book, lambda: NOON, replay=False
        )
        self.gateway.__dict__["offers"] = offers

    def answer(self, sql: str, draws: Draws) -> str:
        """``released``, or the code of a refusal or failure; what was done is in ``notes``."""
        question = Question(sql, EPSILON, "dev", "0" * 16, "org")
        self.notes.clear()
        draws.notes = self.notes
        with pytest.MonkeyPatch.context() as patch, draws.at_work():
            patch.setattr(gateway.secrets, "token_hex", lambda _: "the job")
            patch.setattr(gateway, "masked", self._masked)
            patch.setattr(gateway, "unreviewed_failures", self._failures)
            patch.setattr(gateway.release, "to_release", self.computed.to_release)
            patch.setattr(gateway.release, "shape", self.computed.shape)
            patch.setattr(shelf, "dump", self.computed.dump)
            patch.setattr(choice, "scores", scores)
            try:
                answer = self.gateway.answer(question, lambda: self.notes.append(("still allowed",)))
            except SandboxError as error:
                self.notes.append(("error", type(error), error.code, str(error)))
                return error.code
        self.notes.append(("answer", self.computed.dump(answer)))
        return "released"

    def _failures(self, ledger: object, dataset: str, agreement: str) -> int:
        del ledger
        self.notes.append(("failures", dataset, agreement))
        return 0

    def _masked(self, text: str) -> tuple[str, dict[str, int]]:
        self.notes.append(("scan", text))
        return scanned(text)


scanned = lru_cache(maxsize=4096)(gateway.masked)
scored = lru_cache(maxsize=4096)(lambda of, pairs: scores_of(of, dict(pairs)))
scores_of = choice.scores


def scores(of: Choice, histogram: choice.Histogram) -> list[int]:
    """``choice.scores``, once for a histogram."""
    found: list[int] = scored(of, tuple(histogram.items()))
    return found


class Family:
    """A source and its neighbours: each has one unit more, which the others lack."""

    def __init__(self, policy: Policy, neighbours: int) -> None:
        computed = Computed()
        self.laid = Laid(policy)
        self.sides = [Side(policy, computed, self.laid, number) for number in range(1 + neighbours)]
        self.one, *self.others = self.sides
        self.offers: dict[str, Offer | Refused] = {}

    def load(self, source: Source, neighbours: Sequence[Source], seed: int) -> None:
        """Take in a source and its neighbours; the public tables are alike in all."""
        self.offers = {}
        self.reload(source, neighbours, seed)
        facts = self.one.facts()
        for side in self.sides:
            side.open(facts, self.offers)

    def reload(self, source: Source, neighbours: Sequence[Source], seed: int) -> None:
        """Take in other rows of the protected tables: plans and prices stay."""
        for side, rows in zip(self.sides, [source, *neighbours], strict=True):
            side.load(rows, seed)
        self.laid.lay([side.workspace.own for side in self.sides], random.Random(seed))

    def close(self) -> None:
        """End every database."""
        self.laid.connection.close()
        for side in self.sides:
            side.workspace.end()

    def ask(self, sql: str, mood: str) -> tuple[str, list[list[str]]]:
        """Ask all sides under the same draws.

        Returns:
            What came of it on the first side (``released``, or a code), and the violations of each pair.
        """
        self.laid.forget()
        first = Draws([], mood)
        came = self.one.answer(sql, first)
        if not isinstance(self.offers[sql], Offer):
            return came, []  # refused by text and public facts, before there was a source
        return came, [self._compared(sql, mood, came, first, side) for side in self.others]

    def _compared(self, sql: str, mood: str, came: str, first: Draws, side: Side) -> list[str]:
        second = Draws([], mood, beside=first.made)
        side.answer(sql, second)
        found = differences(self.one.notes, side.notes)
        offer = self.offers[sql]
        assert isinstance(offer, Offer)
        if came != "released":
            found.append(f"an admitted question failed: {came}")
        return [*found, *losses(offer, first.made, second, self.one.book.price)]


def differences(left: Notes, right: Notes) -> list[str]:
    """The first act in which two runs are unlike."""
    for one, two in zip(left, right, strict=False):
        if one != two:
            return [f"acts differ: {one} / {two}"]
    return [] if len(left) == len(right) else [f"one did {len(left)} acts, the other {len(right)}"]
