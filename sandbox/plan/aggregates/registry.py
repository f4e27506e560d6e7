"""The registry of aggregates."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlglot import exp

from sandbox.nouns.plan import Expression, Op
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.boundary import Boundary
from sandbox.plan.names import readable
from sandbox.plan.types import Value

Translator = Callable[[exp.Expr, Boundary], Value]
REGISTRY: dict[type[exp.Expr], Translator] = {}
"""Node class → its translation."""
F = TypeVar("F", bound=Callable[..., Value])


def aggregate(*classes: type[exp.Expr]) -> Callable[[F], F]:
    """Register the translation of aggregates."""

    def register(function: F) -> F:
        for cls in classes:
            REGISTRY[cls] = function
        return function

    return register


def is_aggregate(node: exp.Expr) -> bool:
    """Whether the node itself is an aggregate of the dialect."""
    return type(node) in REGISTRY


def aggregate_value(node: exp.Expr, boundary: Boundary) -> Value:
    """The aggregate as a value over released columns; its measures join the boundary."""
    return REGISTRY[type(node)](node, boundary)


def released(name: str, integral: bool) -> Value:
    """A released measure, in natural units."""
    return Value(
        f'"{name}"', Kind.INTEGER if integral else Kind.NUMBER, t.DOUBLE,
        integral=integral, measured=True, expression=Expression(Op.MEASURE, name),
    )  # fmt: skip


def label_of(node: exp.Expr) -> str:
    """An expression as a person reads it; never executed."""
    text = readable(node)
    return text if len(text) <= 80 else text[:79] + "…"
