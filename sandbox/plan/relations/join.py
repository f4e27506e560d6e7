"""Joins: protected with protected on the unit, protected with public by equality of a public column."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.nouns.policy import Use
from sandbox.plan import types as t
from sandbox.plan.names import Scan, value_of
from sandbox.plan.relations.scan import Relation, optional
from sandbox.plan.rows import Rows
from sandbox.plan.scalars.compare import compare
from sandbox.plan.scalars.logic import condition
from sandbox.plan.types import Value, quote

_JOINABLE = (Kind.TEXT, Kind.INTEGER, Kind.DATE, Kind.TIMESTAMP, Kind.BOOLEAN, Kind.NUMBER)


def join(left: Relation, right: Relation, node: exp.Join, rows: Rows) -> Relation:
    """``left`` joined with one more relation.

    With C rows per unit on the left: a protected right side of bound C2 gives C·C2 (LEFT: C·max(1, C2)); a
    public one of fan-out f gives C·f (LEFT: C·max(1, f)); a public left side of fan-out f and a protected
    right side of bound C2 give C2·f.
    """
    scope, problems = rows.scope, rows.problems
    outer = str(node.args.get("side") or "") == "LEFT"
    names = ", ".join(one.alias for one in left.scans)
    if node.args.get("on") is None and not node.args.get("using"):
        problems.stop("comma_join", node, left=names, right=node.this.alias_or_name)
    if outer:
        right = optional(right, scope)
    conjuncts = _using(node, left, right, rows) if node.args.get("using") else _conjuncts(node.args["on"])
    if left.unit and right.unit:
        return _units(left, right, conjuncts, outer, node, rows)
    return _public(left, right, conjuncts, outer, node, rows)


Pair = tuple[Value, Value, exp.Expr]
"""Two sides of an equality, and where it stands."""


def _conjuncts(node: exp.Expr) -> list[exp.Expr | Pair]:
    parts: list[exp.Expr | Pair] = []
    stack = [node]
    while stack:
        part = stack.pop()
        while isinstance(part, exp.Paren):
            part = part.this
        if isinstance(part, exp.And):
            stack.extend((part.expression, part.this))
        else:
            parts.append(part)
    return parts


def _using(node: exp.Join, left: Relation, right: Relation, rows: Rows) -> list[exp.Expr | Pair]:
    """Equalities of USING; the left side's column stands for both from here on."""
    pairs: list[exp.Expr | Pair] = []
    for name in node.args["using"]:
        text = str(name.name)
        found = [value for one in left.scans if (value := value_of(one, text)) is not None]
        other = value_of(right.scans[0], text)
        if not found or other is None:
            rows.problems.stop("unknown_column", name, name=text, help="USING names a column of both sides")
        if len(found) > 1 and text.lower() not in rows.scope.merged:
            rows.problems.stop("ambiguous_column", name, name=text, help="ON with both tables named")
        first = rows.scope.merged.get(text.lower(), found[0])
        rows.scope.merged[text.lower()] = first
        pairs.append((first, other, name))
    return pairs


def _sides(part: exp.Expr | Pair, rows: Rows) -> Pair | None:
    """The two plain sides of an equality conjunct, or None."""
    if isinstance(part, tuple):
        return part
    if not isinstance(part, exp.EQ):
        return None
    if not (isinstance(part.this, exp.Column) and isinstance(part.expression, exp.Column)):
        return None
    return rows.scope.column(part.this), rows.scope.column(part.expression), part


