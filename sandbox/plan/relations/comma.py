"""Tables joined by commas, as joins that say on what: SQL of the kind ``FROM a, b WHERE a.x = b.x``.

An equality of two tables' columns in WHERE moves into the join that brings in the later of them. Inner joins
may be taken in any order, so tables are joined in one in which each has an equality with those before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from sandbox.nouns.plan import Facts
from sandbox.plan.clauses import star
from sandbox.plan.names import Scan, granted, visible_tables
from sandbox.plan.relations.conjuncts import conjuncts
from sandbox.plan.relations.values import names_of
from sandbox.plan.rows import Rows

WRITTEN = "written"
"""Where a SELECT whose tables were put in another order keeps their places, in that of the statement."""


@dataclass(frozen=True)
class _Side:
    """A table of FROM with the names of its columns, as far as the text and public facts tell."""

    node: exp.Expr
    alias: str
    names: frozenset[str]
    protected: bool


def explicit(select: exp.Select, rows: Rows) -> None:
    """Write comma joins as ``JOIN … ON``, in the tree itself. Other joins stay as they are."""
    joins = select.args.get("joins") or []
    if not any(_comma(node) for node in joins):
        return
    if any(node.args.get("side") in ("RIGHT", "FULL") for node in joins):
        rows.problems.stop("comma_join", select, left="a", right="b")
    sides = written = sides_of(select, rows.scope.facts)
    where = select.args.get("where")
    pool = conjuncts(where.this if where is not None else None)
    pool += [extra for part in pool for extra in _common(part)]
    if all(_inner(node) for node in joins):
        pool += [part for node in joins for part in conjuncts(node.args.get("on"))]
        sides = _ordered(written, pool)
        select.meta[WRITTEN] = [next(n for n, side in enumerate(sides) if side is one) for one in written]
        kept: list[exp.Join | None] = [None] * (len(sides) - 1)
    else:
        kept = [None if _comma(node) else node for node in joins]
    made: list[exp.Join] = []
    for place, old in enumerate(kept, 1):
        if old is not None:
            made.append(old)
            continue
        own = [part for part in pool if _placed(part, sides, place)]
        pool = [part for part in pool if all(part is not one for one in own)]
        on = exp.and_(*own, copy=True) if own else None
        made.append(exp.Join(this=sides[place].node, on=on, kind=None if on else "CROSS"))
    select.args["from_"].set("this", sides[0].node)
    select.set("joins", made)
    left = [part for part in pool if part.parent is not None]
    select.set("where", exp.Where(this=exp.and_(*left, copy=True)) if left else None)


def as_written(star_: exp.Expr, scans: Sequence[Scan]) -> list[Scan]:
    """Tables of FROM in the order in which the statement names them, as ``*`` shows them."""
    select = star_.parent_select
    order = select.meta.get(WRITTEN, []) if select is not None else []
    return [*(scans[place] for place in order), *scans[len(order) :]]


def _comma(node: exp.Join) -> bool:
    return not any(node.args.get(name) for name in ("on", "using", "side", "kind", "method"))


def _inner(node: exp.Join) -> bool:
    plain = not any(node.args.get(name) for name in ("side", "using", "method"))
    return plain and node.args.get("kind") in (None, "", "INNER", "CROSS")


def _side(node: exp.Expr, facts: Facts) -> _Side:
    names: set[str] = set()
    protected = any(
        (table := visible_tables(facts).get(str(part.name).lower())) is not None and not table.public
        for part in node.find_all(exp.Table)
    )
    if isinstance(node, exp.Table):
        table = visible_tables(facts).get(str(node.name).lower())
        if table is not None:
            names = {*granted(facts, table), *([(table.unit or "").lower()] if table.via is None else [])}
    elif isinstance(node, exp.Values):
        names = set(names_of(node))
    elif isinstance(node, exp.Subquery):
        names = _items(node.this, facts)
    return _Side(node, str(node.alias_or_name).lower(), frozenset(names), protected)


def sides_of(select: exp.Select, facts: Facts) -> list[_Side]:
    """Tables of a FROM with the names of their columns, as far as the text and public facts tell."""
    source = select.args.get("from_")
    nodes = [source, *(select.args.get("joins") or ())] if source is not None else []
    return [_side(node.this, facts) for node in nodes]


def _items(node: exp.Expr, facts: Facts) -> set[str]:
    while isinstance(node, (exp.SetOperation, exp.Subquery)):
        node = node.this
    names = {str(item.alias_or_name).lower() for item in node.expressions if not star(item)}
    if isinstance(node, exp.Select) and any(star(item) for item in node.expressions):
        names.update(*(side.names for side in sides_of(node, facts)))
    return names


def _common(part: exp.Expr) -> list[exp.Expr]:
    """Equalities that stand in every branch of an OR: they hold for the whole."""
    if not isinstance(part, exp.Or):
        return []
    branches: list[exp.Expr] = []
    stack: list[exp.Expr] = [part]
    while stack:
        node = stack.pop()
        while isinstance(node, exp.Paren):
            node = node.this
        if isinstance(node, exp.Or):
            stack += [node.this, node.expression]
        else:
            branches.append(node)
    found = [{one.sql(): one for one in conjuncts(node) if isinstance(one, exp.EQ)} for node in branches]
    return [one.copy() for text, one in found[0].items() if all(text in other for other in found)]


def _touched(part: exp.Expr, sides: Sequence[_Side]) -> set[int] | None:
    """Places of the tables that a conjunct names; None when it cannot be told, or holds a subquery."""
    if part.find(exp.Select):
        return None
    found: set[int] = set()
    for column in part.find_all(exp.Column):
        qualifier, name = str(column.table).lower(), str(column.name).lower()
        own = {
            place for place, side in enumerate(sides)
            if (side.alias == qualifier if qualifier else name in side.names)
        }  # fmt: skip
        if len(own) != 1:
            return None
        found |= own
    return found


def _placed(part: exp.Expr, sides: Sequence[_Side], place: int) -> bool:
    """Whether a conjunct equates columns of two tables, the later of which is the one at ``place``.

    Anything else stays in WHERE, where it is a filter.
    """
    if not isinstance(part, exp.EQ) or not all(
        isinstance(side, exp.Column) for side in part.iter_expressions()
    ):
        return False
    touched = _touched(part, sides)
    return touched is not None and len(touched) > 1 and max(touched) == place


def _ordered(sides: Sequence[_Side], pool: Iterable[exp.Expr]) -> list[_Side]:
    """An order in which each table has an equality with one before it, as far as there is one."""
    links = [
        touched for part in pool
        if isinstance(part, exp.EQ) and (touched := _touched(part, sides)) and len(touched) == 2
    ]  # fmt: skip
    left = list(range(len(sides)))
    start = next((place for place in left if sides[place].protected), 0)
    order = [start]
    left.remove(start)
    while left:
        linked = (
            place for place in left if any(place in two and two - {place} <= set(order) for two in links)
        )
        place = next(linked, left[0])
        order.append(place)
        left.remove(place)
    return [sides[place] for place in order]
