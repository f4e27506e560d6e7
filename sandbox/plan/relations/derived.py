"""Subqueries in FROM, as one table of the FROM around them.

Each row of one over protected tables is a function of one row of its own FROM (or, grouped by the unit, of
one unit's rows), and belongs to that unit, so one unit has no more rows in it than in its FROM. UNION ALL
adds the rows of its branches. Subqueries over public tables are public.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sqlglot import exp

from sandbox.nouns.policy import Table, Use
from sandbox.plan.above.combined import ends_above, query_of
from sandbox.plan.above.free import Free, groups_of
from sandbox.plan.above.returned import table_from
from sandbox.plan.clauses import as_groups, kept, star, where
from sandbox.plan.names import PUBLIC, Scan, Scope, value_of
from sandbox.plan.refusals import Problems, Stopped
from sandbox.plan.relations.join import padded
from sandbox.plan.relations.per_unit import PerUnit, per_unit
from sandbox.plan.relations.scan import Relation, check_alias
from sandbox.plan.relations.sizes import check_size
from sandbox.plan.relations.window import Windows
from sandbox.plan.rows import Rows
from sandbox.plan.scalars import Environment, translate
from sandbox.plan.scalars.choice import merged
from sandbox.plan.scalars.logic import condition
from sandbox.plan.scalars.unify import unify
from sandbox.plan.types import Value

_CLAUSES = {
    "order": "subquery_not_supported", "limit": "subquery_not_supported", "offset": "subquery_not_supported",
    "distinct": "distinct_not_supported",
}  # fmt: skip
"""Clauses that no subquery over rows has → the code that says so."""
From = Callable[[exp.Select, Rows], Relation]


@dataclass(frozen=True)
class Body:
    """One SELECT of a subquery, before it has a name."""

    items: Mapping[str, Value]
    sql: str
    """From FROM on."""
    relation: Relation
    bound: int
    rows: Rows
    once: frozenset[str] | None = None
    """Names of the items that are the keys beside the unit; None where they do not tell its rows apart."""


def derived(node: exp.Subquery, rows: Rows, from_: From) -> Relation:
    """A subquery as one table; its SQL shows the unit and the items, nothing else."""
    scope, problems = rows.scope, rows.problems
    name = scope.fresh()
    alias = node.alias or f"subquery {name}"
    check_alias(alias, node, scope)
    selects = _branches(node.this)
    planned = [_planned(select, rows, from_) for select in selects]
    public = not any(made.unit for _, _, made in planned)
    if any(ends_above(*one) for one in planned) or (public and _compares(node.this)):
        rows.statement.planned.update({id(one[0]): one for one in planned})
        query = query_of(node.this, rows.apart(Scope(scope.facts, problems)), outermost=False)
        return table_from(query, alias, name, node, rows)
    _check_union(node.this, problems)
    for select in selects[1:]:
        _name_as(selects[0], select)
    bodies = [_body(*one) for one in planned]
    for body in bodies:
        rows.reading.update(body.rows.reading)
    if not public and not all(body.relation.unit for body in bodies):
        problems.stop("union_mixed", node, what="a public branch beside a protected one")
    items, branches = _merged(bodies, node, rows) if len(bodies) > 1 else _alone(bodies[0])
    rank = bodies[0].relation.rank if len(bodies) == 1 else ""
    columns, shown, unit = _shown(name, bodies, items, branches, rank)
    texts = [f"SELECT {', '.join(one)} {body.sql}" for one, body in zip(shown, bodies, strict=True)]
    sql = f"({' UNION ALL '.join(texts)}) AS {name}"
    read = frozenset[str]().union(*(body.relation.tables | body.rows.scope.reads for body in bodies))
    total = sum(body.relation.rows for body in bodies) if public else 0
    made = Scan(alias, name, _table(bodies[0], unit), {}, derived=columns, inner=read, rows=total)
    once = bodies[0].once if len(bodies) == 1 else None
    if once is not None:
        made = replace(made, once=frozenset(columns[label].sql for label in once))
    scope.add(made, node)
    notes = tuple(note for body in bodies for note in body.relation.notes)
    if public:
        sized = sum(body.relation.size for body in bodies)
        fans = {value.sql: _fan(label, bodies) for label, value in columns.items()}
        return Relation(sql, 0, (made,), notes=notes, rows=total, sized=sized, fans=fans)
    bound = sum(body.bound for body in bodies)
    check_size(bound, node, problems)
    rank = f'{name}."_rank"' if rank else ""
    return Relation(sql, bound, (made,), made.unit, notes, {name: bound}, rank=rank)


def _table(body: Body, unit: str | None) -> Table:
    if not body.relation.unit:
        return PUBLIC
    table = next(one.table for one in body.relation.scans if one.protected)
    return table.model_copy(update={"unit": unit or table.unit})


def _branches(node: exp.Expr) -> list[exp.Select]:
    """SELECTs of a chain of UNION ALL or other set operations, in order."""
    while isinstance(node, exp.Subquery):
        node = node.this
    if isinstance(node, exp.SetOperation):
        return _branches(node.this) + _branches(node.expression)
    return [node] if isinstance(node, exp.Select) else []


def _check_union(node: exp.Expr, problems: Problems) -> None:
    """Rows of units are put together by UNION ALL alone: to drop equal ones would compare units."""
    part = _compares(node)
    if part is not None:
        problems.stop("set_operation_not_supported", part)


def _compares(node: exp.Expr) -> exp.Expr | None:
    """The first set operation of a chain that is more than UNION ALL."""
    more = ("distinct", "order", "limit", "offset")
    for part in node.find_all(exp.SetOperation):
        if part.find_ancestor(exp.Select) is not node.find_ancestor(exp.Select):
            continue
        if not isinstance(part, exp.Union) or any(part.args.get(name) for name in more):
            return part
    return None


def _planned(select: exp.Select, rows: Rows, from_: From) -> tuple[exp.Select, Rows, Relation]:
    inner = rows.apart(Scope(rows.scope.facts, rows.problems))
    relation = from_(select, inner)
    if relation.unit:
        as_groups(select)
    return select, inner, relation


def _name_as(first: exp.Select, branch: exp.Select) -> None:
    """Columns of a UNION ALL are called as in its first branch, whatever the others call them."""
    wild = any(isinstance(item, exp.Star) for item in (*first.expressions, *branch.expressions))
    if wild or len(first.expressions) != len(branch.expressions):
        return
    for name, item in zip(first.expressions, list(branch.expressions), strict=True):
        part = item.this if isinstance(item, exp.Alias) else item
        if name.alias_or_name:
            item.replace(exp.alias_(part.copy(), name.alias_or_name, quoted=True))


def _body(select: exp.Select, inner: Rows, relation: Relation) -> Body:
    if not relation.unit:
        return _public(select, inner, relation)
    problems = inner.problems
    for clause, code in _CLAUSES.items():
        if select.args.get(clause):
            problems.stop(code, select.args[clause])
    if relation.padded:
        padded(select, problems)
    qualify = select.args.get("qualify")
    if qualify is not None and select.args.get("group") is not None:
        problems.stop("window_not_supported", qualify, help="stand it over rows of protected tables")
    kept = ""
    with problems.part():
        kept = where(select, inner)
    groups = _groups(select, inner, relation)
    inner.windows = Windows(relation, inner).value if groups is None else None
    items = _items(select, groups or inner, inner, relation)
    tail = _grouped(select, groups) if groups is not None else _qualified(select, inner)
    inner.windows = None
    relation = relation if groups is None else replace(relation, rank="")
    bound = relation.bound if groups is None else groups.bound
    once = None if groups is None else _once(items, groups)
    return Body(items, f"FROM {relation.sql}{kept}{tail}", relation, bound, inner, once)


def _once(items: Mapping[str, Value], groups: PerUnit) -> frozenset[str] | None:
    """The items that show the keys beside the unit, if every key is shown."""
    names = {value.sql: label for label, value in items.items()}
    if any(key.sql not in names for key in groups.keys):
        return None
    return frozenset(names[key.sql] for key in groups.keys)


def _public(select: exp.Select, inner: Rows, relation: Relation) -> Body:
    """A subquery over public tables: rows, or exact groups of them."""
    kept = where(select, inner)
    keys = groups_of(select, inner, shown=False)
    env: Environment = inner if keys is None else Free(inner, inner.problems, keys)
    items = _items(select, env, inner, relation)
    tail = f" GROUP BY {', '.join(key.sql for key in keys)}" if keys else ""
    having = select.args.get("having")
    if having is not None:
        alone = env.without_windows() if isinstance(env, Free) else env
        tail += f" HAVING {condition(having.this, alone, 'HAVING').sql}"
    if keys is not None:
        rows, sized = (relation.rows, relation.size) if keys else (1, 1)
        fans = {key.sql: relation.fans.get(key.sql, rows) for key in keys}
        fans = dict.fromkeys(fans, 1) if len(keys) == 1 else fans
        relation = replace(relation, rows=rows, sized=sized, fans=fans)
    source = f"FROM {relation.sql}" if relation.sql else ""
    return Body(items, f"{source}{kept}{tail}", relation, relation.bound, inner)


def _fan(label: str, bodies: list[Body]) -> int:
    """Rows that share one value of an item, over all branches."""
    place = list(bodies[0].items).index(label)
    own = [list(body.items.values())[place].sql for body in bodies]
    return sum(body.relation.fans.get(sql, body.relation.rows) for body, sql in zip(bodies, own, strict=True))


def _alone(body: Body) -> tuple[Mapping[str, Value], list[list[Value]]]:
    """Items of the only branch, as a column and as what the branch selects for it."""
    return body.items, [[value] for value in body.items.values()]


def _merged(bodies: list[Body], node: exp.Expr, rows: Rows) -> tuple[Mapping[str, Value], list[list[Value]]]:
    """Items of a UNION ALL under the names of its first branch, and what each branch selects for one: in the
    type that all of them have."""
    found: dict[str, Value] = {}
    branches: list[list[Value]] = []
    if len({len(body.items) for body in bodies}) > 1:
        rows.problems.stop("union_mixed", node, what="branches with different numbers of columns")
    for label, *values in zip(bodies[0].items, *(body.items.values() for body in bodies), strict=True):
        if any(value.unit for value in values):
            if not all(value.unit for value in values):
                rows.problems.stop("union_mixed", node, what="the unit beside another column")
            found[label] = values[0]
        else:
            kind, storage, scale, values = unify(values, [node] * len(values), rows)
            found[label] = merged("", kind, storage, scale, values)
        branches.append(values)
    return found, branches


def _shown(
    name: str, bodies: list[Body], items: Mapping[str, Value], branches: list[list[Value]], rank: str
) -> tuple[dict[str, Value], list[list[str]], str | None]:
    """Columns as the FROM around sees them, what each branch selects for them, and the unit's name."""
    shown = [[f'{body.relation.unit} AS "_unit"'] if body.relation.unit else [] for body in bodies]
    if rank:
        shown[0].append(f'{rank} AS "_rank"')
    columns: dict[str, Value] = {}
    unit: str | None = None
    for place, ((label, value), values) in enumerate(zip(items.items(), branches, strict=True)):
        if value.unit:
            unit = label
            columns[label] = replace(value, sql=f'{name}."_unit"', unit=label, nullable=False)
            continue
        if value.null:  # a bare NULL has no type: it stays a literal
            columns[label] = replace(value, sql="NULL")
            continue
        for own, parts in zip(values, shown, strict=True):
            parts.append(f'{own.sql} AS "c{place}"')
        columns[label] = _column(value, f'{name}."c{place}"')
    for parts in shown:
        if not parts:
            parts.append("1 AS one")
    return columns, shown, unit


