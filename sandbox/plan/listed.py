"""Keys that the developer lists: a public grid for a grouping whose values the policy does not declare.

Rows of other values are filtered out, so a listed key holds nothing but listed values, and every listed value
is a cell with its own noise, whether a row has it or not.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.keys import Listed
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.boundary import Boundary, Key
from sandbox.plan.clauses import aliases_of
from sandbox.plan.refusals import Problems
from sandbox.plan.scalars.literals import EXAMPLES, parse_constant
from sandbox.plan.types import Constant, Value, constant_sql


@dataclass
class Listing:
    """Listed values by name, and which names an item of GROUP BY took up."""

    values: Listed
    root: exp.Query
    problems: Problems
    taken: set[str] = field(default_factory=set)

    def of(self, node: exp.Expr, key: Key) -> tuple[Constant | None, ...] | None:
        """The values listed for an item: under its text, its column or its output name."""
        names = {key.column.label.lower(), node.name.lower() if isinstance(node, exp.Column) else ""}
        names |= {name for name, item in self._aliases().items() if item is node or item == node}
        for name, values in self.values.items():
            if name.lower() in names:
                self.taken.add(name)
                return tuple(self._constant(value, key.value, node) for value in values)
        return None

    def _aliases(self) -> dict[str, exp.Expr]:
        return aliases_of(self.root) if isinstance(self.root, exp.Select) else {}

    def check(self) -> None:
        """Note every name that no item has."""
        for name in self.values:
            if name not in self.taken:
                self.problems.add("keys_unknown", self.root.args.get("group"), name=name)

    def _constant(self, value: str | bool | None, key: Value, node: exp.Expr) -> Constant | None:
        if value is None:
            return None
        kind = key.kind or Kind.TEXT
        found = parse_constant(value, kind) if isinstance(value, str) else value
        if isinstance(found, bool) != (kind is Kind.BOOLEAN):
            found = None
        if isinstance(found, Fraction) and kind is Kind.INTEGER and abs(found) > t.INT64:
            found = None
        if found is None:
            shown = repr(value)[:60]
            self.problems.stop("literal_invalid", node, value=shown, type=kind.value, example=EXAMPLES[kind])
        if key.domain is not None and found not in key.domain:
            self.problems.stop(
                "value_not_in_domain", node, value=repr(value)[:60], column=node.sql(dialect="duckdb"),
                help=", ".join(str(item) for item in key.domain[:20]),
            )  # fmt: skip
        return found


def listed(key: Key, values: tuple[Constant | None, ...], released: tuple[object, ...]) -> Key:
    """The key with a listed domain."""
    return replace(key, column=replace(key.column, domain=released), only=_only(key, values))


def _only(key: Key, values: tuple[Constant | None, ...]) -> str:
    """Rows of listed values alone."""
    known = ", ".join(constant_sql(value, key.value.kind) for value in values if value is not None)
    parts = [f"{key.sql} IN ({known})"] if known else []
    return " OR ".join([*parts, *([f"{key.sql} IS NULL"] if None in values else [])])


def narrow(boundary: Boundary, key: Key) -> None:
    """Filter the boundary's rows to the listed values of a key."""
    if not key.only:
        return
    boundary.where = f"({boundary.where}) AND ({key.only})" if boundary.where else f"({key.only})"
    boundary.filtered |= key.value.reads | key.value.tests
