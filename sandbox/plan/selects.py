"""Other spellings of clauses of a SELECT: named windows, GROUP BY ALL, ORDER BY ALL, DISTINCT over groups."""

from __future__ import annotations

from sqlglot import exp

from sandbox.plan.names import readable
from sandbox.plan.refusals import Problems

MAX_NODES = 20_000
"""Nodes of a statement with every named window written out."""


def whole_select(node: exp.Expr, problems: Problems) -> exp.Expr | None:
    """A SELECT with named windows and ALL written out; another one where that takes it."""
    if isinstance(node, exp.Select):
        _windows(node, problems)
        _every_key(node)
        _every_order(node)
        return _distinct_groups(node)
    return None


def _windows(select: exp.Select, problems: Problems) -> None:
    """``OVER w`` with ``WINDOW w AS (…)``."""
    named = {str(window.this.name).lower(): window for window in select.args.get("windows") or ()}
    if not named:
        return
    select.set("windows", None)
    total = 0
    for window in list(select.find_all(exp.Window)):
        alias = window.args.get("alias")
        found = named.get(str(alias.name).lower()) if alias is not None else None
        if found is None or window.args.get("partition_by") or window.args.get("order"):
            continue
        total += sum(1 for _ in found.walk())
        if total > MAX_NODES:
            problems.stop("statement_too_deep", window)
        window.set("alias", None)
        for name in ("partition_by", "order", "spec"):
            value = found.args.get(name)
            copied = [part.copy() for part in value] if isinstance(value, list) else value
            window.set(name, copied.copy() if isinstance(copied, exp.Expr) else copied)


def _every_key(select: exp.Select) -> None:
    """``GROUP BY ALL``: every item that is no aggregate."""
    group = select.args.get("group")
    if group is None or not group.args.get("all") or group.expressions:
        return
    keys = [place for place, item in enumerate(select.expressions, 1) if not _aggregates(item)]
    select.set(
        "group", exp.Group(expressions=[exp.Literal.number(place) for place in keys]) if keys else None
    )


def _every_order(select: exp.Select) -> None:
    """``ORDER BY ALL``: the items from left to right."""
    order = select.args.get("order")
    if order is None or len(order.expressions) != 1:
        return
    (first,) = order.expressions
    if not isinstance(first.this, exp.Var) or str(first.this.this).upper() != "ALL":
        return
    places = range(1, len(select.expressions) + 1)
    order.set("expressions", [_placed(first, place) for place in places])


def _placed(ordered: exp.Expr, place: int) -> exp.Expr:
    made = ordered.copy()
    made.set("this", exp.Literal.number(place))
    return made


def _distinct_groups(select: exp.Select) -> exp.Expr | None:
    """``SELECT DISTINCT`` over groups: the groups in FROM, and what is equal among them shown once."""
    distinct = select.args.get("distinct")
    grouped = select.args.get("group") or any(_aggregates(item) for item in select.expressions)
    if distinct is None or distinct.args.get("on") or not grouped or select.args.get("with_"):
        return None
    inner = select.copy()
    inner.set("distinct", None)
    name = exp.TableAlias(this=exp.to_identifier("grouped"))
    made = exp.Select(expressions=[exp.Star()], distinct=exp.Distinct())
    for clause in ("order", "limit", "offset"):
        made.set(clause, inner.args.get(clause))
        inner.set(clause, None)
    for ordered in made.args["order"].expressions if made.args.get("order") else ():
        _by_name(ordered, inner)
    made.set("from_", exp.From(this=exp.Subquery(this=inner, alias=name)))
    return made


def _by_name(ordered: exp.Expr, inner: exp.Select) -> None:
    """ORDER BY an item of the groups: by the name that it has outside, which goes before what it is."""
    node = ordered.this
    name = node.name.lower() if isinstance(node, exp.Column) and not node.table else ""
    parts = [item.this if isinstance(item, exp.Alias) else item for item in inner.expressions]
    called = [
        str(item.alias_or_name) if isinstance(item, exp.Alias | exp.Column) else ""
        for item in inner.expressions
    ]
    named = [bool(name) and one.lower() == name for one in called]
    same = [node == part or _one_column(node, part) for part in parts]
    numbered = [
        isinstance(node, exp.Literal) and node.this == str(place) for place in range(1, len(parts) + 1)
    ]
    for found in (numbered, named, same):
        if any(found):
            place = found.index(True)
            if not called[place]:
                called[place] = readable(parts[place]).lower()[:60]
                inner.expressions[place].replace(exp.alias_(parts[place].copy(), called[place], quoted=True))
            ordered.set("this", exp.column(called[place], quoted=True))
            return


def _one_column(node: exp.Expr, part: exp.Expr) -> bool:
    """Whether two names are of one column: one of them may lack its table."""
    if not (isinstance(node, exp.Column) and isinstance(part, exp.Column)):
        return False
    tables = {str(each.table).lower() for each in (node, part)} - {""}
    return node.name.lower() == part.name.lower() and len(tables) < 2


def _aggregates(item: exp.Expr) -> bool:
    """Whether an item of SELECT is computed from groups: by an aggregate that is no window function."""
    for call in item.find_all(exp.AggFunc):
        outer = call.parent.parent if isinstance(call.parent, exp.Filter) else call.parent
        query = call.find_ancestor(exp.Query)
        if not isinstance(outer, exp.Window) and query is item.find_ancestor(exp.Query):
            return True
    return False
