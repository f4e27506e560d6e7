"""Two protected sides: a row of the join belongs to the unit that both sides' rows belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlglot import exp

from sandbox.nouns.policy import Policy, Use
from sandbox.plan.names import Scan
from sandbox.plan.relations.conjuncts import Pair, Part, alike, pair_of, rendered, same_owner
from sandbox.plan.relations.scan import Relation
from sandbox.plan.rows import Rows
from sandbox.plan.types import Value


def units(
    left: Relation, right: Relation, parts: Sequence[Part], side: str, node: exp.Expr, rows: Rows
) -> Relation:
    """The unit conjunct is ours, whatever else the statement asks."""
    found, owned = on_unit(left, right, parts, node, rows)
    sql = f"{left.sql} {'' if side == 'INNER' else side + ' '}JOIN {right.sql} ON {' AND '.join(found)}"
    unit = {"RIGHT": right.unit, "FULL": f"coalesce({left.unit}, {right.unit})"}.get(side, left.unit)
    made = replace(
        left, sql=sql, unit=unit, scans=left.scans + right.scans, notes=left.notes + right.notes, rank=""
    )
    if side in ("RIGHT", "FULL"):
        one, two = left.bound, right.bound
        most = max(1, one) * two if side == "RIGHT" else max(one * two, one + two)
        return made.bounded({f"outer {right.scans[-1].name}": most})  # no single table's factor
    if _keyed(left, right, parts, rows):
        return made.bounded(left.factors)
    return made.bounded(_factors(left, right, owned, side, rows.scope.facts.policy))


def _keyed(left: Relation, right: Relation, parts: Sequence[Part], rows: Rows) -> bool:
    """Whether at most one row of the right side matches: it has one row for each unit and values of its keys,
    by the GROUP BY that is rendered, and the join equates each of them, as it is stored, with a column of the
    left side. (An equality within the right side settles no key: other rows have it too.)"""
    (only,) = right.scans
    if only.once is None:
        return False
    pairs = [pair for part in parts if (pair := pair_of(part, rows)) is not None]
    fixed = {
        two.sql
        for pair in pairs
        for one, two in (pair[:2], pair[1::-1])
        if alike(one, two) and _scan_of(left, one) is not None
    }
    return only.once <= fixed


def on_unit(
    left: Relation,
    right: Relation,
    parts: Sequence[Part],
    node: exp.Expr,
    rows: Rows,
    known: Pair | None = None,
    use: Use = Use.JOIN,
) -> tuple[list[str], list[Pair]]:
    """Rendered conjuncts of a join of protected sides, ours first, and its equalities of owning keys.

    The statement must say that the units are one, by their names or by keys that lead to them: adding the
    condition in silence would answer another question than was asked.
    """
    named = False
    same: list[str] = []
    extra: list[Part] = []
    owned: list[Pair] = []
    if known is not None:  # an equality that is rendered elsewhere, of two units or of none
        named = bool(known[0].unit)
        owned = [known] if same_owner(known, rows) else []
    for part in parts:
        pair = pair_of(part, rows)
        if pair is not None and (pair[0].unit or pair[1].unit):
            named = _unit_pair(pair, right, rows) or named
            same.append(f"{pair[0].sql} = {pair[1].sql}")  # narrower than ours where a side is optional
            continue
        if pair is not None and same_owner(pair, rows):
            owned.append(pair)
        extra.append(part)
    if not named and not any(across(pair, left, right) for pair in owned):
        one, two = _protected(left), _protected(right)
        help_ = f"{one.alias}.{one.table.unit} = {two.alias}.{two.table.unit}"
        rows.problems.stop("join_needs_unit", node, help=help_)
    ours = f"{left.unit} = {right.unit}"
    mirrored = f"{right.unit} = {left.unit}"
    found = [ours, *(text for text in same if text not in (ours, mirrored))]
    for part in extra:
        with rows.problems.part():
            found.append(rendered(part, rows, use))
    return found, owned


def _protected(relation: Relation) -> Scan:
    return next(one for one in relation.scans if one.protected)


def _unit_pair(pair: Pair, right: Relation, rows: Rows) -> bool:
    """Whether an equality says that both sides' units are one."""
    one, two, where = pair
    if not (one.unit and two.unit):
        rows.problems.stop("unit_misused", where, name=one.unit or two.unit)
    return (one.sql == right.unit) != (two.sql == right.unit)


def across(pair: Pair, left: Relation, right: Relation) -> bool:
    """Whether an equality has one side in each relation."""
    return any(_scan_of(left, one) and _scan_of(right, two) for one, two in (pair[:2], pair[1::-1]))


def _scan_of(relation: Relation, value: object) -> Scan | None:
    sql = getattr(value, "sql", "")
    return next((one for one in relation.scans if sql.startswith(f'{one.name}."')), None)


def _factors(
    left: Relation, right: Relation, owned: Sequence[Pair], side: str, policy: Policy
) -> Mapping[str, int]:
    """Factors of an INNER or LEFT join.

    The load keeps one row for each unit and key of a table through which others get their unit, so a row that
    refers to it settles which one it is. That table's factor is 1 then: rows of the join are settled by the
    rows of the other tables, however the join was written. A LEFT JOIN from the table that is referred to
    keeps its rows without match, so there the product stands. A table without a factor is settled by others:
    groups whose keys are fixed have none (``_keyed``).
    """
    factors = {**left.factors, **right.factors}
    for pair in owned:
        for child, parent in (pair[:2], pair[1::-1]):
            if not _keeper(parent.column, child.column, policy) or not alike(parent, child):
                continue
            for here, there in ((right, left), (left, right)):
                holder = _scan_of(here, parent)
                kept = here is left and side != "INNER"
                if holder is None or holder.derived is not None or kept:  # a subquery may repeat a key
                    continue
                if _settles(child, there):
                    factors[holder.name] = 1
    return factors


def _keeper(parent: tuple[str, str] | None, child: tuple[str, str] | None, policy: Policy) -> bool:
    """Whether ``child`` is the declared reference to the key ``parent``."""
    return any(
        table.via is not None
        and child == (table.name, table.via.column)
        and parent == (table.via.table, table.via.key)
        for table in policy.tables
    )


def _settles(child: Value, relation: Relation) -> bool:
    """A row that may settle others. One that is itself settled by what its keys are equal to may not: they
    could be the columns of the very row that it settles, and neither would be counted."""
    scan = _scan_of(relation, child)
    return scan is not None and (scan.once is None or scan.name in relation.factors)
