"""WITH: every use of a named subquery becomes the subquery itself, in FROM."""

from __future__ import annotations

from sqlglot import exp

from sandbox.plan.refusals import Problems

MAX_NODES = 20_000
"""Nodes of a statement with its named subqueries written out: names that use names multiply."""


def expand(root: exp.Query, problems: Problems) -> None:
    """Write out named subqueries in place. A name stands for its subquery from the next one on."""
    for table in list(root.find_all(exp.Subquery)):
        _call(table.this, table.args.get("alias"), problems)
    found = root.args.get("with_")
    if found is None:
        return
    root.set("with_", None)
    bodies: dict[str, exp.Query] = {}
    for part in found.expressions:
        name = str(part.alias).lower()
        if name in bodies:
            problems.stop("duplicate_alias", part, name=part.alias)
        _call(part.this, part.args.get("alias"), problems)
        _replace(part.this, bodies, problems)
        bodies[name] = part.this
    _replace(root, bodies, problems)


def _call(query: exp.Expr, alias: exp.Expr | None, problems: Problems) -> None:
    """Write the names of ``AS t (a, b)`` as aliases of the items."""
    names = alias.args.get("columns") if alias is not None else None
    if not names or alias is None:
        return
    select = query
    while isinstance(select, (exp.SetOperation, exp.Subquery)):
        select = select.this
    rows = select.args["from_"].this if isinstance(select, exp.Select) and select.args.get("from_") else None
    if isinstance(rows, exp.Values) and select.is_star:
        rows.args["alias"].set("columns", [name.copy() for name in names])
        alias.set("columns", None)
        return
    if not isinstance(select, exp.Select) or len(names) != len(select.expressions):
        wanted = "as many names as items of SELECT"
        problems.stop("argument_count", alias, what="AS", wanted=wanted, example="AS t (a, b)")
    items = [item.this if isinstance(item, exp.Alias) else item for item in select.expressions]
    pairs = zip(items, names, strict=True)
    select.set("expressions", [exp.Alias(this=item, alias=name.copy()) for item, name in pairs])
    alias.set("columns", None)


def _replace(query: exp.Query, bodies: dict[str, exp.Query], problems: Problems) -> None:
    total = sum(1 for _ in query.walk())
    for table in list(query.find_all(exp.Table)):
        body = bodies.get(str(table.name).lower())
        if body is None:
            continue
        total += sum(1 for _ in body.walk())
        if total > MAX_NODES:
            problems.stop("statement_too_deep", table)
        alias = exp.TableAlias(this=exp.to_identifier(table.alias_or_name, quoted=True))
        made = exp.Subquery(this=body.copy(), alias=alias)
        table.replace(made)
        _call(made.this, table.args.get("alias"), problems)
