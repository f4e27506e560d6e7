"""Where a problem stands in a fresh tree of the statement, and what the names around it mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from sandbox.errors import Refused
from sandbox.nouns.plan import Facts
from sandbox.nouns.policy import Column, Table, Use
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan.names import granted, uses_of, visible_tables

MAX_LEVELS = 6
"""Subqueries through which a name is followed."""


class NoRewrite(Exception):
    """What the statement asks for has no rewrite."""


@dataclass(frozen=True)
class Spot:
    """A problem's place."""

    problem: Refused
    inner: exp.Expr
    """The word that stands there."""
    node: exp.Expr
    """The outermost node that starts there."""
    top: exp.Subquery
    """Stands around the whole statement."""
    facts: Facts

    @property
    def select(self) -> exp.Select:
        """The SELECT that the place belongs to."""
        node: exp.Expr | None = self.inner
        while node is not None and not isinstance(node, exp.Select):
            node = node.parent
        if node is None:
            raise NoRewrite
        return node

    def nodes(self, *kinds: type[exp.Expr]) -> Iterator[exp.Expr]:
        """Nodes of some kinds that start at the place, the outermost first."""
        start = _start(self.node)
        for node in self.node.walk():
            if isinstance(node, kinds) and _start(node) == start:
                yield node

    def above(self, *kinds: type[exp.Expr]) -> exp.Expr | None:
        """The nearest node of some kinds at the place or around it."""
        node: exp.Expr | None = next(self.nodes(*kinds), self.node)
        while node is not None and not isinstance(node, kinds):
            node = node.parent
        return node if node is not self.top else None


def spot(problem: Refused, text: str, top: exp.Subquery, facts: Facts) -> Spot | None:
    """The place of a problem; None where it is no longer in the tree."""
    if not problem.position:
        return Spot(problem, _leaf(top.this), top.this, top, facts)
    line, column = (int(part) for part in problem.position.split(":"))
    offset = sum(len(one) + 1 for one in text.split("\n")[: line - 1]) + column - 1
    inner: exp.Expr | None = None
    for node in top.this.walk():
        if node.meta.get("start") == offset:
            inner = node
            break
    if inner is None:
        return Spot(problem, _leaf(top.this), top.this, top, facts) if offset == 0 else None
    outer = inner
    while outer.parent is not None and outer.parent is not top and _start(outer.parent) == offset:
        outer = outer.parent
    return Spot(problem, inner, outer, top, facts)


def _leaf(query: exp.Expr) -> exp.Expr:
    """The first SELECT of a statement."""
    while isinstance(query, (exp.SetOperation, exp.Subquery)):
        query = query.this
    return query


def _start(node: exp.Expr) -> int | None:
    return min((int(part.meta["start"]) for part in node.walk() if "start" in part.meta), default=None)


@dataclass(frozen=True)
class Meant:
    """What a name stands for, as far as the text and public facts tell."""

    unit: bool = False
    column: Column | None = None
    uses: frozenset[Use] = frozenset()
    counted: bool = False
    """A number that a subquery makes."""

    @property
    def averaged(self) -> bool:
        """Whether it is a number that may be averaged."""
        number = self.column is not None and self.column.type in (Kind.INTEGER, Kind.NUMBER)
        return self.counted or (number and Use.AGGREGATE in self.uses)

    @property
    def grouped(self) -> bool:
        """Whether it may be a key."""
        return self.counted or Use.GROUP in self.uses


def sources(select: exp.Select) -> list[exp.Expr]:
    """Tables and subqueries of FROM, in order."""
    first = select.args.get("from_")
    nodes = [first, *(select.args.get("joins") or ())] if first is not None else []
    return [node.this for node in nodes]


def table_of(source: exp.Expr, facts: Facts) -> Table | None:
    """The stored table that a source of FROM is."""
    return visible_tables(facts).get(str(source.name).lower()) if isinstance(source, exp.Table) else None


def protected(select: exp.Select, facts: Facts) -> list[tuple[exp.Table, Table]]:
    """Stored protected tables of FROM."""
    found = [(one, table_of(one, facts)) for one in sources(select) if isinstance(one, exp.Table)]
    return [(one, table) for one, table in found if table is not None and not table.public]


