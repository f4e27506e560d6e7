"""Advice on a policy that is correct but may promise less than its author thinks."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from sandbox.nouns.mask import AgeBand, Drop, Keep, Partial, Pseudonym
from sandbox.nouns.policy import Column, ColumnClass, ColumnType, Policy, Table, Use
from sandbox.policy.mistakes import Mistakes, Path, quote
from sandbox.policy.tree import Keys, line_of

LARGE_EPSILON = Decimal(20)
LARGE_JOB = Decimal(2)
OTHER_PEOPLE = re.compile(
    r"doctor|physician|nurse|surgeon|clerk|agent|contact|guardian|parent|mother|father|spouse|relative|heir"
    r"|医生|医师|护士|经办|操作员|联系人|监护人|配偶|父亲|母亲|家属|亲属|代办|法人|法定代表",
    re.IGNORECASE,
)
"""Column names that speak of someone else than the unit."""
BIRTH = re.compile(r"birth|born|出生|生日", re.IGNORECASE)

Say = Callable[[Path, str, str, str], None]


def lint(policy: Policy, root: Keys, advice: Mistakes) -> None:
    """Note every piece of advice, at its line."""

    def say(path: Path, code: str, reason: str, fix: str) -> None:
        advice.add(line_of(root, path), path, code, reason, fix)

    budgets(policy, say)
    shared_pseudonyms(policy, say)
    unit_formats(policy, say)
    for table in policy.tables:
        if table.public:
            continue
        dates(table, say)
        for column in table.columns:
            if column.name != table.unit and not isinstance(column.mask, Drop):
                column_advice(column, ("tables", table.name, "columns", column.name), say)


def budgets(policy: Policy, say: Say) -> None:
    """Budgets and floors that protect little."""
    privacy = policy.privacy
    if privacy.epsilon > LARGE_EPSILON:
        reason = f"a lifetime ε above {LARGE_EPSILON} promises a person little"
        say(("privacy", "epsilon"), "epsilon_large", reason, "lower it, or say in the catalogue why")
    if privacy.per_job.epsilon > LARGE_JOB:
        reason = f"one job may spend an ε above {LARGE_JOB}"
        say(("privacy", "per_job", "epsilon"), "epsilon_large", reason, "1.0 or less is common")
    if privacy.min_units == 1:
        say(("privacy", "min_units"), "min_units_one", "groups of one unit may show", "10 is the default")
    if not policy.risk.quasi_identifiers:
        reason = "no quasi-identifiers are named, so k-anonymity is not reported"
        say(("risk",), "quasi_empty", reason, "list them: `risk: {quasi_identifiers: [birth_date, region]}`")


def shared_pseudonyms(policy: Policy, say: Say) -> None:
    """One pseudonym domain in several tables links their rows."""
    first: dict[str, str] = {}
    for table in policy.tables:
        for column in table.columns:
            if not isinstance(column.mask, Pseudonym):
                continue
            home = first.setdefault(column.mask.domain, table.name)
            if home != table.name:
                path: Path = ("tables", table.name, "columns", column.name, "mask")
                reason = f"pseudonyms of {quote(column.mask.domain)} equal those in {quote(home)}: rows link"
                say(path, "pseudonym_shared", reason, "give each table its own domain unless joins need one")


def unit_formats(policy: Policy, say: Say) -> None:
    """Units normalised in two ways are two people."""
    protected = [table for table in policy.tables if not table.public]
    for table in protected[1:]:
        if table.unit_format != protected[0].unit_format:
            reason = (
                f"units are normalised in another way than in {quote(protected[0].name)}: they will not meet"
            )
            say(
                ("tables", table.name),
                "unit_format_mixed",
                reason,
                "write the same `unit_format` in each table",
            )


def dates(table: Table, say: Say) -> None:
    """A full birth date, the more so beside full dates of events."""
    kept = [
        column for column in table.columns if column.type is ColumnType.DATE and isinstance(column.mask, Keep)
    ]
    births = [column for column in kept if BIRTH.search(column.name)]
    for column in births:
        more = " beside full dates of events" if len(kept) > len(births) else ""
        path: Path = ("tables", table.name, "columns", column.name)
        fix = "mask it: {age_band: {width: 5, top: 90}}"
        say(path, "birth_date_fine", f"a full birth date is kept{more}; it identifies most people", fix)


def column_advice(column: Column, path: Path, say: Say) -> None:
    """Advice on one stored column of a protected table."""
    if column.kind is ColumnClass.DIRECT and isinstance(column.mask, Keep | Partial):
        reason = f"a direct identifier is stored as {'it is' if isinstance(column.mask, Keep) else 'a part'}"
        say(path, "direct_kept", reason, "drop it, or use a pseudonym")
    if column.kind is ColumnClass.TEXT and isinstance(column.mask, Keep | Partial):
        say(
            path,
            "text_unscanned",
            "free text is stored without a scan",
            "write `mask: {scan: {on_hit: token}}`",
        )
    if OTHER_PEOPLE.search(column.name):
        reason = "this speaks of someone else than the unit; the promise does not cover them"
        say(path, "other_people", reason, "drop it, or tell the catalogue")
    if Use.AGGREGATE in column.use and column.bounds is None and _numeric(column):
        reason = "no bounds: SUM and AVG will need clamp(x, lo, hi) in every query"
        say(path, "aggregate_unbounded", reason, "add `bounds: [lowest, highest]` from public knowledge")
    if isinstance(column.mask, AgeBand) and column.domain is not None:
        _bands(column, column.mask, path, say)


def _numeric(column: Column) -> bool:
    return column.type in (ColumnType.INTEGER, ColumnType.NUMBER)


def _bands(column: Column, mask: AgeBand, path: Path, say: Say) -> None:
    """Bands that the domain lacks become NULL."""
    starts = range(0, mask.top, mask.width)
    made = [f"{low}-{min(low + mask.width, mask.top) - 1}" for low in starts] + [f"{mask.top}+"]
    lacking = [band for band in made if band not in (column.domain or ())]
    if mask.width > 1 and lacking:
        reason = f"the domain lacks bands that the mask makes, such as {quote(lacking[0])}: they become NULL"
        say((*path, "domain"), "domain_lacks_band", reason, f"list {', '.join(made[:2])} … {made[-1]}")
