"""A question's way through: plan → price → reserve → touch → measure → log → release.

``Gateway.answer`` is the whole story. Everything before *touch* depends on public facts alone and is free;
everything after it stays spent, whatever happens.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, TypedDict

from sandbox import classify, measuring, noise, release
from sandbox.errors import Held, JobFailed, Refused, SandboxError
from sandbox.ledger import Ledger, WrongState, held
from sandbox.ledger.held import Sealed
from sandbox.ledger.holds import MOST_FAILURES, unreviewed_failures
from sandbox.nouns.event import Failed, JobHeld, Previewed, Refusal, Released, Replayed, Submitted
from sandbox.nouns.job import Case, Offer, Question, Waiting
from sandbox.nouns.load import Manifest
from sandbox.nouns.plan import Facts, Plan
from sandbox.nouns.policy import Policy
from sandbox.nouns.release import Cost, Preview, PreviewColumn, Release
from sandbox.nouns.spend import DELTA_UNIT, RHO_UNIT, Spend
from sandbox.plan import explain, plan, targets
from sandbox.seal import Keyring
from sandbox.workspace.agreed import held_name
from sandbox.workspace.opened import OpenWorkspace
from sandbox.workspace.store import Store

STRATEGY_VERSION = "1"
"""Part of the replay key: a release made by another strategy is another release."""

StillAllowed = Callable[[], None]
"""Raises ``Refused`` when the agreement has ended or a stop is in force; asked before touch and release."""


class Who(TypedDict):
    """The head of every record."""

    at: str
    actor: str
    dataset: str


@dataclass(frozen=True)
class Gateway:
    """What one workspace's questions need."""

    policy: Policy
    facts: Facts
    manifest: Manifest
    workspace: OpenWorkspace
    store: Store
    keyring: Keyring
    ledger: Ledger
    now: Callable[[], dt.datetime]
    replay: bool = True
    turn: threading.Lock = field(default_factory=threading.Lock)
    """Held from touch to the end of a job."""
    asked: release.Keys = field(default_factory=release.Keys)
    """Replay keys of questions that were planned here."""

    def answer(
        self,
        question: Question,
        still_allowed: StillAllowed,
        *,
        hold: Callable[[], None] = lambda: None,
        case: Case | None = None,
    ) -> Release:
        """Answer a question under its budget, or refuse it untouched.

        Args:
            question: the job.
            still_allowed: asked before anything is reserved, before data is touched, and before release.
            hold: called with the answer measured, before it is recorded: waits for its visible moment.
            case: the submission, where somebody reviews what singles a person out; None: such is refused.

        Raises:
            Refused: nothing was touched or charged.
            Waiting: a reviewer decides how it goes on.
            JobFailed, Held: data was touched; the price stays spent, nothing is released.
        """
        offer = self._offer(question)
        key = self._replay_key(question, offer)
        self.asked.keep(question.sql, question.epsilon, key)
        self._admit(question, still_allowed)
        if stored := self._stored(question, key):
            return stored
        self._screen(question, offer, case)
        job, states = self._reserve(question, offer)
        with self.turn:
            return self._run(question, offer, key, job, states, still_allowed, hold, case)

    def _run(
        self,
        question: Question,
        offer: Offer,
        key: str,
        job: str,
        states: list[list[str]],
        still_allowed: StillAllowed,
        hold: Callable[[], None],
        case: Case | None,
    ) -> Release:
        """A reserved job, from touch to its end, one at a time: a failure counts before another begins."""
        try:
            self.workspace.data()
            self.workspace.released()
            still_allowed()
            self._check_failures(question.agreement)
        except SandboxError as error:
            self._fail(question, offer, job, error.code, touched=False)
            raise
        except Exception as error:
            self._fail(question, offer, job, type(error).__name__, touched=False)
            raise
        self.ledger.touch(job)
        states.append(["touched", self._stamp()])
        try:
            answer, record = self._measure(question, offer, job, states)
            hold()
            still_allowed()
            if not record.egress or self.policy.egress != "hold":
                return self._shelf.release(job, key, answer, record, self._stamp(), still_allowed)
            if case is None:
                raise Held
            waits = self._keep_back(job, key, answer, record, case, still_allowed)
        except Exception as error:
            kind = failure_class(error)
        else:
            raise Waiting("answer", waits)
        self._give_up(question, offer, job, kind)
        # outside of the handler: what failed may quote a value, and would hang on to this
        raise Held if kind == Held.code else JobFailed

    def recorded(self, question: Question) -> tuple[Release, Replayed] | None:
        """The stored release of a question that was planned here, and the record with which it may be given
        again, if the job is still allowed then; None when ``answer`` has to look. Writes nothing.

        Raises:
            Refused: as ``answer``, which records it.
        """
        key = self.asked.of(question.sql, question.epsilon)
        if key is None or not self.replay:
            return None
        self._check_failures(question.agreement)
        stored = self._shelf.stored(key)
        return None if stored is None else (stored, self._replayed(question, stored))

    def preview(self, question: Question) -> Preview:
        """Price and predicted error of a question; opens no workspace, charges nothing."""
        offer = self._offer(question)
        self.ledger.append(
            Previewed(
                **self._who(question), agreement=question.agreement, sql=question.sql[:MOST_LOGGED],
                rho=offer.price.rho, delta=offer.price.delta,
            )
        )  # fmt: skip
        affordable = min(self.affordable(account, offer.price) for account in self._accounts(question))
        columns = tuple(
            PreviewColumn(each.measure.label, None if each.measure.choice else noise.half_width(each))
            for stage in offer.calibrated for each in stage
        )  # fmt: skip
        return Preview(
            cost=self._cost(question, offer), columns=columns,
            plan=explain(offer.plan, offer.calibrated), fits=affordable > 0, affordable=affordable,
        )  # fmt: skip

    def _offer(self, question: Question) -> Offer:
        """Plan and price; a refusal is recorded and raised."""
        try:
            planned = plan(question.sql, self.facts)
            rho, delta = self._job_budget(question.epsilon)
            calibrated, price = measuring.calibrate(planned, rho, delta, min_units=self._floor)
            return Offer(planned, calibrated, price)
        except Refused as refusal:
            self._refused(question, refusal)
            raise

    def _job_budget(self, epsilon: Decimal) -> tuple[float, float]:
        """ρ of a job by the same function as the cap's, at δ/2; and its δ for key discovery."""
        privacy = self.policy.privacy
        return noise.rho_of(epsilon, privacy.delta / 2), float(privacy.job_delta)

    def _admit(self, question: Question, still_allowed: StillAllowed) -> None:
        """What a person or a stop may forbid before anything is reserved."""
        try:
            still_allowed()
            self._check_failures(question.agreement)
        except Refused as refusal:
            self._refused(question, refusal)
            raise

    def _screen(self, question: Question, offer: Offer, case: Case | None) -> None:
        """Whether the text asks about one person: then a reviewer must let it go on.

        Without reviewers, on one's own machine, only a literal that is somebody's number is refused.
        """
        if case is not None and case.approved:
            return
        named = sum(bool(classify.looks_like_identifier(each)) for each in offer.plan.literals)
        found = {"identifier": named} if named else {}
        try:
            if case is not None and (found := found | targets(offer.plan.sql, self.policy)):
                raise Waiting("query", self._hold_query(question, offer, case, found))
            if found:
                raise Refused(
                    "targeted_query",
                    "a text in the query looks like an identity number, so the job asks about a person",
                    hint="ask about groups; a targeted question needs a reviewer's release",
                )
        except Refused as refusal:
            self._refused(question, refusal)
            raise

    def _hold_query(self, question: Question, offer: Offer, case: Case, found: dict[str, int]) -> int:
        """Note that a question waits; nothing is reserved or touched before a reviewer lets it go on."""
        waiting = [each for each in self.ledger.read(held.listed) if each.agreement == question.agreement]
        if len(waiting) >= MOST_WAITING:
            raise Refused(
                "too_many_waiting", f"{MOST_WAITING} jobs of this agreement wait for a reviewer already",
                hint="wait for their verdicts, or cancel some", status=429,
            )  # fmt: skip
        event = JobHeld(
            **self._who(question), case=case.id, agreement=question.agreement, what="query", sql=question.sql,
            plan=planned_record(offer.plan), measures=measures_record(offer), rho=offer.price.rho,
            delta=offer.price.delta, epsilon=str(question.epsilon), findings=found,
        )  # fmt: skip
        return self.ledger.hold(event, until=case.until)

    def _keep_back(
        self, job: str, key: str, answer: Release, record: Released, case: Case, permitted: StillAllowed
    ) -> int:
        """Seal an answer in which the egress scan found something; it waits for a reviewer, paid for."""
        event = JobHeld(
            at=self._stamp(), actor=record.actor, dataset=record.dataset, case=case.id,
            agreement=record.agreement, what="answer", sql=record.sql, plan=record.plan,
            measures=record.measures, rho=record.rho, delta=record.delta, epsilon=record.epsilon,
            findings=record.egress,
        )  # fmt: skip
        sealed = Sealed(job, key, held_name(record.agreement, job))
        record = replace(record, states=[*record.states, ["held", event.at]])
        return self._shelf.keep_back(sealed, answer, record, event, case.until, permitted)

    def _check_failures(self, agreement: str) -> None:
        """Each failure after touch may tell a bit, so their number is small and public."""
        if unreviewed_failures(self.ledger, self.policy.dataset, agreement) >= MOST_FAILURES:
            raise Refused(
                "agreement_held",
                f"{MOST_FAILURES} jobs of this agreement failed after they had touched data",
                hint="a reviewer looks at them in the log, then `sandbox agreement failures` lifts the hold; "
                "on one's own machine `sandbox log review`",
            )

    def _reserve(self, question: Question, offer: Offer) -> tuple[str, list[list[str]]]:
        """Durably set the price aside on every account, or refuse."""
        job = secrets.token_hex(8)
        submitted = Submitted(
            **self._who(question), job=job, agreement=question.agreement, sql=question.sql,
            rho=offer.price.rho, delta=offer.price.delta,
        )  # fmt: skip
        try:
            self.ledger.reserve(job, self._accounts(question), offer.price, submitted)
        except Refused as refusal:
            self._refused(question, refusal)
            raise
        return job, [["reserved", submitted.at]]

    def _measure(
        self, question: Question, offer: Offer, job: str, states: list[list[str]]
    ) -> tuple[Release, Released]:
        """Aggregate exactly in the jail, add noise, post-process, scan: once, never again."""
        planned = offer.plan
        table, known = measuring.measure(offer, self.workspace, min_units=self._floor)
        table, findings = release.egress(table, planned.post.columns, masked)
        states.append(["measured", self._stamp()])
        answer = release.to_release(planned, offer.calibrated, known, table, cost=self._cost(question, offer))
        record = Released(
            **self._who(question), job=job, agreement=question.agreement, policy=self.policy.sha256,
            snapshot=self.manifest.snapshot_sha256, workspace=self.manifest.workspace_sha256,
            sql=question.sql, rendered=rendered(planned),
            plan=planned_record(planned), measures=measures_record(offer),
            rho=offer.price.rho, delta=offer.price.delta, epsilon=str(question.epsilon),
            groups=len(answer.data), egress=findings, result="", states=states,
        )  # fmt: skip
        return answer, record

    def _stored(self, question: Question, key: str) -> Release | None:
        """An identical question's release, whole and free; raises as ``Shelf.stored``."""
        try:
            stored = self._shelf.stored(key) if self.replay else None
        except Refused as refusal:
            self._refused(question, refusal)
            raise
        if stored is not None:
            self.ledger.append(self._replayed(question, stored))
        return stored

    def _replayed(self, question: Question, stored: Release) -> Replayed:
        return Replayed(
            **self._who(question), agreement=question.agreement, sql=question.sql[:MOST_LOGGED], of=stored.id
        )

    @property
    def _shelf(self) -> release.Shelf:
        return release.Shelf(self.keyring, self.ledger, self.store)

    def _replay_key(self, question: Question, offer: Offer) -> str:
        """Same agreement, snapshot, policy, grants, plan, ε and strategy: the same release."""
        parts: Mapping[str, Any] = {
            "agreement": question.agreement,
            "snapshot": self.manifest.snapshot_sha256,
            "workspace": self.manifest.workspace_sha256,
            "policy": self.policy.sha256,
            "plan": offer.plan.sql,
            "rendered": rendered(offer.plan),
            "epsilon": str(question.epsilon.normalize()),
            "strategy": STRATEGY_VERSION,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _give_up(self, question: Question, offer: Offer, job: str, kind: str) -> None:
        """End a touched job without an answer; what it may have sealed is destroyed with it.

        A ledger that is gone, or that has ended the job already, keeps it spent all the same, and what is
        sealed stays with it: the record of a release must find its file.
        """
        with suppress(SandboxError, WrongState):
            self._fail(question, offer, job, kind, touched=True)
            self._shelf.drop(job)

    def _fail(self, question: Question, offer: Offer, job: str, error: str, *, touched: bool) -> None:
        kept = offer.price if touched else Spend(0)
        self.ledger.fail(
            job,
            Failed(
                **self._who(question), job=job, agreement=question.agreement, error=error,
                touched=touched, rho=kept.rho, delta=kept.delta,
            ),
        )  # fmt: skip

    def _refused(self, question: Question, refusal: Refused) -> None:
        self.ledger.append(
            Refusal(
                **self._who(question), agreement=question.agreement, sql=question.sql[:MOST_LOGGED],
                code=refusal.code, position=refusal.position,
            )
        )  # fmt: skip

    def affordable(self, account: tuple[str, str], price: Spend) -> int:
        """How many jobs of this price an account still pays for."""
        cap, spent = self.ledger.balance(*account)
        left = [max(0, cap.rho - spent.rho) // price.rho] if price.rho else []
        left += [max(0, cap.delta - spent.delta) // price.delta] if price.delta else []
        return min(left, default=10**9)

    def _accounts(self, question: Question) -> tuple[tuple[str, str], ...]:
        return (("dataset", self.policy.account), *question.accounts)

    def _cost(self, question: Question, offer: Offer) -> Cost:
        price = offer.price
        return Cost(price.rho / RHO_UNIT, price.delta / DELTA_UNIT, float(question.epsilon))

    def _who(self, question: Question) -> Who:
        return {"at": self._stamp(), "actor": question.actor, "dataset": self.policy.dataset}

    @property
    def _floor(self) -> int:
        return self.policy.privacy.min_units

    def _stamp(self) -> str:
        moment = self.now().astimezone(dt.UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def planned_record(planned: Plan) -> dict[str, Any]:
    """What the log says of a plan."""
    return {"normalised": planned.sql, "tables": sorted(planned.tables), "notes": list(planned.notes)}


def measures_record(offer: Offer) -> list[dict[str, Any]]:
    """What the log says of every measure: sensitivities, mechanism, scale, ρ; and of which boundary it is
    where a statement has several."""
    several = len(offer.calibrated) > 1
    return [
        each.record() | ({"boundary": number} if several else {})
        for number, stage in enumerate(offer.calibrated, 1)
        for each in stage
    ]


MOST_WAITING = 20
"""Questions of one agreement that may wait for a reviewer at once."""


def rendered(planned: Plan) -> list[str]:
    """Every statement that runs, in order: of each stage what comes back to it, then its exact SQL."""
    stages = [[item.sql for item in stage.needs] + [stage.exact_sql] for stage in planned.stages]
    return [*(sql for stage in stages for sql in stage), planned.post.sql]


MOST_LOGGED = 4_000
"""Characters of a statement that a record of what costs nothing keeps: nobody fills the log for free."""


def masked(text: str) -> tuple[str, dict[str, int]]:
    """A released text with identities masked, and how many of each class were found."""
    shown, findings = classify.mask_text(text)
    return shown, dict(Counter(finding.entity for finding in findings))


def failure_class(error: Exception) -> str:
    """The class of a failure, for the log: an engine's kind, our code, or a type's name; never text."""
    kind = getattr(error, "kind", None) or getattr(error, "code", None)
    return kind if isinstance(kind, str) else type(error).__name__
