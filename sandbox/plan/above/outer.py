"""Expressions above one boundary: its aggregates and keys as released values, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlglot import exp

from sandbox.nouns.plan import Expression, Op
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.above.lookups import Lookups, scalar
from sandbox.plan.above.matches import match
from sandbox.plan.above.reading import Reading
from sandbox.plan.above.windows import window
from sandbox.plan.aggregates import aggregate_value, is_aggregate
from sandbox.plan.boundary import Boundary, Key
from sandbox.plan.names import Scope
from sandbox.plan.refusals import Problems, Stopped
from sandbox.plan.rows import Rows
from sandbox.plan.scalars import translate
from sandbox.plan.types import Value


@dataclass
class Outer:
    """Expressions above the boundary: aggregates, keys, literals, and what follows from them."""

    boundary: Boundary
    problems: Problems
    number: int
    """Of the boundary."""
    aliases: dict[str, exp.Expr] = field(default_factory=dict)
    """Output names that ORDER BY and HAVING may use."""
    absent: Sequence[exp.Expr] = ()
    """Keys of other grouping sets."""

    reading: Reading = field(default_factory=Reading)
    """What the SQL over released values reads."""
    windows: bool = True
    """Whether window functions may stand here."""
    lookups: Lookups = field(init=False)

    def __post_init__(self) -> None:
        apart = self.rows.apart(Scope(self.rows.scope.facts, self.problems))
        self.lookups = Lookups(replace(apart, reading=self.reading))
        self.reading.stages.add(self.number)
        self.reading.noisy = True

    @property
    def released(self) -> bool:
        """Groups are measured."""
        return True

    @property
    def rows(self) -> Rows:
        """The rows below."""
        return self.boundary.rows

    def all_columns(self, node: exp.Expr, /) -> list[tuple[str, Value]]:
        """Rows of units are never shown whole."""
        self.problems.stop("star_not_supported", node)

    def known(self, node: exp.Expr, /) -> Value | None:
        """An aggregate as its released value, a grouping expression as its key."""
        if is_aggregate(node):
            own = [node]
            while isinstance(own[-1], (exp.Filter, exp.WithinGroup)):
                own.append(own[-1].this)
            walk = node.walk(prune=lambda part: isinstance(part, exp.Query))
            inner = (part for part in walk if all(part is not one for one in own))
            if any(is_aggregate(part) for part in inner):
                self.problems.stop("aggregate_nested", node)
            return aggregate_value(node, self.boundary)
        if isinstance(node, exp.AggFunc):
            self.problems.stop("not_yet", node, what=node.key.upper())
        if (
            not self.boundary.keys
            or isinstance(node, (exp.Literal, exp.Subquery))
            or any(is_aggregate(p) or isinstance(p, exp.Query) for p in node.walk())
        ):
            return None
        value = self.rows.quietly(node)
        if value is None or value.unit:
            return None
        return next((key_value(key) for key in self.boundary.keys if key.value.sql == value.sql), None)

    def plain(self) -> Outer:
        """The same place without output names."""
        return self._with(aliases={})

    def without_windows(self) -> Outer:
        """The same place in HAVING, or within a window function."""
        return self._with(windows=False)

    def _with(self, **changes: Any) -> Outer:
        made = replace(self, **changes)
        made.lookups = self.lookups
        return made

    def window(self, node: exp.Window, /) -> Value:
        """A window function over public rows."""
        return window(node, self, noisy=True)

    def subquery(self, node: exp.Expr, /) -> Value:
        """A value or a match, of all or of each group: measured first, or exact over public tables."""
        return match(node, self) if isinstance(node, (exp.Exists, exp.In)) else scalar(node, self)

    def key(self, node: exp.Column, /) -> Value:
        """A column that the groups are told by."""
        return translate(node, self.plain())

    def column(self, node: exp.Column) -> Value:
        """A name that is no key: an output alias, or a row's column, which is never shown."""
        alias = self.aliases.get(node.name.lower()) if not node.table else None
        if alias is not None:
            return translate(alias, self.plain())
        value = self.boundary.rows.scope.column(node)
        if value.unit:
            self.problems.stop("unit_in_output", node, name=node.name)
        help_ = f"COUNT({node.name})" if not value.numeric else f"AVG({node.name})"
        self.problems.add("row_level_output", node, name=node.name, help=help_)
        raise Stopped


def key_value(key: Key) -> Value:
    """A key column of the released table."""
    kind = key.column.type
    storage = {
        Kind.TEXT: t.VARCHAR, Kind.INTEGER: t.BIGINT, Kind.NUMBER: t.DOUBLE, Kind.DATE: t.DATE,
        Kind.TIMESTAMP: t.TIMESTAMP, Kind.BOOLEAN: t.BOOLEAN,
    }[kind]  # fmt: skip
    return Value(
        f'"{key.column.name}"', kind, storage, range=key.value.range, integral=kind is Kind.INTEGER,
        expression=Expression(Op.KEY, key.column.name), growth=key.value.growth,
    )  # fmt: skip
