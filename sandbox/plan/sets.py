"""GROUPING SETS, ROLLUP and CUBE: every set becomes a SELECT of its own, joined by UNION ALL.

Each set is measured and paid for. That beats adding up the finest one as soon as a total has more than as
many cells as there are sets, and it is what distinct counts and quantiles need; who wants sums of the finest
set instead writes an aggregate of aggregates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import prod

from sqlglot import exp

from sandbox.nouns.plan import Facts
from sandbox.plan.clauses import aggregates, aliases_of, ordinal
from sandbox.plan.refusals import Problems
from sandbox.plan.relations.comma import sides_of

MAX_SETS = 16
"""Sets of one GROUP BY."""
MAX_NODES = 20_000
"""Nodes of a statement with every set written out."""
_SETS = (exp.GroupingSets, exp.Rollup, exp.Cube, exp.Tuple)
_GROUPING = (exp.Grouping, exp.GroupingId)
_INSIDE = (exp.AggFunc, exp.Filter, exp.WithinGroup, exp.Query)
"""What looks at rows, where a key has its value in every set."""
_WHOLE = ("order", "limit", "offset")
"""Clauses of the whole, not of one set."""
ABSENT = "absent"
"""Where the SELECT of a set keeps the keys that it lacks: subqueries that name one look for NULL."""
Set = tuple[exp.Expr, ...]


def unfold(root: exp.Query, problems: Problems, facts: Facts) -> exp.Query:
    """The statement with every set written out. A key is a column of FROM before it is an output name.

    Raises:
        Stopped: more than ``MAX_SETS``, or a clause that would see single sets only.
    """
    for select in reversed(list(root.find_all(exp.Select))):
        group = select.args.get("group")
        if group is None or not (group.find(*_SETS) or _calls(select)):
            continue
        made = _unfolded(select, group, problems, facts)
        if select is root:
            root = made
        else:
            select.replace(made)
        if sum(1 for _ in root.walk()) > MAX_NODES:
            problems.stop("statement_too_deep", group)
    return root


def _unfolded(select: exp.Select, group: exp.Group, problems: Problems, facts: Facts) -> exp.Query:
    alternatives = [_sets_of(item, problems) for item in group.expressions]
    if prod(map(len, alternatives)) > MAX_SETS:
        problems.stop("too_many_boundaries", group, limit=MAX_SETS)
    sets = [_once(item for part in parts for item in part) for parts in product(*alternatives)]
    everything = _once(item for one in sets for item in one)
    if len(sets) > 1:
        _check_whole(select, problems)
    order = select.args.get("order")
    for ordered in order.expressions if order is not None and len(sets) > 1 else ():
        _name_place(ordered, select)
    columns = frozenset[str]().union(*(side.names for side in sides_of(select, facts)))
    outputs = {name: item for name, item in aliases_of(select).items() if name not in columns}
    branches = [_branch(select, one, everything, outputs, len(sets) > 1, problems) for one in sets]
    whole: exp.Query = branches[0]
    for branch in branches[1:]:
        whole = exp.Union(this=whole, expression=branch, distinct=False)
    for clause in _WHOLE if len(sets) > 1 else ():
        whole.set(clause, select.args.get(clause))
    return whole


def _sets_of(item: exp.Expr, problems: Problems) -> list[Set]:
    """The sets that one item of GROUP BY stands for, widest first.

    >>> import sqlglot
    >>> group = sqlglot.parse_one("SELECT 1 GROUP BY ROLLUP (a, (b, c))", read="duckdb").args["group"]
    >>> [len(one) for one in _sets_of(group.expressions[0], Problems(""))]
    [3, 1, 0]
    """
    if isinstance(item, (exp.Tuple, exp.Paren)):
        return [_parts(item)]
    if isinstance(item, exp.GroupingSets):
        return [one for part in item.expressions for one in _sets_of(part, problems)]
    if not isinstance(item, (exp.Rollup, exp.Cube)):
        return [(item,)]
    parts = [_parts(part) for part in item.expressions]
    if isinstance(item, exp.Rollup):
        return [_flat(parts[:length]) for length in range(len(parts), -1, -1)]
    if 2 ** len(parts) > MAX_SETS:
        problems.stop("too_many_boundaries", item, limit=MAX_SETS)
    chosen = sorted(product((True, False), repeat=len(parts)), key=sum, reverse=True)
    return [_flat([part for part, kept in zip(parts, each, strict=True) if kept]) for each in chosen]


def _parts(item: exp.Expr) -> Set:
    """``(a, b)``, ``(a)`` or ``a``."""
    if isinstance(item, exp.Tuple):
        return tuple(item.expressions)
    return (item.this if isinstance(item, exp.Paren) else item,)


def _flat(parts: Sequence[Set]) -> Set:
    return tuple(item for part in parts for item in part)


def _once(items: Iterable[exp.Expr]) -> Set:
    found: list[exp.Expr] = []
    for item in items:
        if not any(_same(item, other) for other in found):
            found.append(item)
    return tuple(found)


def _check_whole(select: exp.Select, problems: Problems) -> None:
    """Refuse what would have to see the rows of all sets together."""
    parts = [select.args.get("distinct"), select.args.get("qualify")]
    parts += [window for item in select.expressions for window in item.find_all(exp.Window)]
    for part in parts:
        if part is not None:
            problems.stop(
                "written_otherwise", part, what=f"{part.key.upper()} beside several grouping sets",
                help="SELECT … FROM (SELECT … GROUP BY ROLLUP (…)) AS t, and there what sees all of its rows",
            )  # fmt: skip


def _branch(
    select: exp.Select,
    chosen: Set,
    everything: Set,
    outputs: Mapping[str, exp.Expr],
    several: bool,
    problems: Problems,
) -> exp.Select:
    """The SELECT of one set: keys that it lacks are NULL, outside of aggregates."""
    made = select.copy()
    keys = [ordinal(item, select, problems) or item for item in chosen]
    names = {item.name.lower() for item in keys if isinstance(item, exp.Column) and not item.table}
    lacks = [
        item
        for item in (ordinal(each, select, problems) or each for each in everything)
        if not any(_same(item, key) for key in keys)
    ]
    made.meta[ABSENT] = lacks
    made.set("group", exp.Group(expressions=[item.copy() for item in keys]) if keys else None)
    lacking = [item for item in lacks if isinstance(item, exp.Column) and not item.table]
    hidden = [outputs[item.name.lower()] for item in lacking if item.name.lower() in outputs]
    absent = [*lacks, *(item.copy() for item in hidden if not item.find(*_INSIDE))]
    for item in list(made.expressions):
        named = item if isinstance(item, exp.Alias) else exp.alias_(item.copy(), _name(item), quoted=True)
        if named is not item and not isinstance(item, exp.Star):
            item.replace(named)
        _null(named, absent, [*keys, *(outputs[name] for name in names if name in outputs)], problems)
    having = made.args.get("having")
    if having is not None:
        _null(having, absent, keys, problems)
    for clause in _WHOLE if several else ():
        made.set(clause, None)
    if not keys and not aggregates(made):
        problems.stop("row_level_output", select, name="the set of all rows", help="COUNT(*)")
    return made


def _null(node: exp.Expr, absent: Sequence[exp.Expr], keys: Sequence[exp.Expr], problems: Problems) -> None:
    """Put NULL for absent keys and a number for GROUPING, below a node.

    A key of the set is one value, whatever absent keys it is made of.
    """
    if isinstance(node, _GROUPING):
        node.replace(exp.Literal.number(_bits(node, absent, keys, problems)))
    elif any(_same(node, key) for key in absent):
        node.replace(exp.Null())
    elif not isinstance(node, _INSIDE) and not any(_same(node, key) for key in keys):
        for child in list(node.iter_expressions()):
            _null(child, absent, keys, problems)


def _bits(node: exp.Expr, absent: Sequence[exp.Expr], keys: Sequence[exp.Expr], problems: Problems) -> int:
    """GROUPING(a, b): a bit for each key, the first the highest, 1 where the set lacks it."""
    bits = 0
    for item in node.expressions:
        lacks = any(_same(item, key) for key in absent)
        if not lacks and not any(_same(item, key) for key in keys):
            problems.stop("row_level_output", node, name=item.name, help=f"GROUP BY {item.name}")
        bits = 2 * bits + lacks
    return bits


def _name_place(ordered: exp.Expr, select: exp.Select) -> None:
    """ORDER BY an item of SELECT, by its place: the whole knows its columns alone."""
    node = ordered.this
    plain = isinstance(node, exp.Column) and not node.table
    named = [plain and node.name.lower() == item.alias.lower() for item in select.expressions]
    inner = [item.this if isinstance(item, exp.Alias) else item for item in select.expressions]
    for found in (named, [_same(node, item) for item in inner]):
        if any(found):
            node.replace(exp.Literal.number(found.index(True) + 1))
            return


def _same(one: object, other: object) -> bool:
    """Whether two expressions are one: columns with and without their tables are."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if not isinstance(one, exp.Expr) or not isinstance(other, exp.Expr):
        return one == other
    if type(one) is not type(other):
        return False
    if isinstance(one, exp.Column) and isinstance(other, exp.Column):
        tables = {one.table.lower(), other.table.lower()} - {""}
        return one.name.lower() == other.name.lower() and len(tables) < 2
    if isinstance(one, exp.Identifier):
        return one.name.lower() == other.name.lower()
    mine, theirs = (
        {name: value for name, value in each.args.items() if value is not None and value is not False}
        for each in (one, other)
    )
    names = {name for args in (mine, theirs) for name, value in args.items() if value != []}
    return all(_same(mine.get(name), theirs.get(name)) for name in names)


def _name(item: exp.Expr) -> str:
    """What an item without a name is called."""
    if isinstance(item, exp.Column):
        return str(item.name)
    return item.sql(dialect="duckdb", comments=False).lower()[:60]


def _calls(select: exp.Select) -> bool:
    """Whether GROUPING is called."""
    return any(part.find(*_GROUPING) for part in [*select.expressions, select.args.get("having")] if part)
