"""The registry of scalar families, and what a family may ask of the place an expression stands in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from sqlglot import exp

from sandbox.plan.refusals import Problems
from sandbox.plan.types import Value

if TYPE_CHECKING:
    from sandbox.plan.above.reading import Reading
    from sandbox.plan.rows import Rows


class Environment(Protocol):
    """Where an expression stands: over rows of FROM, or over released values."""

    problems: Problems

    @property
    def released(self) -> bool:
        """Whether it stands over what a boundary released, so that no row is looked at."""
        ...

    @property
    def rows(self) -> Rows:
        """The rows below, or these rows."""
        ...

    @property
    def reading(self) -> Reading:
        """What the SQL around the expression reads besides protected tables."""
        ...

    def column(self, node: exp.Column) -> Value:
        """What a column name means here."""
        ...

    def known(self, node: exp.Expr, /) -> Value | None:
        """The whole expression, if this place already knows it (an aggregate, a key), else None."""
        ...

    def subquery(self, node: exp.Expr, /) -> Value:
        """EXISTS, IN over a subquery, or a scalar subquery, where this place takes one."""
        ...

    def window(self, node: exp.Window, /) -> Value:
        """A window function, where this place takes one."""
        ...


Translator = Callable[[exp.Expr, Environment], Value]
REGISTRY: dict[type[exp.Expr], Translator] = {}
"""Node class → its translation."""
MAX_RENDERED = 40_000
"""Characters of one rendered expression: clamps nested in clamps repeat their inside."""
F = TypeVar("F", bound=Callable[..., Value])


def scalar(*classes: type[exp.Expr]) -> Callable[[F], F]:
    """Register a translation for node classes; each class has exactly one."""

    def register(function: F) -> F:
        for cls in classes:
            if cls in REGISTRY:
                raise ValueError(f"{cls.__name__} has a translation already")
            REGISTRY[cls] = function
        return function

    return register


def translate(node: exp.Expr, env: Environment) -> Value:
    """A node as a typed, total value.

    Raises:
        Stopped: the problem is noted with ``env.problems``.
    """
    known = env.known(node)
    if known is None and isinstance(node, exp.Paren):
        return translate(node.this, env)
    value = known or _translated(node, env)
    if not env.released:
        env.rows.statement.work.note(node, value, env.rows.scope)
    return value


def _translated(node: exp.Expr, env: Environment) -> Value:
    if isinstance(node, exp.Column):
        value = env.column(node)
        if value.unit:
            env.problems.stop("unit_misused", node, name=node.name)
        return value
    if isinstance(node, exp.Window):
        return env.window(node)
    if isinstance(node, exp.AggFunc):
        env.problems.stop("aggregate_misplaced", node)
    translator = REGISTRY.get(type(node))
    if translator is None:
        env.problems.stop("construct_not_supported", node, what=node.key.upper())
    value = translator(node, env)
    env.rows.statement.texts.note(node, value, env.rows.scope)
    if len(value.sql) > MAX_RENDERED:
        env.problems.stop("statement_too_deep", node)
    return value