def meaning(column: exp.Column, select: exp.Select, facts: Facts, level: int = 0) -> Meant | None:
    """What a column of a SELECT stands for; None where it cannot be told."""
    name, qualifier = str(column.name).lower(), str(column.table).lower()
    for source in sources(select):
        if qualifier and str(source.alias_or_name).lower() != qualifier:
            continue
        table = table_of(source, facts)
        if table is not None and _body(source, select) is None:
            if not table.public and table.unit is not None and table.unit.lower() == name:
                return Meant(unit=True)
            stored = granted(facts, table).get(name)
            if stored is not None:
                return Meant(column=stored, uses=uses_of(facts, table.name, stored))
            continue
        body = _body(source, select)
        found = _through(body, name, facts, level) if body is not None else None
        if found is not None:
            return found
    return None


def _body(source: exp.Expr, select: exp.Select) -> exp.Expr | None:
    """The subquery that a source is, by itself or by its name in WITH."""
    bodies = [source.this] if isinstance(source, exp.Subquery) else []
    node: exp.Expr | None = select
    while node is not None and not bodies:
        given = node.args.get("with_") if isinstance(node, exp.Query) else None
        named = given.expressions if given is not None else ()
        bodies = [part.this for part in named if str(part.alias).lower() == str(source.name).lower()]
        node = node.parent
    return bodies[0] if bodies else None


def _through(body: exp.Expr, name: str, facts: Facts, level: int) -> Meant | None:
    while isinstance(body, (exp.Subquery, exp.SetOperation)):
        body = body.this
    if level >= MAX_LEVELS or not isinstance(body, exp.Select):
        return None
    for item in body.expressions:
        inner = item.this if isinstance(item, exp.Alias) else item
        if isinstance(item, exp.Star):
            found = meaning(called(name), body, facts, level + 1)
            if found is not None:
                return found
        if str(item.alias_or_name).lower() != name:
            continue
        if isinstance(inner, exp.Column):
            return meaning(inner, body, facts, level + 1)
        return Meant(counted=True) if inner.find(exp.AggFunc, exp.Window, exp.Binary) else None
    return None


def own(node: exp.Expr, *kinds: type[exp.Expr]) -> list[exp.Expr]:
    """Nodes of some kinds in an expression, outside of queries within it."""
    walk = node.walk(prune=lambda part: isinstance(part, exp.Query))
    return [part for part in walk if isinstance(part, kinds)]


def bare(node: exp.Expr) -> list[exp.Column]:
    """Columns of an expression that no aggregate, window or query is around."""
    stop = (exp.AggFunc, exp.Window, exp.Query, exp.Filter, exp.WithinGroup)
    return [
        part for part in node.walk(prune=lambda one: isinstance(one, stop)) if isinstance(part, exp.Column)
    ]


def in_from(select: exp.Expr) -> bool:
    """Whether a SELECT is a table of another's FROM."""
    around = select.parent
    return isinstance(around, exp.Subquery) and isinstance(around.parent, (exp.From, exp.Join))


def inner_of(item: exp.Expr) -> exp.Expr:
    """An item without its name."""
    found: exp.Expr = item.this if isinstance(item, exp.Alias) else item
    return found


def name_of(item: exp.Expr) -> str:
    """What an item is called, empty for one without a name."""
    return str(item.alias_or_name) if isinstance(item, (exp.Alias, exp.Column)) else ""


def quoted(name: str) -> exp.Identifier:
    """A name, in quotes where it needs them."""
    return exp.to_identifier(name, quoted=False if name.isidentifier() and not name.isascii() else None)


def called(name: str, table: str | None = None) -> exp.Column:
    """A column by its name."""
    return exp.Column(this=quoted(name), table=quoted(table) if table else None)


def fresh(name: str, root: exp.Expr) -> str:
    """A name that nothing in the statement has."""
    taken = {str(node.name).lower() for node in root.find_all(exp.Identifier)}
    candidates = (name, *(f"{name}{number}" for number in range(2, 100)))
    return next(one for one in candidates if one.lower() not in taken)


def conjoin(parts: list[exp.Expr]) -> exp.Expr:
    """All conditions."""
    return exp.and_(*parts, copy=True)


def subquery(query: exp.Expr, alias: str) -> exp.Subquery:
    """A query as a table of FROM."""
    return exp.Subquery(this=query, alias=exp.TableAlias(this=quoted(alias)))
