"""Other spellings of what the dialect has: each becomes the one that is planned, before anything is checked.

Nothing is copied that could hold much: a statement grows by no more than some constant for each of its words.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from sandbox.plan.names import readable
from sandbox.plan.refusals import Problems

MAX_NODES = 20_000
"""Nodes of a statement with every named window written out."""
Spelling = Callable[[exp.Expr, Problems], exp.Expr | None]


def spelled(root: exp.Query, problems: Problems) -> exp.Query:
    """The statement with every other spelling rewritten in place, the innermost first."""
    for node in reversed(list(root.walk())):
        rewrite = _SPELLINGS.get(type(node))
        made = rewrite(node, problems) if rewrite is not None else None
        if made is None:
            continue
        if node is root:
            assert isinstance(made, exp.Query)  # only a SELECT stands at the root
            root = made
        else:
            node.replace(made)
    return root


def _ilike(node: exp.Expr, _problems: Problems) -> exp.Expr | None:
    pattern = node.args["expression"]
    if not isinstance(pattern, exp.Literal):
        return None
    made = exp.Literal.string(lowered(str(pattern.this)))
    return exp.Like(this=exp.Lower(this=node.this), expression=made, negate=node.args.get("negate"))


def lowered(text: str) -> str:
    """A pattern in small letters, sign by sign, as the engine's ``lower`` has it.

    >>> lowered("I1%"), len(lowered("İ"))
    ('i1%', 1)
    """
    return "".join(small if len(small := sign.lower()) == 1 else sign for sign in text)


def _any(node: exp.Expr, _problems: Problems) -> exp.Expr | None:
    """``x = ANY ([…])``."""
    right = node.args["expression"]
    inner = right.this if isinstance(right, exp.Any) else None
    inner = inner.this if isinstance(inner, exp.Paren) else inner
    return exp.In(this=node.this, expressions=inner.expressions) if isinstance(inner, exp.Array) else None


def _contained(node: exp.Expr, _problems: Problems) -> exp.Expr | None:
    """``list_contains([…], x)``."""
    values = node.this
    if not isinstance(values, exp.Array):
        return None
    return exp.In(this=node.args["expression"], expressions=values.expressions)


def _rows_in(node: exp.Expr, _problems: Problems) -> exp.Expr | None:
    """``(a, b) IN ((1, 2), (3, 4))`` of columns. Rows are equal or not, whatever in them is NULL."""
    left, rows = node.this, node.expressions
    if not isinstance(left, exp.Tuple) or not rows:
        return None
    count = len(left.expressions)
    fits = all(isinstance(row, exp.Tuple) and len(row.expressions) == count for row in rows)
    if not fits or not all(isinstance(part, exp.Column) for part in left.expressions):
        return None
    either = [
        exp.and_(
            *(
                exp.NullSafeEQ(this=one.copy(), expression=two)
                for one, two in zip(left.expressions, row.expressions, strict=True)
            ),
            copy=False,
        )
        for row in rows
    ]
    return exp.Paren(this=exp.or_(*either, copy=False))


def _regr_r2(node: exp.Expr, _problems: Problems) -> exp.Expr:
    corr = exp.Corr(this=node.this, expression=node.args["expression"])
    return exp.Pow(this=corr, expression=exp.Literal.number(2))


def _regr_count(node: exp.Expr, _problems: Problems) -> exp.Expr:
    known = [_known(side) for side in (node.this, node.args["expression"])]
    return exp.Count(this=_case(exp.and_(*known, copy=False), exp.Literal.number(1)))


def _regr_mean(node: exp.Expr, _problems: Problems) -> exp.Expr:
    y, x = node.this, node.args["expression"]
    of, beside = (x, y) if isinstance(node, exp.RegrAvgx) else (y, x)
    return exp.Avg(this=_case(_known(beside), of))


def _known(node: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=node, expression=exp.Null()))


def _case(when: exp.Expr, then: exp.Expr) -> exp.Case:
    return exp.Case(ifs=[exp.If(this=when, true=then)])


def _last_day(node: exp.Expr, _problems: Problems) -> exp.Expr | None:
    if node.args.get("unit"):
        return None
    first = exp.TimestampTrunc(this=node.this, unit=exp.Var(this="MONTH"))
    return exp.Sub(
        this=exp.Paren(this=exp.Add(this=first, expression=_interval("MONTH"))), expression=_interval("DAY")
    )


def _interval(unit: str) -> exp.Interval:
    return exp.Interval(this=exp.Literal.string("1"), unit=exp.Var(this=unit))


def _anonymous(node: exp.Expr, _problems: Problems) -> exp.Expr | None:
    name, given = str(node.this).lower(), node.expressions
    if name in ("prefix", "suffix") and len(given) == 2:
        cls: type[exp.Expr] = exp.StartsWith if name == "prefix" else exp.EndsWith
        return cls(this=given[0], expression=given[1])
    if name == "iff" and len(given) == 3:
        return exp.If(this=given[0], true=given[1], false=given[2])
    if name == "weekday" and len(given) == 1:
        return exp.DayOfWeek(this=given[0])
    return None


def _any_value(node: exp.Expr, _problems: Problems) -> exp.Expr | None:
    """The parser's IGNORE NULLS around ANY_VALUE, which nobody wrote."""
    inner: exp.Expr = node.this
    return inner if isinstance(inner, exp.AnyValue) else None


def _fetch(node: exp.Expr, _problems: Problems) -> exp.Expr | None:
    """``FETCH FIRST 3 ROWS ONLY``."""
    options = node.args.get("limit_options")
    if options is not None and (options.args.get("percent") or options.args.get("with_ties")):
        return None
    return exp.Limit(expression=node.args.get("count"))


def _main(node: exp.Expr, _problems: Problems) -> exp.Expr | None:
    """The schema that DuckDB's tables are in unless said otherwise."""
    if not node.args.get("catalog") and str(node.args.get("db") or "").strip('"').lower() == "main":
        node.set("db", None)
    return None


def _select(node: exp.Expr, problems: Problems) -> exp.Expr | None:
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


_SPELLINGS: dict[type[exp.Expr], Spelling] = {
    exp.ILike: _ilike, exp.EQ: _any, exp.ArrayContains: _contained,
    exp.In: _rows_in, exp.RegrR2: _regr_r2, exp.RegrCount: _regr_count,
    exp.RegrAvgx: _regr_mean, exp.RegrAvgy: _regr_mean, exp.LastDay: _last_day, exp.Anonymous: _anonymous,
    exp.Fetch: _fetch, exp.IgnoreNulls: _any_value, exp.Table: _main, exp.Column: _main, exp.Select: _select,
}  # fmt: skip
"""Node class → its other spelling, or None where it is the dialect's own already."""
