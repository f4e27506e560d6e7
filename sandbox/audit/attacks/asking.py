"""Attacks on the way that questions take: refused ones, costly ones, and stored answers."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator

from sandbox.audit.attacks.clinic import Twins
from sandbox.audit.attacks.outcome import Outcome, never
from sandbox.audit.attacks.questions import COSTLY, FAMILIES, KEYED, LISTS, VISIT
from sandbox.audit.attacks.statements import hostile
from sandbox.errors import Refused, SandboxError
from sandbox.local import LocalSandbox
from sandbox.nouns.event import Submitted

MOST_GROWTH = 512 << 20
"""Bytes by which the asking process may grow while it is asked costly questions."""
MOST_SECONDS = 90.0
"""Longest time of one costly question: the engine's deadline, and a restart on a busy machine."""


def refused(world: Twins) -> Outcome:
    """Ask what nobody may be answered: each is refused before anything is reserved, and costs nothing."""
    box, cases, kinds = world.with_her, {}, set()
    before = _paid(box)
    for each in hostile():
        kinds.add(each.kind)
        try:
            box.query(each.sql, epsilon="0.1")
            cases[each.sql] = True
        except SandboxError as error:
            cases[each.sql] = not isinstance(error, Refused)
    cases["all of them together"] = _paid(box) != before
    what = f"hostile statements of {len(kinds)} kinds answered, or data touched"
    return never("hostile statements", "恶意语句", what, cases)


def _paid(box: LocalSandbox) -> tuple[object, int]:
    """What was spent, and how many jobs were ever reserved."""
    account = box.policy.account
    return box.ledger.balance("dataset", account), len(box.ledger.all_of(Submitted.kind, box.policy.dataset))


def exhaustion(world: Twins) -> Outcome:
    """Ask what takes memory, processor or time: it is refused or answered, and so is the next one."""
    box, cases = world.with_her, {}
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    for place, sql in enumerate(COSTLY):
        began = time.monotonic()
        cases[sql] = _broke(box, sql)
        cases[sql] |= time.monotonic() - began > MOST_SECONDS
        cases[f"after {sql}"] = _broke(box, f"{VISIT} WHERE days <> {place}")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10) - largest
    cases["the process's memory"] = grown > MOST_GROWTH
    return never("exhaustion", "资源耗尽", "costly questions that broke something", cases)


def _broke(box: LocalSandbox, sql: str) -> bool:
    """Whether a question ended in another way than an answer or a refusal; what failed is looked at."""
    try:
        box.query(sql, epsilon="0.1")
    except Refused:
        return False
    except SandboxError:
        box.review_failures("audit")
        return True
    return False


def confusion(world: Twins) -> Outcome:
    """Hope to get the stored answer of another question: what differs in what matters has its own."""
    cases = dict(_shared(world.with_her))
    return never("replay confusion", "重放混淆", "questions given another's answer", cases)


def _shared(box: LocalSandbox) -> Iterator[tuple[str, bool]]:
    """Whether a question got the number of another's answer, or columns that it did not ask for."""
    seen: dict[int, str] = {}
    for sql, epsilon, keys in _questions():
        answer = box.query(sql, epsilon=epsilon, keys=keys)
        label = f"ε {epsilon}, keys {keys}: {sql}"
        yield label, seen.setdefault(answer.id, label) != label
        name = sql.split(" AS ")[1].split(" ")[0].strip('",')
        yield f"{label}, columns", name not in [column.name for column in answer.columns]
    invented = box.query(VISIT, epsilon="0.31", mode="dummy")
    yield "a dummy is stored", box.query(VISIT, epsilon="0.31").id == invented.id


def _questions() -> Iterator[tuple[str, str, object]]:
    """SQL, ε and keys."""
    yield from ((sql, "0.21", None) for family in FAMILIES for sql in family)
    yield from ((VISIT, epsilon, None) for epsilon in ("0.2", "0.22", "0.201", "0.20000001"))
    yield from ((KEYED, "0.21", {"hospital": values}) for values in LISTS)
    yield KEYED, "0.21", None
