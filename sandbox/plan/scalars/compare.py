"""Comparisons, BETWEEN, IN, EXISTS and LIKE."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.scalars.logic import truth
from sandbox.plan.scalars.registry import Environment, scalar, translate
from sandbox.plan.scalars.unify import unify
from sandbox.plan.types import Constant, Narrow, Value

MAX_IN = 2_000
MAX_WILDCARDS = 4
"""Matching costs grow with the wildcards; the bound keeps the cost of a row small."""

SIGNS: dict[type[exp.Expr], str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM", exp.NullSafeNEQ: "IS DISTINCT FROM",
}  # fmt: skip
_ORDERING = ("<", "<=", ">", ">=")
_MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}


@scalar(*SIGNS)
def _compare(node: exp.Expr, env: Environment) -> Value:
    sign = SIGNS[type(node)]
    left, right = translate(node.this, env), translate(node.args["expression"], env)
    return compare(left, right, sign, (node.this, node.args["expression"]), env)


def compare(
    left: Value, right: Value, sign: str, nodes: tuple[exp.Expr, exp.Expr], env: Environment
) -> Value:
    """``left sign right`` in one common type."""
    if sign not in _ORDERING:
        check_domain(left, right, nodes[1], env)
        check_domain(right, left, nodes[0], env)
    _, _, _, (one, two) = unify([left, right], list(nodes), env)
    made = truth(f"({_side(left, right, one, sign)} {sign} {_side(right, left, two, sign)})", left, right)
    if sign.startswith("IS"):
        return replace(made, nullable=False)
    found = _narrows(left, two, sign) or _narrows(right, one, _MIRROR.get(sign, ""))
    return replace(made, narrows=found)


def _side(value: Value, other: Value, unified: Value, sign: str) -> str:
    """An ENUM beside a declared value is compared as stored; order and all else is that of the texts."""
    if sign in ("=", "<>") and value.storage == t.ENUM and isinstance(other.constant, str):
        return value.sql
    return unified.sql


def check_domain(column: Value, other: Value, node: exp.Expr, env: Environment) -> None:
    """Refuse a text literal that is not among the declared values: public, mostly a typing slip."""
    if (
        column.storage == t.ENUM
        and isinstance(other.constant, str)
        and other.constant not in (column.domain or ())
    ):
        shown = ", ".join(str(value) for value in (column.domain or ())[:20])
        name = column.column[1] if column.column else "the column"
        env.problems.stop(
            "value_not_in_domain", node, value=repr(other.constant[:60]), column=name, help=shown
        )


def _narrows(column: Value, other: Value, sign: str) -> tuple[Narrow, ...]:
    """What a comparison with a literal says about a column as it stands."""
    if not column.reference or other.constant is None:
        return ()
    value = other.constant
    if not _listable(value, column):
        return (Narrow(column.sql),) if sign else ()
    if sign == "=":
        return (Narrow(column.sql, frozenset({value}), value, value),)
    if sign in ("<", "<="):
        return (Narrow(column.sql, hi=_step(value, column, -1) if sign == "<" else value),)
    if sign in (">", ">="):
        return (Narrow(column.sql, lo=_step(value, column, 1) if sign == ">" else value),)
    return (Narrow(column.sql),) if sign == "<>" else ()


def _listable(value: Constant, column: Value) -> bool:
    """Whether a literal is a value as the column stores them, so that it can narrow the column's values."""
    if column.kind is Kind.INTEGER:
        return isinstance(value, Fraction) and t.bigint_sql(value) is not None
    wanted = {Kind.TEXT: str, Kind.NUMBER: Fraction, Kind.DATE: dt.date, Kind.BOOLEAN: bool}
    return column.kind is not None and type(value) is wanted.get(column.kind)


def _step(value: Constant, column: Value, step: int) -> Constant:
    """The next possible value after a strict comparison, for whole numbers and days."""
    if column.kind is Kind.INTEGER and isinstance(value, Fraction) and value.denominator == 1:
        return value + step
    if column.kind is Kind.DATE and type(value) is dt.date and dt.date.min < value < dt.date.max:
        return value + dt.timedelta(days=step)
    return value