def _units(
    left: Relation,
    right: Relation,
    parts: list[exp.Expr | Pair],
    outer: bool,
    node: exp.Join,
    rows: Rows,
) -> Relation:
    """Two protected sides: the unit conjunct is ours, whatever else the statement asks."""
    named = False
    same: list[str] = []
    extra: list[exp.Expr | Pair] = []
    for part in parts:
        pair = _sides(part, rows)
        if pair is not None and (pair[0].unit or pair[1].unit):
            named = _unit_pair(pair, right, rows) or named
            same.append(f"{pair[0].sql} = {pair[1].sql}")  # narrower than ours where a side is optional
        else:
            extra.append(part)
    if not named:
        names = f"{left.scans[0].alias}.{left.scans[0].table.unit or 'unit'}"
        help_ = f"{names} = {right.scans[0].alias}.{right.scans[0].table.unit}"
        rows.problems.stop("join_needs_unit", node, help=help_)
    ours = f"{left.unit} = {right.unit}"
    mirrored = f"{right.unit} = {left.unit}"
    conditions = [ours, *(text for text in same if text not in (ours, mirrored))]
    conditions += [_condition(part, rows) for part in extra]
    bound = left.bound * (max(1, right.bound) if outer else right.bound)
    return _joined(left, right, conditions, outer, bound, left.unit, ())


def _unit_pair(pair: Pair, right: Relation, rows: Rows) -> bool:
    """Whether an equality says that both sides' units are one."""
    one, two, where = pair
    if not (one.unit and two.unit):
        rows.problems.stop("unit_misused", where, name=one.unit or two.unit)
    return (one.sql == right.unit) != (two.sql == right.unit)


def _public(
    left: Relation,
    right: Relation,
    parts: list[exp.Expr | Pair],
    outer: bool,
    node: exp.Join,
    rows: Rows,
) -> Relation:
    """One side at least is public: an equality with one of its columns bounds the fan-out."""
    protected_right = bool(right.unit)
    if protected_right and (outer or len(left.scans) > 1):
        what = (
            "a public table LEFT JOIN a protected one"
            if outer
            else "several public tables before a protected one"
        )
        rows.problems.stop("join_not_supported", node, what=what, help="start FROM with the protected table")
    side = left.scans[0] if protected_right else right.scans[0]
    keys, conditions = [], []
    for part in parts:
        pair = _sides(part, rows)
        if pair is not None:
            key = _key(pair, side)
            keys += [key] if key else []
        conditions.append(_condition(part, rows))
    if not keys:
        rows.problems.stop("join_needs_key", node)
    facts = rows.scope.facts.public[side.table.name]
    fan_out = max(1, min(facts.multiplicity.get(key, facts.rows) for key in keys))
    bound = (left.bound or right.bound) * fan_out
    notes = (f"{side.alias}: up to {fan_out} rows match one row",) if bound else ()
    unit = left.unit or right.unit
    return _joined(left, right, conditions, outer, bound, unit, notes)


def _key(pair: Pair, side: Scan) -> str | None:
    """Column of the public side that an equality fixes, when equal means equal as stored.

    Both sides must be stored alike: a conversion could make different keys equal, and the multiplicity would
    no longer bound the matches.
    """
    for one, two in (pair[:2], pair[1::-1]):
        here = one.column is not None and one.sql == f"{side.name}.{quote(one.column[1])}"
        there = two.column is not None and f'{side.name}."' not in two.sql  # wherever it stands in a cast
        texts = one.kind is Kind.TEXT and two.kind is Kind.TEXT
        alike = (one.storage, one.scale) == (two.storage, two.scale) and one.storage != t.DOUBLE
        if here and there and (texts or alike) and one.column is not None:
            return one.column[1]
    return None


def _condition(part: exp.Expr | Pair, rows: Rows) -> str:
    """A further conjunct of ON, noted as a use of its columns for joining."""
    if isinstance(part, tuple):
        one, two, where = part
        if one.unit or two.unit:
            rows.problems.stop("unit_misused", where, name=one.unit or two.unit)
        value = compare(one, two, "=", (where, where), rows)
    else:
        where = part
        value = condition(part, rows, "ON")
    rows.use(value.reads | value.tests, Use.JOIN, where)
    return value.sql


def _joined(
    left: Relation,
    right: Relation,
    conditions: list[str],
    outer: bool,
    bound: int,
    unit: str,
    notes: tuple[str, ...],
) -> Relation:
    word = "LEFT JOIN" if outer else "JOIN"
    sql = f"{left.sql} {word} {right.sql} ON {' AND '.join(conditions)}"
    made = replace(left, sql=sql, bound=bound, unit=unit, scans=left.scans + right.scans)
    return replace(made, notes=left.notes + right.notes + notes)
