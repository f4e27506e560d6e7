"""width_bucket(x, lo, hi, n) and width_bucket(x, [a, b, …]), as in PostgreSQL: a histogram's keys.

Buckets are public by their making: 0 below, 1 … n in even widths, n + 1 from ``hi`` on; or, for edges, how
many of them are at most x. NULL where x is unknown, NaN or infinite.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.scalars.arithmetic import number
from sandbox.plan.scalars.registry import Environment, scalar
from sandbox.plan.types import Range, Value, as_double, derive

MAX_BUCKETS = 1_000
MAX_EDGES = 200
_EXAMPLE = "width_bucket(x, 0, 100, 10), or width_bucket(x, [0, 18, 65])"


@scalar(exp.WidthBucket)
def width_bucket(node: exp.WidthBucket, env: Environment) -> Value:
    """The number of the bucket that x is in."""
    value = number(node.this, env, "width_bucket")
    edges = node.args.get("min_value")
    if isinstance(edges, exp.Array):
        return _edged(value, edges, node, env)
    names = ("min_value", "max_value", "num_buckets")
    lo, hi, count = (_constant(node.args.get(name), node, env) for name in names)
    if not (lo < hi and count.denominator == 1 and 1 <= count <= MAX_BUCKETS):
        env.problems.stop("constant_needed", node, what="width_bucket", example=_EXAMPLE)
    x, low, high, n = as_double(value), t.double_sql(lo), t.double_sql(hi), int(count)
    width = t.double_sql(Fraction(float(hi) - float(lo)))
    even = f"least(floor(({x} - {low}) * {t.double_sql(n)} / {width}) + 1e0, {t.double_sql(n)})"
    sql = f"CASE WHEN {x} < {low} THEN 0e0 WHEN {x} >= {high} THEN {t.double_sql(n + 1)} ELSE {even} END"
    return _made(sql, value, [_even(end, float(lo), float(hi), n) for end in value.range.closed or ()], n + 1)


def _even(x: Fraction, lo: float, hi: float, count: int) -> int:
    """The same arithmetic in the same floats as the rendered one, which does not fall as x grows."""
    if float(x) < lo:
        return 0
    if float(x) >= hi:
        return count + 1
    return min(math.floor((float(x) - lo) * float(count) / (hi - lo)) + 1, count)


def _edged(value: Value, edges: exp.Array, node: exp.Expr, env: Environment) -> Value:
    found = [_constant(edge, node, env) for edge in edges.expressions]
    if not 1 <= len(found) <= MAX_EDGES or any(a >= b for a, b in pairwise(found)):
        env.problems.stop("constant_needed", node, what="width_bucket", example=_EXAMPLE)
    if any(node.args.get(name) is not None for name in ("max_value", "num_buckets")):
        env.problems.stop("argument_count", node, what="width_bucket", wanted="2 or 4", example=_EXAMPLE)
    x = as_double(value)
    tests = [f"WHEN {x} < {t.double_sql(edge)} THEN {t.double_sql(n)}" for n, edge in enumerate(found)]
    sql = f"CASE {' '.join(tests)} ELSE {t.double_sql(len(found))} END"
    ends = [sum(float(edge) <= float(end) for edge in found) for end in value.range.closed or ()]
    return _made(sql, value, ends, len(found))


def _constant(node: exp.Expr | None, whole: exp.Expr, env: Environment) -> Fraction:
    found = number(node, env, "width_bucket").constant if node is not None else None
    if not isinstance(found, Fraction):
        env.problems.stop("constant_needed", whole, what="width_bucket", example=_EXAMPLE)
    return found


def _made(sql: str, value: Value, ends: list[int], most: int) -> Value:
    """The bucket as a whole number whose public values follow from the bounds of x; they are enforced."""
    first, last = (min(ends), max(ends)) if ends else (0, most)
    x = as_double(value)
    kept = f"greatest(least({sql}, {t.double_sql(last)}), {t.double_sql(first)})"
    text = f"CASE WHEN isfinite({x}) THEN CAST({kept} AS BIGINT) END"
    made = derive(f"({text})", Kind.INTEGER, t.BIGINT, value, range=Range(Fraction(first), Fraction(last)))
    domain = tuple(Fraction(n) for n in range(first, last + 1))
    return replace(made, integral=True, nullable=True, domain=domain)