@scalar(exp.Between)
def _between(node: exp.Between, env: Environment) -> Value:
    value = translate(node.this, env)
    low, high = translate(node.args["low"], env), translate(node.args["high"], env)
    at_least = compare(value, low, ">=", (node.this, node.args["low"]), env)
    at_most = compare(value, high, "<=", (node.this, node.args["high"]), env)
    made = truth(f"({at_least.sql} AND {at_most.sql})", at_least, at_most)
    return replace(made, narrows=at_least.narrows + at_most.narrows)


@scalar(exp.In)
def _in(node: exp.In, env: Environment) -> Value:
    if node.args.get("query") is not None:
        return env.subquery(node)
    items = node.expressions
    if not items or len(items) > MAX_IN:
        env.problems.stop(
            "argument_count", node, what="IN", wanted=f"1 to {MAX_IN}", example="x IN ('A', 'B')"
        )
    value = translate(node.this, env)
    others = [translate(item, env) for item in items]
    for item, other in zip(items, others, strict=True):
        if other.constant is None and not other.null:
            env.problems.stop("constant_needed", item, what="IN", example="x IN ('A', 'B')")
        check_domain(value, other, item, env)
    _, _, _, unified = unify([value, *others], [node.this, *items], env)
    stored = value.storage == t.ENUM
    left = value.sql if stored else unified[0].sql
    made = truth(f"({left} IN ({', '.join(other.sql for other in unified[1:])}))", value, *others)
    if not value.reference:
        return made
    values = [other.constant for other in unified[1:] if other.constant is not None]
    listed = all(_listable(item, value) for item in values)
    return replace(made, narrows=(Narrow(value.sql, frozenset(values) if listed else None),))


@scalar(exp.Exists, exp.Subquery)
def _subquery(node: exp.Expr, env: Environment) -> Value:
    return env.subquery(node)


@scalar(exp.Like)
def _like(node: exp.Like, env: Environment) -> Value:
    return _match(node, "", env)


@scalar(exp.Escape)
def _escape(node: exp.Escape, env: Environment) -> Value:
    like, mark = node.this, node.expression
    text = str(mark.this) if isinstance(mark, exp.Literal) else ""
    if not isinstance(like, exp.Like) or len(text.encode()) != 1:  # the engine counts bytes, row by row
        env.problems.stop("pattern_invalid", node, why="ESCAPE takes one constant ASCII character")
    return _match(like, text, env)


def _match(like: exp.Like, mark: str, env: Environment) -> Value:
    left, right = like.this, like.expression
    value, pattern = translate(left, env), translate(right, env)
    if value.kind is not Kind.TEXT:
        found = value.kind.value if value.kind else "NULL"
        env.problems.stop("type_wrong", left, what="LIKE", wanted="a text", found=found)
    text = pattern.constant
    if not isinstance(text, str):
        env.problems.stop("pattern_invalid", right, why="it is not constant")
    if not well_formed(text, mark):
        env.problems.stop("pattern_invalid", right, why="it ends in, or misuses, the escape character")
    if text.count("%") > MAX_WILDCARDS:
        env.problems.stop("pattern_invalid", right, why=f"it has more than {MAX_WILDCARDS} wildcards %")
    escape = f" ESCAPE {t.text_sql(mark)}" if mark else ""
    word = "NOT LIKE" if like.args.get("negate") else "LIKE"
    return truth(f"({t.as_text(value)} {word} {t.text_sql(text)}{escape})", value)


def well_formed(pattern: str, mark: str) -> bool:
    """Whether each escape character is followed by one that it escapes (the engine raises otherwise)."""
    if mark in ("%", "_"):
        return False
    position = 0
    while mark and (position := pattern.find(mark, position)) >= 0:
        if pattern[position + 1 : position + 2] not in ("%", "_", mark) or position + 1 >= len(pattern):
            return False
        position += 2
    return True