def _column(value: Value, sql: str) -> Value:
    """An item as the FROM around sees it: the same public facts, another name, no longer a literal.

    A plain column stays one: its values and the bounds that the load enforces are the very same.
    """
    enforced = value.enforced if value.column else None
    return replace(value, sql=sql, constant=None, narrows=(), expression=None, enforced=enforced)


def _groups(select: exp.Select, inner: Rows, relation: Relation) -> PerUnit | None:
    if select.args.get("group") is None:
        if select.args.get("having") is not None:
            inner.problems.stop("subquery_not_supported", select.args["having"])
        return None
    return per_unit(select, relation, inner)


def _qualified(select: exp.Select, inner: Rows) -> str:
    """QUALIFY: rows kept by what window functions say of them."""
    node = select.args.get("qualify")
    if node is None:
        return ""
    value = condition(node.this, inner, "QUALIFY")
    inner.use(value.reads | value.tests, Use.FILTER, node)
    return f" QUALIFY {value.sql}"


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
    whole = True
    for node in select.expressions:
        before = len(found)
        with inner.problems.part():
            if star(node):
                if env is not inner:
                    inner.problems.stop("star_not_supported", node)
                pairs = _star(node, inner, relation)
            else:
                pairs = [(_name(node, inner.problems), _item(node, env, inner, relation))]
            for label, value in pairs:
                if label in found:
                    inner.problems.stop("duplicate_alias", node, name=label)
                found[label] = value
        whole = whole and len(found) > before
    if not whole:
        raise Stopped  # the FROM around would miss columns that are only written wrong
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


def _star(node: exp.Expr, inner: Rows, relation: Relation) -> list[tuple[str, Value]]:
    """Every granted column of the one table that ``*`` or ``t.*`` stands for, and its unit."""
    table = str(node.args.get("table") or "").strip('"').lower()
    shown = [one for one in relation.scans if not one.hidden and table in ("", one.alias.lower())]
    if len(shown) != 1:
        inner.problems.stop("star_not_supported", node)
    (only,) = shown
    names = [*only.names, *([only.table.unit.lower()] if only.derived is None and only.table.unit else [])]
    values = [(name, value_of(only, name)) for name in kept(names, node, inner.problems)]
    return [(name, value) for name, value in values if value is not None]


def _name(node: exp.Expr, problems: Problems) -> str:
    if not isinstance(node, (exp.Alias, exp.Column)):
        problems.stop("name_missing", node)
    return str(node.alias_or_name).lower()
