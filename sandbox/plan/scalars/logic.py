"""AND, OR, NOT, IS: SQL's three-valued logic."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.scalars.registry import Environment, scalar, translate
from sandbox.plan.types import Narrow, Value, derive

TRUTHS = (False, True)


def condition(node: exp.Expr, env: Environment, what: str = "a condition") -> Value:
    """A translated node that must be BOOLEAN (or NULL)."""
    value = translate(node, env)
    if value.kind not in (Kind.BOOLEAN, None):
        found = value.kind.value if value.kind else "NULL"
        env.problems.stop("type_wrong", node, what=what, wanted="a boolean", found=found)
    return value


def truth(sql: str, *sources: Value) -> Value:
    """A BOOLEAN computed from other values."""
    return replace(derive(sql, Kind.BOOLEAN, t.BOOLEAN, *sources), domain=TRUTHS)


@scalar(exp.And, exp.Or)
def _connect(node: exp.Connector, env: Environment) -> Value:
    word = "AND" if isinstance(node, exp.And) else "OR"
    parts = [condition(part, env, word) for part in _chain(node)]
    made = truth("(" + f" {word} ".join(part.sql for part in parts) + ")", *parts)
    if word == "AND":
        return replace(made, narrows=tuple(narrow for part in parts for narrow in part.narrows))
    return made


def _chain(node: exp.Connector) -> list[exp.Expr]:
    """Operands of a chain of one connector, left to right, without recursion."""
    parts: list[exp.Expr] = []
    stack: list[exp.Expr] = [node]
    while stack:
        part = stack.pop()
        while isinstance(part, exp.Paren) and isinstance(part.this, type(node)):
            part = part.this
        if type(part) is type(node):
            stack.extend((part.args["expression"], part.this))
        else:
            parts.append(part)
    return parts


@scalar(exp.Not)
def _not(node: exp.Not, env: Environment) -> Value:
    inner = node.this
    if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
        value = translate(inner.this, env)
        narrows = (Narrow(value.sql),) if value.reference else ()
        return replace(truth(f"({value.sql} IS NOT NULL)", value), nullable=False, narrows=narrows)
    value = condition(inner, env, "NOT")
    return truth(f"(NOT {value.sql})", value)


@scalar(exp.Is)
def _is(node: exp.Is, env: Environment) -> Value:
    right = node.expression
    negated = isinstance(right, exp.Not)
    right = right.this if negated else right
    word = "IS NOT" if negated else "IS"
    if isinstance(right, exp.Null):
        value = translate(node.this, env)
        narrows = (Narrow(value.sql),) if value.reference and negated else ()
        return replace(truth(f"({value.sql} {word} NULL)", value), nullable=False, narrows=narrows)
    if not isinstance(right, exp.Boolean):
        env.problems.stop("construct_not_supported", node, what="this IS")
    value = condition(node.this, env, "IS")
    word = f"{word} {'TRUE' if right.this else 'FALSE'}"
    return replace(truth(f"({value.sql} {word})", value), nullable=False)
