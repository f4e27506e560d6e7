"""Joins of two relations, by what they hold: units on both sides, on one, or on none.

With C rows of one unit on each side and f the fan-out of a public side:

| join | both protected | protected with public |
|---|---|---|
| INNER | C1·C2 | C·f |
| LEFT, RIGHT | C1·max(1, C2), mirrored | C·max(1, f), from the protected side |
| FULL | max(C1·C2, C1 + C2) | refused: rows without a unit |
| SEMI, ANTI | C1 | C, the public side second |
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from sqlglot import exp

from sandbox.plan.names import Scan
from sandbox.plan.refusals import Problems
from sandbox.plan.relations.conjuncts import parts_of
from sandbox.plan.relations.public import public
from sandbox.plan.relations.scan import Relation, optional
from sandbox.plan.relations.semi import semi
from sandbox.plan.relations.sizes import check_size
from sandbox.plan.relations.units import units
from sandbox.plan.rows import Rows
from sandbox.plan.types import Value

Side = Literal["INNER", "LEFT", "RIGHT", "FULL"]


def join(left: Relation, right: Relation, node: exp.Join, rows: Rows) -> Relation:
    """``left`` joined with one more relation, whose scans are the last of the scope.

    Raises:
        Stopped: a side whose rows would belong to no unit or to several, or a join without a key.
    """
    if left.padded:
        padded(node, rows.problems)
    if node.args.get("kind") in ("SEMI", "ANTI"):
        return semi(left, right, node, rows)
    if node.args.get("method"):
        _natural(left, right, node, rows)
    side: Side = node.args.get("side") or "INNER"
    if side in ("RIGHT", "FULL"):
        left = optional(left, rows.scope)
    if side in ("LEFT", "FULL"):
        right = optional(right, rows.scope)
    parts = parts_of(node, left, right, rows)
    made = (units if left.unit and right.unit else public)(left, right, parts, side, node, rows)
    check_size(made.bound, node, rows.problems)
    _merge(node, left, right, made, side, rows)
    return made


def _natural(left: Relation, right: Relation, node: exp.Join, rows: Rows) -> None:
    """NATURAL: USING every column that both sides have, in the tree itself."""
    names = {name for one in right.scans for name in _all_names(one)}
    common = [name for one in left.scans for name in _all_names(one) if name in names]
    if not common:
        rows.problems.stop("join_needs_key", node)
    node.set("method", None)
    node.set("using", [exp.to_identifier(name, quoted=True) for name in dict.fromkeys(common)])


def _all_names(one: Scan) -> list[str]:
    unit = one.table.unit if one.derived is None and one.table.via is None else None
    return [*one.names, *([unit.lower()] if unit else [])]


def padded(node: exp.Expr, problems: Problems) -> None:
    """Refuse to go on from a public table LEFT JOINed with a protected one."""
    problems.stop(
        "join_not_supported", node, what="a table after a public table LEFT JOIN a protected one",
        help="start FROM with the protected table",
    )  # fmt: skip


def _merge(node: exp.Join, left: Relation, right: Relation, made: Relation, side: Side, rows: Rows) -> None:
    """Columns of USING stand for the side that is there; of a FULL join, for whichever is."""
    merged = rows.scope.merged
    for name in node.args.get("using") or ():
        text = str(name.name).lower()
        first = rows.scope.merged.get(text) or _first(left, text)
        second = _first(right, text)
        if first is None or second is None:
            continue
        chosen = second if side == "RIGHT" else first
        if side == "FULL":
            sql = made.unit if first.unit else f"coalesce({first.sql}, {second.sql})"
            both = replace(first, sql=sql, reads=first.reads | second.reads, nullable=not first.unit)
            alike = (first.storage, first.domain, first.scale) == (
                second.storage, second.domain, second.scale
            )  # fmt: skip
            if not alike:
                rows.problems.stop(
                    "ambiguous_column", name, name=text, help="coalesce of both columns, joined with ON"
                )
            chosen = both if first.unit else replace(both, column=None, enforced=None)
        merged[text] = chosen


def _first(relation: Relation, name: str) -> Value | None:
    from sandbox.plan.names import value_of

    return next((value for one in relation.scans if (value := value_of(one, name)) is not None), None)
