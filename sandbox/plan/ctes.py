"""WITH: every use of a named subquery becomes the subquery itself, in FROM."""

from __future__ import annotations

from sqlglot import exp

from sandbox.plan.refusals import Problems

MAX_NODES = 20_000
"""Nodes of a statement with its named subqueries written out: names that use names multiply."""


def expand(root: exp.Select, problems: Problems) -> None:
    """Write out named subqueries in place. A name stands for its subquery from the next one on."""
    found = root.args.get("with_")
    if found is None:
        return
    root.set("with_", None)
    bodies: dict[str, exp.Select] = {}
    for part in found.expressions:
        name = str(part.alias).lower()
        if name in bodies:
            problems.stop("duplicate_alias", part, name=part.alias)
        _replace(part.this, bodies, problems)
        bodies[name] = part.this
    _replace(root, bodies, problems)


def _replace(select: exp.Select, bodies: dict[str, exp.Select], problems: Problems) -> None:
    total = sum(1 for _ in select.walk())
    for table in list(select.find_all(exp.Table)):
        body = bodies.get(str(table.name).lower())
        if body is None:
            continue
        total += sum(1 for _ in body.walk())
        if total > MAX_NODES:
            problems.stop("statement_too_deep", table)
        alias = exp.TableAlias(this=exp.to_identifier(table.alias_or_name, quoted=True))
        table.replace(exp.Subquery(this=body.copy(), alias=alias))
