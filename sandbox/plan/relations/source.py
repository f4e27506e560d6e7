"""FROM and its joins: tables, and subqueries over rows of protected tables.

Each row of such a subquery is a function of one row of its own FROM (or, grouped by the unit, of one unit's
rows), and belongs to that unit, so one unit has no more rows in it than in its FROM.
"""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from sandbox.nouns.policy import Use
from sandbox.plan.names import Scan, Scope, value_of
from sandbox.plan.refusals import Problems
from sandbox.plan.relations.join import join
from sandbox.plan.relations.per_unit import PerUnit, per_unit
from sandbox.plan.relations.scan import Relation, check_alias, scan
from sandbox.plan.rows import Rows
from sandbox.plan.scalars import Environment, translate
from sandbox.plan.scalars.logic import condition
from sandbox.plan.types import Value

_CLAUSES = ("order", "limit", "offset")


def relation_of(root: exp.Select, rows: Rows) -> Relation:
    """The whole FROM of a SELECT, its tables in scope of ``rows``."""
    first = root.args.get("from_")
    if first is None:
        rows.problems.stop("table_function", root)
    relation = _source(first.this, rows)
    for node in root.args.get("joins") or ():
        relation = join(relation, _source(node.this, rows), node, rows)
    return relation


def _source(node: exp.Expr, rows: Rows) -> Relation:
    if isinstance(node, exp.Table):
        return scan(node, rows.scope)
    if not isinstance(node, exp.Subquery):
        rows.problems.stop("table_function", node)
    return _derived(node, rows)


def _derived(node: exp.Subquery, rows: Rows) -> Relation:
    """A subquery as one table of the FROM around it; its SQL shows the unit and the items, nothing else."""
    select, problems = node.this, rows.problems
    for clause in _CLAUSES:
        if select.args.get(clause) is not None:
            problems.stop("subquery_not_supported", select.args[clause])
    scope = rows.scope
    name = f"t{len(scope.scans)}"
    alias = node.alias or f"subquery {name}"
    check_alias(alias, node, scope)
    inner = rows.inside(Scope(scope.facts, problems))
    relation = relation_of(select, inner)
    if not relation.unit:
        problems.stop("subquery_not_supported", node)
    groups = _groups(select, inner, relation)
    items = _items(select, groups or inner, inner, relation)
    tail = _where(select, inner) + (_grouped(select, groups) if groups is not None else "")
    shown = [f'{relation.unit} AS "_unit"']
    columns: dict[str, Value] = {}
    unit: str | None = None
    for place, (label, value) in enumerate(items.items()):
        if value.unit:
            unit = label
            columns[label] = replace(value, sql=f'{name}."_unit"', unit=label, nullable=False)
            continue
        if value.null:  # a bare NULL has no type: it stays a literal
            columns[label] = value
            continue
        shown.append(f'{value.sql} AS "c{place}"')
        columns[label] = _column(value, f'{name}."c{place}"')
    table = next(one.table for one in relation.scans if one.protected)
    made = Scan(alias, name, table.model_copy(update={"unit": unit or table.unit}), {}, derived=columns)
    scope.add(replace(made, inner=relation.tables), node)
    sql = f"(SELECT {', '.join(shown)} FROM {relation.sql}{tail}) AS {name}"
    bound = relation.bound if groups is None else groups.bound
    return Relation(sql, bound, (scope.scans[-1],), made.unit, relation.notes)


def _column(value: Value, sql: str) -> Value:
    """An item as the FROM around sees it: the same public facts, another name, no longer a literal.

    A plain column stays one: its values and the bounds that the load enforces are the very same.
    """
    enforced = value.enforced if value.column else None
    return replace(value, sql=sql, constant=None, narrows=(), expression=None, enforced=enforced)


def _where(select: exp.Select, inner: Rows) -> str:
    where = select.args.get("where")
    if where is None:
        return ""
    value = condition(where.this, inner, "WHERE")
    inner.use(value.reads | value.tests, Use.FILTER, where.this)
    return f" WHERE {value.sql}"


def _groups(select: exp.Select, inner: Rows, relation: Relation) -> PerUnit | None:
    if select.args.get("group") is None:
        if select.args.get("having") is not None:
            inner.problems.stop("subquery_not_supported", select.args["having"])
        return None
    return per_unit(select, relation, inner)


def _grouped(select: exp.Select, groups: PerUnit) -> str:
    text = f" GROUP BY {', '.join([groups.relation.unit, *(key.sql for key in groups.keys)])}"
    having = select.args.get("having")
    if having is None:
        return text
    value = condition(having.this, groups, "HAVING")
    groups.rows.use(value.reads | value.tests, Use.FILTER, having.this)
    return f"{text} HAVING {value.sql}"


def _items(select: exp.Select, env: Environment, inner: Rows, relation: Relation) -> dict[str, Value]:
    """Items of SELECT by lower-case name."""
    found: dict[str, Value] = {}
    for node in select.expressions:
        if isinstance(node, exp.Star):
            if env is not inner:
                inner.problems.stop("star_not_supported", node)
            pairs = _star(node, inner, relation)
        else:
            pairs = [(_name(node, inner.problems), _item(node, env, inner, relation))]
        for label, value in pairs:
            if label in found:
                inner.problems.stop("duplicate_alias", node, name=label)
            found[label] = value
    return found


def _item(node: exp.Expr, env: Environment, inner: Rows, relation: Relation) -> Value:
    """An item over rows. The unit goes out under a name only where it is the unit of the whole row."""
    part = node.this if isinstance(node, exp.Alias) else node
    if isinstance(part, exp.Column):
        value = inner.scope.column(part)
        if value.unit:
            if value.sql != relation.unit:
                inner.problems.stop("unit_misused", node, name=part.name)
            return value
    return translate(part, env)


def _star(node: exp.Star, inner: Rows, relation: Relation) -> list[tuple[str, Value]]:
    """Every granted column of a subquery's only table, and its unit."""
    if len(relation.scans) > 1:
        inner.problems.stop("star_not_supported", node)
    (only,) = relation.scans
    names = [*only.names, *([only.table.unit.lower()] if only.derived is None and only.table.unit else [])]
    values = [(name, value_of(only, name)) for name in names]
    return [(name, value) for name, value in values if value is not None]


def _name(node: exp.Expr, problems: Problems) -> str:
    if not isinstance(node, (exp.Alias, exp.Column)):
        problems.stop("name_missing", node)
    return str(node.alias_or_name).lower()
