"""CASE, IF, COALESCE, NULLIF, GREATEST, LEAST and clamp()."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.scalars.arithmetic import number
from sandbox.plan.scalars.compare import compare
from sandbox.plan.scalars.logic import condition
from sandbox.plan.scalars.registry import Environment, scalar, translate
from sandbox.plan.scalars.unify import unify
from sandbox.plan.types import Range, Value, as_double, derive

MAX_BRANCHES = 200


@scalar(exp.Case)
def _case(node: exp.Case, env: Environment) -> Value:
    branches = node.args.get("ifs") or []
    if len(branches) > MAX_BRANCHES:
        env.problems.stop(
            "argument_count", node, what="CASE", wanted=f"up to {MAX_BRANCHES}", example="fewer WHEN"
        )
    subject = node.args.get("this")
    conditions = [_when(subject, branch.this, env) for branch in branches]
    nodes = [branch.args["true"] for branch in branches]
    default = node.args.get("default")
    return choose(conditions, nodes + ([default] if default is not None else []), env)


def _when(subject: exp.Expr | None, node: exp.Expr, env: Environment) -> Value:
    if subject is None:
        return condition(node, env, "WHEN")
    return compare(translate(subject, env), translate(node, env), "=", (subject, node), env)


@scalar(exp.If)
def _if(node: exp.If, env: Environment) -> Value:
    default = node.args.get("false")
    results = [node.args["true"]] + ([default] if default is not None else [])
    return choose([condition(node.this, env, "IF")], results, env)


def choose(conditions: list[Value], nodes: list[exp.Expr], env: Environment) -> Value:
    """``CASE WHEN … THEN … [ELSE …] END`` over branches of one type; a last one without test is ELSE."""
    values = [translate(node, env) for node in nodes]
    kind, storage, scale, unified = unify(values, nodes, env)
    parts = [f"WHEN {test.sql} THEN {value.sql}" for test, value in zip(conditions, unified, strict=False)]
    otherwise = len(unified) > len(conditions)
    if otherwise:
        parts.append(f"ELSE {unified[-1].sql}")
    made = merged(f"(CASE {' '.join(parts)} END)", kind, storage, scale, unified)
    return replace(
        made,
        nullable=made.nullable or not otherwise,
        tests=made.tests | t.carried(*conditions) | t.decided(*conditions),
        measured=made.measured or any(test.measured for test in conditions),
    )


def merged(sql: str, kind: Kind | None, storage: str, scale: int, values: list[Value]) -> Value:
    """A value that is always one of ``values``."""
    solid = [value for value in values if not value.null]
    made = derive(sql, kind, storage, *values, range=t.OPEN)
    if not solid:
        return replace(made, nullable=True)
    found = solid[0].range
    for value in solid[1:]:
        found = found.hull(value.range)
    domains = [value.domain for value in solid]
    domain = None
    if all(values is not None for values in domains):
        domain = tuple(dict.fromkeys(item for values in domains for item in values or ()))
    days = [value.days for value in solid]
    both = None
    if all(days):
        both = (min(pair[0] for pair in days if pair), max(pair[1] for pair in days if pair))
    return replace(
        made, scale=scale, range=found, domain=domain, days=both,
        integral=all(value.integral for value in solid),
        nullable=any(value.nullable or value.null for value in values),
    )  # fmt: skip


@scalar(exp.Coalesce)
def _coalesce(node: exp.Coalesce, env: Environment) -> Value:
    nodes = [node.this, *node.expressions]
    kind, storage, scale, unified = unify([translate(part, env) for part in nodes], nodes, env)
    made = merged(f"COALESCE({', '.join(v.sql for v in unified)})", kind, storage, scale, unified)
    return replace(made, nullable=all(value.nullable or value.null for value in unified))


@scalar(exp.Nullif)
def _nullif(node: exp.Nullif, env: Environment) -> Value:
    nodes = (node.this, node.expression)
    left, right = (translate(part, env) for part in nodes)
    equal = compare(left, right, "=", nodes, env)
    kept = replace(left, sql=t.as_text(left), storage=t.VARCHAR) if left.storage == t.ENUM else left
    made = replace(kept, column=None, constant=None, enforced=None, expression=None, narrows=())
    return replace(
        made, sql=f"(CASE WHEN {equal.sql} THEN NULL ELSE {kept.sql} END)", nullable=True,
        tests=left.tests | right.tests | right.reads, measured=left.measured or right.measured,
    )  # fmt: skip


@scalar(exp.Greatest, exp.Least)
def _extreme(node: exp.Expr, env: Environment) -> Value:
    """The engine skips NULL arguments, so only never-NULL arguments bound the result from inside."""
    name = "GREATEST" if isinstance(node, exp.Greatest) else "LEAST"
    nodes = [node.this, *node.args.get("expressions", [])]
    kind, storage, scale, unified = unify([translate(part, env) for part in nodes], nodes, env)
    made = merged(f"{name}({', '.join(v.sql for v in unified)})", kind, storage, scale, unified)
    solid = [value for value in unified if not value.null]
    sure = [value.range for value in solid if not value.nullable]
    found = made.range
    if name == "GREATEST" and sure:
        found = Range(max((r.lo for r in sure if r.lo is not None), default=found.lo), found.hi)
    if name == "LEAST" and sure:
        found = Range(found.lo, min((r.hi for r in sure if r.hi is not None), default=found.hi))
    return replace(made, range=found, nullable=all(v.nullable or v.null for v in unified))


def clamp(node: exp.Anonymous, env: Environment) -> Value:
    """``clamp(x, lo, hi)`` with constant bounds; NULL stays NULL."""
    arguments = node.expressions
    if len(arguments) != 3:
        env.problems.stop("argument_count", node, what="clamp", wanted=3, example="clamp(x, 0, 100)")
    value = number(arguments[0], env, "clamp")
    lo, hi = (number(part, env, "clamp").constant for part in arguments[1:])
    if not isinstance(lo, Fraction) or not isinstance(hi, Fraction):
        env.problems.stop("constant_needed", arguments[1], what="clamp", example="clamp(x, 0, 100)")
    if lo > hi:
        env.problems.stop("bounds_invalid", node, what="clamp")
    return clamped(value, Range(lo, hi))


def clamped(value: Value, bounds: Range) -> Value:
    """A value with a rendered clamp: exact where the bounds lie on its grid, in DOUBLE otherwise."""
    lo, hi = bounds.ends
    if value.storage == t.BIGINT:
        low, high, sql = t.bigint_sql(lo), t.bigint_sql(hi), value.sql
    elif value.storage == t.DECIMAL:
        low, high, sql = t.decimal_sql(lo, value.scale), t.decimal_sql(hi, value.scale), value.sql
    else:
        low = high = None
        sql = as_double(value)
    storage, kind = value.storage, value.kind
    if low is None or high is None:
        low, high, sql, storage = t.double_sql(lo), t.double_sql(hi), as_double(value), t.DOUBLE
        kind = Kind.INTEGER if value.integral and lo.denominator == hi.denominator == 1 else Kind.NUMBER
    text = f"(CASE WHEN {sql} < {low} THEN {low} WHEN {sql} > {high} THEN {high} ELSE {sql} END)"
    return replace(
        value, sql=text, kind=kind, storage=storage, scale=value.scale if storage == t.DECIMAL else 0,
        range=_inside(value.range, bounds), enforced=bounds, column=None, constant=None, domain=None,
        integral=value.integral and lo.denominator == hi.denominator == 1, narrows=(), expression=None,
    )  # fmt: skip


def _inside(found: Range, bounds: Range) -> Range:
    """Where the clamped value lies; both ranges hold, so the narrower ends do (inside the bounds)."""
    lo, hi = bounds.ends
    low = lo if found.lo is None else min(max(found.lo, lo), hi)
    high = hi if found.hi is None else max(min(found.hi, hi), lo)
    return Range(low, high)
