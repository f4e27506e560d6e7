"""Attacks on the ledger: many ask at once what only some can pay for, and old answers are asked for again."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.audit.attacks import clinic
from sandbox.audit.attacks.outcome import Outcome, never
from sandbox.errors import JobFailed, SandboxError
from sandbox.ledger.holds import MOST_FAILURES, touched_failures
from sandbox.local import LocalSandbox, agreement
from sandbox.nouns.event import Released
from sandbox.nouns.job import Question, to_epsilon
from sandbox.nouns.release import Preview
from sandbox.nouns.spend import Spend
from sandbox.settings import Settings

EPSILON = "0.5"
POOR = clinic.POLICY.replace("epsilon: 1000", "epsilon: 3").replace("delta: 0.09", "delta: 1.0e-6")
"""A budget of few questions."""
ASKERS = 12
"""Threads that ask at once."""
QUESTION = "SELECT COUNT(*) AS n FROM visits WHERE code <> {}"
UNPAID = ("SELECT name FROM visits", "SELECT COUNT(*) FROM nowhere", "SELECT SUM(weight) FROM visits")
"""Refused before anything is reserved."""
HASTE = 0.001
"""Seconds that a statement gets where all of them are to fail."""


@dataclass(frozen=True)
class Home:
    """A folder in which a clinic is loaded again and again."""

    folder: Path
    key: bytes

    @contextmanager
    def opened(
        self, name: str, *, policy: str = clinic.POLICY, settings: Settings | None = None
    ) -> Iterator[LocalSandbox]:
        """The clinic of that name, written where it is new, under a policy."""
        path = self.folder / name / "clinic.yaml"
        if not path.exists():
            clinic.write(path.parent, her=False)
        path.write_text(policy, encoding="utf-8")
        home = path.parent / "home"
        with LocalSandbox.open(path, home=home, key=self.key, settings=settings) as box:
            yield box


@contextmanager
def opened(folder: Path) -> Iterator[Home]:
    """A folder of its own; each attack loads what it needs."""
    yield Home(folder, secrets.token_bytes(32))


def budget_race(home: Home) -> Outcome:
    """Ask with many threads at once, between prices and refusals: no more is answered than is paid."""
    with home.opened("race", policy=POOR) as box:
        price = box.query(QUESTION.format(-1), epsilon=EPSILON, mode="preview")
        cap, _ = box.ledger.balance("dataset", box.policy.account)
        affordable = cap.rho // round(price.cost.rho * 10**12)
        asked = [(QUESTION.format(place), "run") for place in range(affordable + ASKERS)]
        asked += [(QUESTION.format(-1), "preview")] * ASKERS + [(sql, "run") for sql in UNPAID * 4]
        asked = sorted(asked, key=lambda _: secrets.randbits(32))
        with ThreadPoolExecutor(ASKERS) as pool:
            codes = Counter(pool.map(lambda each: _asked(box, *each), asked))
        _, spent = box.ledger.balance("dataset", box.policy.account)
        released = box.ledger.all_of(Released.kind, box.policy.dataset)
        cases = {
            f"{codes['answered']} answered, {affordable} paid for": codes["answered"] != affordable,
            "charges are not those of the answers": spent.rho != sum(each["rho"] for each in released),
            "more is spent than there was": spent.rho > cap.rho or spent.delta > cap.delta,
            f"other ends: {dict(codes)}": codes["budget_exhausted"] != ASKERS or codes["previewed"] != ASKERS,
            "failures are counted": touched_failures(box.ledger, box.policy.dataset, agreement(box.policy))
            > 0,
            "the log does not verify": not box.ledger.verify().ok,
        }
    return never(
        "budget race", "预算竞争", f"rules of the budget broken by {len(asked)} questions at once", cases
    )


def failure_race(home: Home) -> Outcome:
    """Let many questions fail at once, to learn a bit from each: after a few, nothing is answered."""
    hasty = Settings().model_copy(update={"query_seconds": HASTE})
    with home.opened("failures") as box:
        pass
    with home.opened("failures", settings=hasty) as box:
        with ThreadPoolExecutor(ASKERS) as pool:
            asked = [(QUESTION.format(place), "run") for place in range(2 * ASKERS)]
            codes = Counter(pool.map(lambda each: _asked(box, *each), asked))
        failed = touched_failures(box.ledger, box.policy.dataset, agreement(box.policy))
    cases = {
        f"failure {place + 1} of at most {MOST_FAILURES}: {dict(codes)}": place >= MOST_FAILURES
        for place in range(max(failed, 1))
    }
    cases["an answer in no time"] = codes["answered"] > 0 and failed == 0
    return never("failure race", "失败竞争", "failures beyond what an agreement has", cases)


def _asked(box: LocalSandbox, sql: str, mode: str) -> str:
    try:
        answer = box.query(sql, epsilon=EPSILON, mode=mode)
    except JobFailed:
        return "failed"
    except SandboxError as error:
        return error.code
    return "previewed" if isinstance(answer, Preview) else "answered"


def stale_answers(home: Home) -> Outcome:
    """Ask the same under another agreement, load, policy or mask: what is stored is not the answer."""
    sql, numbers = QUESTION.format(1), []
    with home.opened("stale") as box:
        numbers.append(box.query(sql, epsilon=EPSILON).id)
        numbers.append(_under_another_agreement(box, sql))
    source = home.folder / "stale" / "visits.parquet"
    masked = clinic.POLICY.replace(
        "hospital:   {class: other,", "hospital:   {class: other, mask: {partial: {first: 1}},"
    )
    for change in (None, clinic.POLICY.replace("bounds: [0, 30]", "bounds: [0, 31]"), masked):
        if change is None:
            clinic.write_visits(source, her=True)
        with home.opened("stale", policy=change or clinic.POLICY) as box:
            numbers.append(box.query(sql, epsilon=EPSILON).id)
            again = box.query(sql, epsilon=EPSILON)
            numbers += [] if again.id == numbers[-1] else [numbers[-1]]
    cases = {f"answer {place}": number in numbers[:place] for place, number in enumerate(numbers)}
    return never("stale answers", "过期答案", "answers of another agreement, load or policy given", cases)


def _under_another_agreement(box: LocalSandbox, sql: str) -> int:
    other = "another agreement"
    for scope in ("agreement", "organisation"):
        box.ledger.set_cap(scope, other, Spend.cap(1.0, 0.01))
    question = Question(
        sql=sql, epsilon=to_epsilon(EPSILON, most=box.policy.privacy.per_job.epsilon), actor="another",
        agreement=other, organisation=other,
    )  # fmt: skip
    return box._gateway.answer(question, lambda: None).id
