"""MODE(x): the public value that most rows have, picked by noisy max. It has no error bar."""

from __future__ import annotations

from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.plan import Choice, Expression, Op
from sandbox.nouns.policy import Use
from sandbox.plan import types as t
from sandbox.plan.aggregates.registry import aggregate, label_of
from sandbox.plan.boundary import Boundary
from sandbox.plan.scalars import translate
from sandbox.plan.scalars.registry import MAX_RENDERED
from sandbox.plan.types import Value

MAX_VALUES = 500
"""Public values that a mode chooses from."""


@aggregate(exp.Mode)
def mode(node: exp.Mode, boundary: Boundary) -> Value:
    """One row moves the score of one candidate by 1."""
    rows, part = boundary.rows, node.this
    value = translate(part, rows)
    rows.use_as_groups(value.reads, part)
    rows.use(value.tests, Use.FILTER, part)
    label = label_of(node)
    if not value.domain or len(value.domain) > MAX_VALUES:
        text = label_of(part)
        help_ = f"SELECT {text}, COUNT(*) AS n … GROUP BY {text} ORDER BY n DESC LIMIT 1"
        rows.problems.stop("candidates_missing", node, what=text, limit=MAX_VALUES, help=help_)
    values = [t.constant_sql(item, value.kind) for item in value.domain]
    tests = " ".join(f"WHEN {text} THEN {place}" for place, text in enumerate(values))
    item = f"CAST(CASE {value.sql} {tests} END AS BIGINT)"
    if len(item) > MAX_RENDERED:
        rows.problems.stop("statement_too_deep", node)
    choice = Choice(0, len(values), None)
    name = boundary.picked(item, label, choice, Fraction(1), node)
    boundary.note(f"{label}: one of {len(values)} public values")
    shown = " ".join(f"WHEN {t.double_sql(place)} THEN {text}" for place, text in enumerate(values))
    storage = t.VARCHAR if value.storage == t.ENUM else value.storage
    return Value(
        f'(CASE "{name}" {shown} END)', value.kind, storage, domain=value.domain,
        days=value.days, range=value.range, integral=value.integral, measured=True,
        expression=Expression(Op.OPAQUE),
    )  # fmt: skip
