"""Values of released or public rows that a SELECT finds by its keys: correlated scalar subqueries above.

``SELECT k, (SELECT COUNT(*) FROM t WHERE t.k = s.k) FROM s GROUP BY k`` measures t for every k at once, as a
statement of its own, and joins what both released: ``LEFT JOIN (SELECT k, COUNT(*) AS a FROM t GROUP BY k)``.
Such a join adds no row, because the table is told by its keys, and equal keys are equal as stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from sqlglot import exp

from sandbox.nouns.policy import Use
from sandbox.plan import types as t
from sandbox.plan.above.returned import one_value
from sandbox.plan.names import Scan
from sandbox.plan.relations.conjuncts import alike
from sandbox.plan.relations.correlated import Correlated, correlated
from sandbox.plan.rows import Rows
from sandbox.plan.scalars import Environment, translate
from sandbox.plan.scalars.compare import compare
from sandbox.plan.types import Value


@dataclass
class Lookups:
    """The tables in which one SELECT finds values, each once however often its value is named."""

    rows: Rows
    """Where they are FROM tables: their names are told apart there."""
    grouped: bool = False
    """Whether its rows are grouped after them: a value is then the same in all rows of a group."""
    sql: str = ""
    """The joins, to be written after FROM."""
    scans: list[Scan] = field(default_factory=list)
    numbers: dict[tuple[str, ...], int] = field(default_factory=dict)
    """Of tables that are joined, by what they are and what their keys equal."""


class Looking(Environment, Protocol):
    """An environment of a SELECT above whose FROM may be joined with more."""

    @property
    def lookups(self) -> Lookups | None:
        """None where its FROM is written elsewhere."""
        ...

    @property
    def absent(self) -> Sequence[exp.Expr]:
        """Keys of other grouping sets."""
        ...

    def key(self, node: exp.Column, /) -> Value:
        """A column of the row, or of every row of the group."""
        ...


def around(node: exp.Column, env: Looking) -> Value:
    """What a subquery sees of the row: NULL for a key that its grouping set lacks."""
    value = env.rows.quietly(node)
    lacks = [env.rows.quietly(key) for key in env.absent]
    if value is not None and any(key is not None and key.sql == value.sql for key in lacks):
        return t.literal(None, None)
    return env.key(node)


def scalar(node: exp.Expr, env: Looking) -> Value:
    """A scalar subquery: one value for the whole statement, or one for each row.

    Raises:
        Stopped: it may have several rows or columns, or depends on the row by more than equalities of keys.
    """
    if env.lookups is None or not isinstance(node, exp.Subquery):
        return one_value(node, env)
    number = env.lookups.rows.scope.made
    made = correlated(node, env.rows, number)
    if made is None:
        return one_value(node, env)
    beside = [around(column, env) for _, column in made.pairs]
    if any(value.null for value in beside):
        return _unmatched(made, env)
    same = (made.table.this.sql(), *(value.sql for value in beside))
    if same in env.lookups.numbers:
        made = correlated(node, env.rows, env.lookups.numbers[same]) or made
    else:
        _join(made, beside, env.lookups)
        env.lookups.numbers[same] = number
    return _value(made, env.lookups)


def _unmatched(made: Correlated, env: Looking) -> Value:
    """What a row finds that equals none, without a look: nothing is measured for it."""
    value = exp.Paren(this=made.value.copy())
    for column in list(value.find_all(exp.Column)):
        column.replace(exp.Literal.number(0) if column in made.counts else exp.Null())
    return translate(value, env)


def _join(made: Correlated, beside: list[Value], lookups: Lookups) -> None:
    from sandbox.plan.relations.derived import derived
    from sandbox.plan.relations.source import relation_of

    rows = lookups.rows
    rows.statement.look_up(made.node)
    relation = made.told(derived(made.table, rows, relation_of), rows)
    if relation.unit:  # rows of people never stand above, whatever was let through before
        made.stop(made.pairs[0][1], rows)
    keys = [rows.scope.column(key) for key, _ in made.pairs]
    on = [
        _equal(key, one, column, made, rows)
        for key, one, (_, column) in zip(keys, beside, made.pairs, strict=True)
    ]
    lookups.sql += f" LEFT JOIN {relation.sql} ON {' AND '.join(on)}"
    lookups.scans += relation.scans
    rows.statement.read(relation.tables)
    rows.reading.public |= relation.tables


def _equal(key: Value, beside: Value, column: exp.Column, made: Correlated, rows: Rows) -> str:
    """A condition of the join; what a conversion would make equal is refused."""
    if not alike(key, beside):
        made.stop(column, rows)
    use = Use.JOIN if key.reads and beside.reads else Use.FILTER
    rows.use(key.reads | key.tests | beside.reads | beside.tests, use, column)
    return compare(key, beside, "=", (column, column), rows).sql


def _value(made: Correlated, lookups: Lookups) -> Value:
    """What the row that is found gives; throughout a group it is one and the same."""
    rows = lookups.rows
    value = translate(made.value, Found.of(rows, made))
    rows.use(value.reads | value.tests, Use.OUTPUT, made.node)
    sql, tree = t.as_text(value), value.expression
    if lookups.grouped:
        sql, tree = f"max({sql})", None
    storage = t.VARCHAR if value.storage == t.ENUM else value.storage
    return replace(
        value, sql=sql, storage=storage, nullable=True, constant=None, enforced=None, column=None,
        domain=None, narrows=(), reads=frozenset(), tests=frozenset(),
        expression=tree,
    )  # fmt: skip


@dataclass
class Found(Rows):
    """Rows beside the tables joined to them: a count of a group that is not there is 0.

    A count that a floor hides stays NULL: its group is there.
    """

    counts: Mapping[str, str] = field(default_factory=dict)
    """Rendered count → rendered key beside it."""

    @staticmethod
    def of(rows: Rows, made: Correlated) -> Found:
        """The same rows, beside one table more."""
        key = rows.scope.column(made.pairs[0][0]).sql
        counts = {rows.scope.column(count).sql: key for count in made.counts}
        return Found(
            rows.scope, rows.problems, rows.uses, _missing=rows._missing, statement=rows.statement,
            reading=rows.reading, counts=counts,
        )  # fmt: skip

    def column(self, node: exp.Column) -> Value:
        """A column of the joined table, as it is for a row without a match too."""
        value = super().column(node)
        key = self.counts.get(value.sql)
        if key is None:
            return value
        return replace(value, sql=f"(CASE WHEN {key} IS NULL THEN CAST(0 AS BIGINT) ELSE {value.sql} END)")
