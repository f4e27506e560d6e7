"""Other spellings of what the dialect has: each becomes the one that is planned, before anything is checked.

Nothing is copied that could hold much: a statement grows by no more than some constant for each of its words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from sandbox.plan.refusals import Problems
from sandbox.plan.selects import whole_select

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


def _equal(node: exp.Expr, _problems: Problems) -> exp.Expr | None:
    """``x = ANY ([…])``, ``x = ANY (SELECT …)`` and ``(a, b) = (1, 2)``."""
    left, right = node.this, node.args["expression"]
    if isinstance(right, exp.Any):
        inner = right.this.this if isinstance(right.this, exp.Paren) else right.this
        if isinstance(inner, exp.Array):
            return exp.In(this=left, expressions=inner.expressions)
        return exp.In(this=left, query=_query(inner)) if isinstance(inner, exp.Query) else None
    return exp.Paren(this=_row_is(left, right)) if _rows_of_columns(left, [right]) else None


def _different(node: exp.Expr, _problems: Problems) -> exp.Expr | None:
    """``x <> ALL (SELECT …)`` and ``(a, b) <> (1, 2)``."""
    left, right = node.this, node.args["expression"]
    if isinstance(right, exp.All) and isinstance(right.this, exp.Query):
        return exp.Not(this=exp.In(this=left, query=_query(right.this)))
    return exp.Not(this=exp.Paren(this=_row_is(left, right))) if _rows_of_columns(left, [right]) else None


def _query(node: exp.Query) -> exp.Subquery:
    return node if isinstance(node, exp.Subquery) else exp.Subquery(this=node)


def _contained(node: exp.Expr, _problems: Problems) -> exp.Expr | None:
    """``list_contains([…], x)``."""
    values = node.this
    if not isinstance(values, exp.Array):
        return None
    return exp.In(this=node.args["expression"], expressions=values.expressions)


def _rows_in(node: exp.Expr, _problems: Problems) -> exp.Expr | None:
    """``(a, b) IN ((1, 2), (3, 4))`` of columns. Rows are equal or not, whatever in them is NULL."""
    if not node.expressions or not _rows_of_columns(node.this, node.expressions):
        return None
    return exp.Paren(this=exp.or_(*(_row_is(node.this, row) for row in node.expressions), copy=False))


def _rows_of_columns(left: exp.Expr, rows: Sequence[exp.Expr]) -> bool:
    """Whether a row of columns is compared with rows of as many values."""
    if not isinstance(left, exp.Tuple) or not all(isinstance(part, exp.Column) for part in left.expressions):
        return False
    return all(isinstance(row, exp.Tuple) and len(row.expressions) == len(left.expressions) for row in rows)


def _row_is(left: exp.Expr, row: exp.Expr) -> exp.Expr:
    """Rows are equal where all their parts are, and NULLs among these too, as the engine has it."""
    pairs = zip(left.expressions, row.expressions, strict=True)
    return exp.and_(*(exp.NullSafeEQ(this=one.copy(), expression=two) for one, two in pairs), copy=False)


def _similar(node: exp.Expr, _problems: Problems) -> exp.Expr:
    """SIMILAR TO: the engine's is a regular expression of the whole text."""
    return exp.RegexpFullMatch(this=node.this, expression=node.args["expression"])


def _count(node: exp.Expr, _problems: Problems) -> exp.Expr | None:
    """``COUNT(DISTINCT CASE WHEN c THEN x END)``: the rows that have a value, by FILTER."""
    inner = node.this
    if not isinstance(inner, exp.Distinct) or len(inner.expressions) != 1:
        return None
    found = _only(inner.expressions[0])
    if found is None or isinstance(node.parent, (exp.Filter, exp.Window)):
        return None
    condition, value = found
    inner.set("expressions", [value])
    return exp.Filter(this=node.copy(), expression=exp.Where(this=condition))


def _only(node: exp.Expr) -> tuple[exp.Expr, exp.Column] | None:
    """The condition and the column of a CASE or IF that is NULL otherwise."""
    if isinstance(node, exp.Case):
        branches = node.args["ifs"]
        branch = branches[0] if len(branches) == 1 and not node.this else None
        otherwise = node.args.get("default")
    else:
        branch, otherwise = (node, node.args.get("false")) if isinstance(node, exp.If) else (None, None)
    if branch is None or not isinstance(branch.args["true"], exp.Column):
        return None
    return (branch.this, branch.args["true"]) if isinstance(otherwise, exp.Null | None) else None


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


_SPELLINGS: dict[type[exp.Expr], Spelling] = {
    exp.ILike: _ilike, exp.EQ: _equal, exp.NEQ: _different, exp.SimilarTo: _similar, exp.Count: _count,
    exp.ArrayContains: _contained,
    exp.In: _rows_in, exp.RegrR2: _regr_r2, exp.RegrCount: _regr_count,
    exp.RegrAvgx: _regr_mean, exp.RegrAvgy: _regr_mean, exp.LastDay: _last_day, exp.Anonymous: _anonymous,
    exp.Fetch: _fetch, exp.IgnoreNulls: _any_value, exp.Table: _main, exp.Column: _main,
    exp.Select: whole_select,
}  # fmt: skip
"""Node class → its other spelling, or None where it is the dialect's own already."""
