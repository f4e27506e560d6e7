"""Joins with a public side: an equality with one of its columns bounds how many of its rows match one row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlglot import exp

from sandbox.plan.relations.conjuncts import Pair, Part, alike, null_safe, pair_of, rendered
from sandbox.plan.relations.scan import Relation
from sandbox.plan.rows import Rows
from sandbox.plan.types import tables_of

MAX_UNKEYED = 1_000
"""Rows up to which a public table may be joined on any condition, or none: each may match every row."""
MAX_FAN = 10_000
"""Rows of a public side that may match one row: how long a join takes must not hang on which rows match."""
MAX_ROWS = 10**7
"""Rows of a join of public tables, or as many as the larger of them has: the engine makes none of them where
no protected row asks for one, so it is the time of a second at most that hangs on it."""


def public(
    left: Relation, right: Relation, parts: Sequence[Part], side: str, node: exp.Join, rows: Rows
) -> Relation:
    """At most one side is protected. A row that no unit owns, beside rows that units own, is refused."""
    protected = left if left.unit else right if right.unit else None
    pads = protected is not None and side == ("LEFT" if protected is right else "RIGHT")
    if protected is not None and side == "FULL":
        what = "a FULL JOIN of a protected table with a public one"
        rows.problems.stop("join_not_supported", node, what=what, help="use JOIN or LEFT JOIN")
    keys: list[tuple[str, str]] = []
    safe: list[tuple[str, str]] = []
    conditions = []
    for part in parts:
        with rows.problems.part():
            keys += equated(pair_of(part, rows), left, right)
            safe += equated(null_safe(part, rows), left, right)
            conditions.append(rendered(part, rows))
    outer = "" if side == "INNER" or pads else side + " "
    sql = f"{left.sql} {outer}JOIN {right.sql} ON {' AND '.join(conditions) or 'TRUE'}"
    made = replace(
        left, sql=sql, unit=left.unit or right.unit, scans=left.scans + right.scans, padded=pads,
        unique=frozenset(), notes=left.notes + right.notes, rank="",
    )  # fmt: skip
    if protected is None:
        return _both(made, left, right, keys, safe, side, node, rows)
    other, place = (right, 1) if protected is left else (left, 0)
    if len(other.scans) > 1 and rows.reading.noisy and other.rows > MAX_ROWS:
        rows.problems.stop("released_join_too_large", node, count=other.rows, limit=MAX_ROWS)
    fan_out = _fan_out(other, [pair[place] for pair in keys], [pair[place] for pair in safe], node, rows)
    names = ", ".join("a value for each row" if one.hidden else one.alias for one in other.scans)
    made = replace(made, notes=(*made.notes, f"{names}: up to {fan_out} rows match one row"))
    return made.bounded({**protected.factors, other.scans[0].name: fan_out})


def _fan_out(side: Relation, keys: Sequence[str], safe: Sequence[str], node: exp.Join, rows: Rows) -> int:
    """Rows of a public side that can match one row."""
    most = matches(side, keys, safe)
    if not keys and most > MAX_UNKEYED:
        rows.problems.stop("join_needs_key", node)
    if most > MAX_FAN:
        rows.problems.stop("fan_out_too_large", node, count=most, limit=MAX_FAN)
    return most


def matches(side: Relation, keys: Collection[str], safe: Collection[str] = ()) -> int:
    """Rows of a public side that share one value of each of these columns.

    Args:
        side: the rows.
        keys: columns that equal something, and so are not NULL: ``fans`` count no NULLs.
        safe: columns that are something or NULL with it: groups have one row of NULL as well.
    """
    if side.unique and side.unique <= {*keys, *safe}:
        return 1
    return max(1, min((side.fans[key] for key in keys), default=side.rows))


def _both(
    made: Relation,
    left: Relation,
    right: Relation,
    keys: Sequence[tuple[str, str]],
    safe: Sequence[tuple[str, str]],
    side: str,
    node: exp.Join,
    rows: Rows,
) -> Relation:
    """Two public sides.

    Counted from either: a row brings at most as many as it matches, or itself where an outer join keeps it
    without a match; and what the outer join keeps of the other side comes beside them. Whichever is less
    holds: l·there or r·here inside, and r more or l more where those sides are kept.
    """
    here = matches(left, [one for one, _ in keys], [one for one, _ in safe])
    there = matches(right, [two for _, two in keys], [two for _, two in safe])
    if not keys and min(left.rows, right.rows, here, there) > MAX_UNKEYED:
        rows.problems.stop("join_needs_key", node)
    total = _counted(left.rows, right.rows, here, there, side)
    released = rows.reading.noisy and rows.scope.outer is None  # by their sizes: ``Joined``
    if not released and total > max(MAX_ROWS, left.rows, right.rows):
        rows.problems.stop("join_needs_key", node)
    if not released and total > max(left.rows, right.rows):
        rows.statement.work.make(total)
    fans = {name: fan * there for name, fan in left.fans.items()}
    fans |= {name: fan * here for name, fan in right.fans.items()}
    sized = _counted(left.size, right.size, min(here, left.size), min(there, right.size), side)
    if rows.reading.noisy:
        rows.statement.joined.note(made.sql, max(sized, left.size, right.size), node)
    return replace(made, rows=total, sized=sized, fans=fans)


def _counted(left: int, right: int, here: int, there: int, side: str) -> int:
    """Rows of a join, at most, of so many rows with so many of one key."""
    from_left = left * there + (right if side in ("RIGHT", "FULL") else 0)
    from_right = right * here + (left if side in ("LEFT", "FULL") else 0)
    return min(from_left, from_right)


def equated(pair: Pair | None, left: Relation, right: Relation) -> list[tuple[str, str]]:
    """Columns that an equality fixes, left and right, when equal means equal as stored.

    Both sides must be stored alike: a conversion could make different keys equal, and the multiplicity would
    no longer bound the matches. The protected side may be any column of its own.
    """
    for one, two in (pair[:2], pair[1::-1]) if pair is not None else ():
        if alike(one, two) and _has(left, one.sql) and _has(right, two.sql):
            return [(one.sql, two.sql)]
    return []


def _has(relation: Relation, sql: str) -> bool:
    """Whether a rendered column is one of the relation (wherever it stands in a cast)."""
    if not relation.unit:
        return sql in relation.fans
    named = tables_of(sql)
    return bool(named) and named <= {one.name for one in relation.scans}
