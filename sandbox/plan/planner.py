"""The pipeline: text → tree of allowed nodes → relation → filter → keys → outputs → a plan."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from sandbox.nouns.keys import Listed, split_keys, texts
from sandbox.nouns.plan import Facts, Plan, Post, Stage
from sandbox.nouns.policy import Use
from sandbox.plan.aggregates.registry import label_of
from sandbox.plan.boundary import FLOOR, MAX_CELLS, SUBQUERY, THRESHOLD, Boundary, Key, make_key, released_as
from sandbox.plan.clauses import aliases_of, condition_of
from sandbox.plan.grouping import grouping
from sandbox.plan.listed import Listing, listed, narrow
from sandbox.plan.names import Scope
from sandbox.plan.parse import parse
from sandbox.plan.post import Outer, post
from sandbox.plan.public import public_post
from sandbox.plan.refusals import Problems, Stopped
from sandbox.plan.relations.padded import check_padded
from sandbox.plan.relations.scan import Relation
from sandbox.plan.relations.source import relation_of
from sandbox.plan.render import exact_sql
from sandbox.plan.rows import Narrowed, Rows
from sandbox.plan.scalars import translate
from sandbox.plan.scalars.literals import parse_number
from sandbox.plan.types import Narrow

FEWEST_DIGITS = 5
"""Digits other than 0 in a number that can be somebody's identity number or telephone."""


def build(sql: str, facts: Facts) -> Plan:
    """Plan one statement from its text and public facts alone.

    Raises:
        Refused: with every further problem of the statement in ``others``.
    """
    text, keys = split_keys(sql)
    root, problems = parse(text)
    try:
        return _build(root, facts, problems, keys)
    except Stopped:
        problems.check()
        raise AssertionError("a part stopped without a problem") from None
    except RecursionError:
        problems.add("statement_too_deep", None)
        problems.check()
        raise


def _build(root: exp.Select, facts: Facts, problems: Problems, given: Listed) -> Plan:
    listing = Listing(given, root, problems)
    rows = Rows(Scope(facts, problems), problems)
    relation = relation_of(root, rows)
    if not relation.unit:
        listing.check()
        return _public(root, rows, relation)
    boundary = Boundary(relation, rows)
    narrows = _where(root, boundary)
    _keys(root, boundary, narrows, listing)
    outer = Outer(boundary, problems, aliases_of(root))
    made = post(root, outer)
    _check_aggregated(root, boundary, problems)
    with problems.part():
        check_padded(root, boundary)
    unit = _unit_measure(boundary)
    rows.check_grants()
    problems.check()
    keys = tuple(key.column for key in boundary.keys)
    stage = Stage(exact_sql(boundary), keys, tuple(boundary.measures.values()), unit, boundary.discovered)
    noted = replace(relation, notes=(*relation.notes, *boundary.notes))
    made_plan = _plan(root, (stage,), made, rows, noted)
    return replace(made_plan, literals=(*made_plan.literals, *texts(given)))


def _public(root: exp.Select, rows: Rows, relation: Relation) -> Plan:
    """A statement over public tables alone: exact, free, no stage."""
    if not relation.tables:
        rows.problems.add("table_function", root)
    made = public_post(root, rows, relation)
    rows.check_grants()
    rows.problems.check()
    return _plan(root, (), made, rows, relation)


def _plan(root: exp.Select, stages: tuple[Stage, ...], made: Post, rows: Rows, relation: Relation) -> Plan:
    return Plan(
        sql=root.sql(dialect="duckdb", comments=False),
        stages=stages,
        post=made,
        tables=relation.tables | rows.scope.reads,
        uses=_uses(rows),
        literals=_literals(root),
        notes=relation.notes,
    )


def _where(root: exp.Select, boundary: Boundary) -> dict[str, list[Narrow]]:
    """The filter, and what it says in public about single columns."""
    found: dict[str, list[Narrow]] = {}
    with boundary.rows.problems.part():
        value = condition_of(root, boundary.rows)
        if value is None:
            return found
        boundary.where = value.sql
        boundary.filtered = value.reads | value.tests
        if root.args["where"].find(exp.Select):
            boundary.filtered |= {SUBQUERY}
        for narrow in value.narrows:
            found.setdefault(narrow.column, []).append(narrow)
    return found


def _keys(root: exp.Select, boundary: Boundary, narrows: dict[str, list[Narrow]], listing: Listing) -> None:
    group = root.args.get("group")
    if group is None:
        listing.check()
        return
    boundary.grouped = True
    keys: list[Key] = []
    for node in group.expressions:
        with boundary.rows.problems.part():
            item = grouping(node, root, boundary.rows)
            key = _key(len(keys), item, boundary, narrows)
            if any(key.value.sql == other.value.sql for other in keys):
                continue
            keys.append(key)
            values = listing.of(item, key)
            if values is not None:
                shown = tuple(released_as(value, key.value.kind) for value in values)
                keys[-1] = listed(key, values, shown)
    boundary.keys = tuple(keys)
    for key in keys:
        narrow(boundary, key)
    listing.check()
    cells = boundary.cells
    if cells is not None and cells > MAX_CELLS:
        boundary.rows.problems.add("grid_too_large", group, limit=MAX_CELLS)


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
    narrowed = translate(node, Narrowed(rows.scope, rows.problems, narrows=narrows))
    return make_key(position, value, narrowed, label_of(node))


def _check_aggregated(root: exp.Select, boundary: Boundary, problems: Problems) -> None:
    if not boundary.grouped and not boundary.measures and not problems.any:
        problems.add("row_level_output", root, name="this SELECT", help="COUNT(*)")


def _unit_measure(boundary: Boundary) -> str | None:
    """The count of units that decides what is shown: the one asked for, or one of our own."""
    if not boundary.grouped:
        return None
    weight = THRESHOLD if boundary.discovered else FLOOR
    return boundary.units(boundary.relation.unit, "COUNT(DISTINCT unit)", weight)


def _uses(rows: Rows) -> dict[str, dict[str, frozenset[Use]]]:
    found: dict[str, dict[str, frozenset[Use]]] = {}
    for (table, column), uses in rows.uses.items():
        found.setdefault(table, {})[column] = frozenset(uses)
    return found


def _literals(root: exp.Select) -> tuple[str, ...]:
    """Texts, and whole numbers long enough to name somebody. Round ones are amounts."""
    found = []
    for node in root.find_all(exp.Literal):
        number = None if node.is_string else parse_number(str(node.this))
        if node.is_string:
            found.append(str(node.this))
        elif number is not None and number.denominator == 1:
            digits = str(abs(int(number)))
            found += [digits] if len(digits.replace("0", "")) >= FEWEST_DIGITS else []
    return tuple(dict.fromkeys(found))
