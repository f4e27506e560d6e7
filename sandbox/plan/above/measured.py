"""A SELECT that mixes units: a boundary, then the SELECT's own clauses over what it released."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from sandbox.nouns.policy import Use
from sandbox.plan.above.outer import Outer, key_value
from sandbox.plan.above.query import MOST_ROWS, Query, retold, selected, told_by
from sandbox.plan.above.reading import table_of
from sandbox.plan.aggregates.registry import label_of
from sandbox.plan.boundary import MAX_CELLS, MAX_GROUPS, SUBQUERY, Boundary, Key, cells_of, make_key
from sandbox.plan.clauses import (
    Item,
    aliases_of,
    as_groups,
    condition_of,
    having,
    limit_of,
    limits,
    order,
    outputs,
    qualify,
)
from sandbox.plan.grouping import grouping
from sandbox.plan.listed import Listing, listed, narrow
from sandbox.plan.refusals import Problems
from sandbox.plan.relations.padded import check_padded
from sandbox.plan.relations.scan import Relation
from sandbox.plan.rows import Narrowed, Rows
from sandbox.plan.scalars import translate
from sandbox.plan.sets import ABSENT
from sandbox.plan.types import Narrow

MAX_LIMIT = 1_000_000


def measured(node: exp.Select, relation: Relation, rows: Rows, *, outermost: bool) -> Query:
    """A SELECT over rows of units, aggregated. Every order ends in all keys, so ties say nothing of rows."""
    as_groups(node)
    if node.args.get("distinct"):
        rows.problems.stop("distinct_not_supported", node.args["distinct"])
    boundary = Boundary(relation, rows)
    narrows = where(node, boundary)
    group = node.args.get("group")
    listing = rows.statement.listing if outermost else None
    if group is not None:
        boundary.grouped = True
        boundary.keys = keys(group.expressions, node, boundary, narrows, listing)
        for key in boundary.keys:
            narrow(boundary, key)
        check_cells(boundary, group)
    number = rows.statement.enter(boundary, rows.reading)
    outer = Outer(boundary, rows.problems, number, aliases_of(node), node.meta.get(ABSENT, ()))
    items = outputs(node, outer)
    check_aggregated(node, boundary, rows.problems)
    with rows.problems.part():
        check_padded(node, boundary)
    filtered, qualified = having(node, outer), qualify(node, outer)
    ordered = order(node, outer)
    rows.statement.leave(number, rows.reading)
    ordered += [f'"{key.column.name}" NULLS LAST' for key in boundary.keys]
    # ORDER BY would take an output name that is called like a column for what it names
    ordered = [f'"{table_of(number)}".{part}' if part.startswith('"') else part for part in ordered]
    told = [(f'"{table_of(number)}"."_cell"', "_cell", "_cell", (number,)), *told_by(outer.lookups.scans)]
    cells = {inside: name for _, inside, name, _ in told}
    sql = selected(items, [(sql, name) for sql, _, name, _ in told], outermost)
    sql += f' FROM "{table_of(number)}"{outer.lookups.sql}'
    sql += f" WHERE {filtered}" if filtered else ""
    sql += f" QUALIFY {qualified}" if qualified else ""
    sql += f" ORDER BY {', '.join(ordered)}" if ordered else ""
    sql += limits(node, rows.problems, MAX_LIMIT)
    return Query(
        sql, tuple(retold(item, cells) for item in items), outer.reading,
        rows=limit_of(node, boundary.most_groups(MOST_ROWS)),
        size=limit_of(node, boundary.most_groups(MAX_GROUPS)),
        cells=tuple((name, stages) for _, _, name, stages in told),
        unique=unique(items, boundary),
    )  # fmt: skip


def unique(items: Sequence[Item], boundary: Boundary) -> tuple[int, ...]:
    """Places of the keys among the items, when all of them are there.

    They are found by what is rendered: a value that is looked up may be a key of its own boundary.
    """
    places = {item.value.sql: place for place, item in enumerate(items)}
    keys = [key_value(key).sql for key in boundary.keys]
    return tuple(places[key] for key in keys) if all(key in places for key in keys) else ()


def where(node: exp.Select, boundary: Boundary) -> dict[str, list[Narrow]]:
    """The filter, and what it says in public about single columns."""
    found: dict[str, list[Narrow]] = {}
    with boundary.rows.problems.part():
        value = condition_of(node, boundary.rows)
        if value is None:
            return found
        boundary.where = value.sql
        boundary.filtered = value.reads | value.tests
        if node.args["where"].find(exp.Select):
            boundary.filtered |= {SUBQUERY}
        for narrow in value.narrows:
            found.setdefault(narrow.column, []).append(narrow)
    return found


def keys(
    nodes: Sequence[exp.Expr],
    root: exp.Select,
    boundary: Boundary,
    narrows: dict[str, list[Narrow]],
    listing: Listing | None,
) -> tuple[Key, ...]:
    """Grouping expressions, each once, with the values that the developer lists for them."""
    found: list[Key] = []
    for node in nodes:
        with boundary.rows.problems.part():
            item = grouping(node, root, boundary.rows)
            key = _key(len(found), item, boundary, narrows)
            if any(key.value.sql == other.value.sql for other in found):
                continue
            found.append(key)
            values = listing.of(item, key) if listing is not None else None
            if values is not None:
                found[-1] = listed(key, values, cells_of(values, key.value.kind))
    return tuple(found)


def check_cells(boundary: Boundary, node: exp.Expr) -> None:
    """Refuse a grid that is too large to measure."""
    cells = boundary.cells
    if cells is not None and cells > MAX_CELLS:
        boundary.rows.problems.add("grid_too_large", node, limit=MAX_CELLS)


def _key(position: int, node: exp.Expr, boundary: Boundary, narrows: dict[str, list[Narrow]]) -> Key:
    rows = boundary.rows
    for part in node.find_all(exp.Column):
        with rows.problems.part():
            value = rows.scope.column(part)
            if value.unit:
                rows.problems.stop("unit_in_output", part, name=part.name)
    value = translate(node, rows)
    if value.null or (not value.reads | value.tests and not node.find(exp.Column)):
        rows.problems.stop("group_by_constant", node, name=label_of(node), count=9)
    rows.use(value.reads | value.tests, Use.GROUP, node)
    narrowed = translate(node, Narrowed.of(rows, narrows))
    return make_key(position, value, narrowed, label_of(node))


def check_aggregated(root: exp.Select, boundary: Boundary, problems: Problems) -> None:
    """Refuse a SELECT that would show single rows."""
    if not boundary.grouped and not boundary.measures and not problems.any:
        problems.add("row_level_output", root, name="this SELECT", help="COUNT(*)")
