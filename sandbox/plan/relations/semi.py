"""SEMI and ANTI joins: rows of the left side that have a match on the right, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from sandbox.plan.relations.conjuncts import Part, null_safe, pair_of, parts_of, rendered
from sandbox.plan.relations.public import equated, matches
from sandbox.plan.relations.scan import Relation
from sandbox.plan.relations.sizes import check_size
from sandbox.plan.relations.units import across, on_unit
from sandbox.plan.rows import Rows


def semi(left: Relation, right: Relation, node: exp.Join, rows: Rows) -> Relation:
    """The left side's rows and bound; the right side is out of sight from here on.

    Whether a row stays is settled by its own unit's rows (the unit conjunct is ours) and public ones.
    """
    kind = str(node.args["kind"])
    if right.unit and not left.unit:
        rows.problems.stop(
            "join_not_supported", node, what=f"a public table {kind} JOIN a protected one",
            help="start FROM with the protected table",
        )  # fmt: skip
    parts = parts_of(node, left, right, rows)
    one = right.bound or _matches(left, right, parts, rows)
    most = left.bound * one
    check_size(most, node, rows.problems)
    pairs = rows.inside(replace(rows.scope, bound=most))  # its conditions are looked at for each pair
    if right.unit:
        found, _ = on_unit(left, right, parts, node, pairs)
    else:
        found = [rendered(part, pairs) for part in parts]
    if rows.reading.noisy and not left.unit:
        equal = [pair for part in parts if (pair := pair_of(part, rows) or null_safe(part, rows)) is not None]
        keyed = any(across(pair, left, right) for pair in equal)
        work = compared(left.size, right.size, keyed=keyed)
        rows.statement.joined.note(" ".join([left.sql, right.sql, *found]), work, node)
    hidden = {one.name for one in right.scans}
    rows.scope.scans[:] = [one for one in rows.scope.scans if one.name not in hidden]
    sql = f"{left.sql} {kind} JOIN {right.sql} ON {' AND '.join(found) or 'TRUE'}"
    within = left.rows * one if rows.scope.outer is not None else left.rows  # pairs for each row around
    read, notes = left.read | right.tables, left.notes + right.notes
    return replace(left, sql=sql, rows=within, read=read, chosen=True, notes=notes)


def compared(left: int, right: int, *, keyed: bool) -> int:
    """Rows of released relations that are looked at to find which of the left side have a match."""
    return left + right if keyed else left * max(1, right)


def _matches(left: Relation, right: Relation, parts: Sequence[Part], rows: Rows) -> int:
    """Rows of a public right side that one row of the left is compared with."""
    keys = [two for part in parts for _, two in equated(pair_of(part, rows), left, right)]
    safe = [two for part in parts for _, two in equated(null_safe(part, rows), left, right)]
    return matches(right, keys, safe)
