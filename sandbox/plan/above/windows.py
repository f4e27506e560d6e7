"""Window functions over released or public rows."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.aggregates.filtered import narrower
from sandbox.plan.clauses import Above, direction
from sandbox.plan.scalars import translate
from sandbox.plan.scalars.arithmetic import number
from sandbox.plan.types import Value, derive

_RANKS: dict[type[exp.Expr], str] = {
    exp.RowNumber: "row_number", exp.Rank: "rank", exp.DenseRank: "dense_rank",
}  # fmt: skip
_SHARES: dict[type[exp.Expr], str] = {exp.PercentRank: "percent_rank", exp.CumeDist: "cume_dist"}
_PICKS: dict[type[exp.Expr], str] = {
    exp.FirstValue: "first_value", exp.LastValue: "last_value", exp.Lag: "lag", exp.Lead: "lead",
}  # fmt: skip
_SIDES = ("PRECEDING", "FOLLOWING")
_PLACES = (" PRECEDING", "CURRENT ROW", " FOLLOWING")
"""Edges of a frame in their order."""
_ALONE = (*_RANKS, *_SHARES, *_PICKS, exp.Ntile)
"""What FILTER cannot stand behind."""
MAX_OFFSET = 1_000_000


def window(node: exp.Window, env: Above, noisy: bool) -> Value:
    """A window function; its value is measured where the rows or their order are."""
    if not env.windows:
        env.problems.stop("window_not_supported", node, help="stand it in a subquery of FROM")
    env = env.without_windows()
    made = _function(node.this, env)
    for name in ("alias", "first"):
        if node.args.get(name):
            env.problems.stop("construct_not_supported", node, what="this window")
    parts = []
    by = [translate(part, env) for part in node.args.get("partition_by") or ()]
    if by:
        parts.append("PARTITION BY " + ", ".join(t.as_text(value) for value in by))
    order = node.args.get("order")
    if order is not None:
        items = [(translate(part.this, env), part) for part in order.expressions]
        parts.append("ORDER BY " + ", ".join(t.as_text(value) + direction(part) for value, part in items))
    if node.args.get("spec"):
        parts.append(_frame(node.args["spec"], env))
    sql = f"{made.sql} OVER ({' '.join(parts)})"
    return replace(made, sql=f"({sql})", measured=noisy, nullable=True, expression=None, column=None)


def _function(node: exp.Expr, env: Above) -> Value:
    """The call without its window."""
    if isinstance(node, exp.Filter) and isinstance(node.this, exp.AggFunc) and type(node.this) not in _ALONE:
        node = narrower(node, env.problems)
    if type(node) in _RANKS:
        return Value(f"{_RANKS[type(node)]}()", Kind.INTEGER, t.BIGINT, integral=True)
    if type(node) in _SHARES:
        return Value(f"{_SHARES[type(node)]}()", Kind.NUMBER, t.DOUBLE)
    if isinstance(node, exp.Ntile):
        return Value(f"ntile({_count(node.this, env)})", Kind.INTEGER, t.BIGINT, integral=True)
    if type(node) in _PICKS:
        return _picked(node, env)
    if isinstance(node, exp.Count):
        if isinstance(node.this, exp.Star):
            return Value("count(*)", Kind.INTEGER, t.BIGINT, integral=True)
        if not isinstance(node.this, exp.Distinct):
            value = translate(node.this, env)
            return derive(f"count({value.sql})", Kind.INTEGER, t.BIGINT, value)
    if isinstance(node, (exp.Sum, exp.Avg)):
        value = number(node.this, env, node.key)
        finite = f"CASE WHEN isfinite({t.as_double(value)}) THEN {t.as_double(value)} END"
        made = derive(f"{node.key}({finite})", Kind.NUMBER, t.DOUBLE, value)
        return whole(made) if isinstance(node, exp.Sum) and value.integral else made
    if isinstance(node, (exp.Min, exp.Max)):
        value = translate(node.this, env)
        return _like(value, f"{node.key}({t.as_text(value)})")
    return env.problems.stop("function_not_allowed", node, what=f"{node.key} in a window")


def whole(total: Value) -> Value:
    """A sum of whole numbers, which is one too."""
    return replace(total, kind=Kind.INTEGER, integral=True)


def _picked(node: exp.Expr, env: Above) -> Value:
    value = translate(node.this, env)
    if node.args.get("default") is not None:
        env.problems.stop("construct_not_supported", node, what="a default of LAG and LEAD")
    offset = node.args.get("offset")
    more = f", {_count(offset, env)}" if offset is not None else ""
    return _like(value, f"{_PICKS[type(node)]}({t.as_text(value)}{more})")


def _like(value: Value, sql: str) -> Value:
    storage = t.VARCHAR if value.storage == t.ENUM else value.storage
    return replace(value, sql=sql, storage=storage, constant=None, enforced=None, narrows=(), expression=None)


def _count(node: exp.Expr | None, env: Above) -> int:
    """A small whole constant."""
    value = translate(node, env).constant if node is not None else None
    if not isinstance(value, Fraction) or value.denominator != 1 or not 1 <= value <= MAX_OFFSET:
        env.problems.stop("constant_needed", node, what="this function", example="LAG(n, 1)")
    return int(value)


def _frame(spec: exp.Expr, env: Above) -> str:
    """ROWS between constant offsets, or RANGE between what needs none."""
    kind = str(spec.args.get("kind") or "").upper()
    if kind not in ("ROWS", "RANGE") or spec.args.get("exclude"):
        env.problems.stop("construct_not_supported", spec, what="this window frame")
    start = _edge(spec.args.get("start"), str(spec.args.get("start_side") or ""), kind, spec, env)
    end = _edge(spec.args.get("end") or "CURRENT ROW", str(spec.args.get("end_side") or ""), kind, spec, env)
    first, last = (next(n for n, place in enumerate(_PLACES) if place in edge) for edge in (start, end))
    if first > last or start == "UNBOUNDED FOLLOWING" or end == "UNBOUNDED PRECEDING":
        env.problems.stop("construct_not_supported", spec, what="a window frame that ends before it starts")
    return f"{kind} BETWEEN {start} AND {end}"


def _edge(value: object, side: str, kind: str, spec: exp.Expr, env: Above) -> str:
    text = value.upper() if isinstance(value, str) else ""
    if text == "CURRENT ROW":
        return text
    if side.upper() in _SIDES and text == "UNBOUNDED":
        return f"UNBOUNDED {side.upper()}"
    if side.upper() in _SIDES and kind == "ROWS" and isinstance(value, exp.Expr):
        return f"{_count(value, env)} {side.upper()}"
    return env.problems.stop("construct_not_supported", spec, what="this window frame")
