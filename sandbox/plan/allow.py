"""The allow-list: every node class and every argument on it that the dialect knows.

Exact classes, not families: a subclass that a newer parser invents is refused until it is listed. An argument
that is set and not listed (FILTER, WITHIN GROUP, TABLESAMPLE, IGNORE NULLS …) is refused, never dropped.
"""

from __future__ import annotations

from typing import NoReturn

from sqlglot import exp

from sandbox.plan.refusals import Problems


def _args(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BINARY = _args("this expression")
_THIS = _args("this")
_SET = _args("this expression distinct order limit offset with_")

ALLOWED: dict[type[exp.Expr], frozenset[str]] = {
    exp.Select: _args("expressions distinct from_ joins where group having qualify order limit offset with_"),
    exp.Except: _SET, exp.Intersect: _SET,
    exp.PercentRank: _args("expressions"), exp.CumeDist: _args("expressions"), exp.Ntile: _THIS,
    exp.FirstValue: _THIS, exp.LastValue: _THIS,
    exp.Subquery: _args("this alias"), exp.With: _args("expressions"), exp.CTE: _args("this alias"),
    exp.From: _THIS,
    exp.Table: _args("this alias"),
    exp.TableAlias: _args("this columns"),
    exp.Union: _SET, exp.Exists: _THIS,
    exp.Values: _args("expressions alias"), exp.Tuple: _args("expressions"),
    exp.Join: _args("this side kind on using method"),
    exp.Where: _THIS,
    exp.Group: _args("expressions"),
    exp.Having: _THIS, exp.Qualify: _THIS,
    exp.Window: _args("this partition_by order spec over"),
    exp.WindowSpec: _args("kind start start_side end end_side"),
    exp.RowNumber: frozenset(), exp.Rank: _args("expressions"), exp.DenseRank: _args("expressions"),
    exp.Lag: _args("this offset"), exp.Lead: _args("this offset"),
    exp.Order: _args("expressions"),
    exp.Ordered: _args("this desc nulls_first"),
    exp.Limit: _args("expression"),
    exp.Offset: _args("expression"),
    exp.Alias: _args("this alias"),
    exp.Identifier: _args("this quoted"),
    exp.Column: _args("this table"),
    exp.Star: _args("except_"),
    exp.Literal: _args("this is_string"),
    exp.Boolean: _THIS,
    exp.Null: frozenset(),
    exp.Paren: _THIS,
    exp.Var: _THIS,
    exp.And: _BINARY, exp.Or: _BINARY, exp.Not: _THIS,
    exp.EQ: _BINARY, exp.NEQ: _BINARY, exp.GT: _BINARY, exp.GTE: _BINARY, exp.LT: _BINARY, exp.LTE: _BINARY,
    exp.NullSafeEQ: _BINARY, exp.NullSafeNEQ: _BINARY,
    exp.Between: _args("this low high"),
    exp.In: _args("this expressions query"),
    exp.Is: _BINARY,
    exp.Like: _args("this expression negate"), exp.Escape: _BINARY,
    exp.Add: _BINARY, exp.Sub: _BINARY, exp.Mul: _BINARY, exp.Mod: _BINARY, exp.Neg: _THIS,
    exp.Div: _args("this expression typed safe"),
    exp.Case: _args("this ifs default"),
    exp.If: _args("this true false"),
    exp.WidthBucket: _args("this min_value max_value num_buckets"), exp.Array: _args("expressions"),
    exp.Coalesce: _args("this expressions"),
    exp.Nullif: _BINARY,
    exp.Greatest: _args("this expressions ignore_nulls"),
    exp.Least: _args("this expressions ignore_nulls"),
    exp.Abs: _THIS, exp.Floor: _THIS, exp.Ceil: _THIS,
    exp.Round: _args("this decimals"),
    exp.Sqrt: _THIS, exp.Ln: _THIS, exp.Exp: _THIS, exp.Pow: _BINARY,
    exp.Lower: _THIS, exp.Upper: _THIS, exp.Length: _THIS,
    exp.Substring: _args("this start length"),
    exp.Cast: _args("this to"), exp.TryCast: _args("this to safe"),
    exp.DataType: _args("this expressions nested"), exp.DataTypeParam: _THIS,
    exp.Trim: _args("this expression position"), exp.Left: _BINARY, exp.Right: _BINARY,
    exp.Replace: _args("this expression replacement"), exp.DPipe: _args("this expression safe"),
    exp.Concat: _args("expressions safe coalesce"), exp.StrPosition: _args("this substr"),
    exp.Contains: _BINARY, exp.StartsWith: _BINARY, exp.EndsWith: _BINARY, exp.RegexpLike: _BINARY,
    exp.Interval: _args("this unit"), exp.DateAdd: _BINARY,
    exp.DateDiff: _args("this expression unit date_part_boundary"),
    exp.Extract: _BINARY,
    exp.Year: _THIS, exp.Month: _THIS, exp.Day: _THIS, exp.Quarter: _THIS, exp.DayOfWeek: _THIS,
    exp.TimestampTrunc: _args("this unit"), exp.DateTrunc: _args("this unit"),
    exp.Week: _THIS, exp.WeekOfYear: _THIS, exp.DayOfYear: _THIS, exp.DayOfWeekIso: _THIS,
    exp.DayOfMonth: _THIS, exp.Hour: _THIS, exp.Minute: _THIS, exp.Second: _THIS,
    exp.TimeToStr: _args("this format"), exp.Dayname: _args("this abbreviated"),
    exp.Monthname: _args("this abbreviated"),
    exp.Log: _BINARY, exp.Trunc: _args("this decimals"), exp.Sign: _THIS, exp.Cbrt: _THIS,
    exp.Sin: _THIS, exp.Cos: _THIS, exp.Pi: frozenset(), exp.IsNan: _THIS, exp.IntDiv: _BINARY,
    exp.ConcatWs: _args("expressions safe coalesce"),
    exp.SplitPart: _args("this delimiter part_index"),
    exp.RegexpFullMatch: _BINARY,
    exp.RegexpExtract: _args("this expression group null_if_pos_overflow"),
    exp.RegexpReplace: _args("this expression replacement modifiers single_replace"),
    exp.Count: _args("this big_int"), exp.Distinct: _args("expressions"),
    exp.CountIf: _THIS, exp.Filter: _BINARY,
    exp.VariancePop: _THIS, exp.Variance: _THIS, exp.Stddev: _THIS, exp.StddevPop: _THIS,
    exp.StddevSamp: _THIS,
    exp.CovarPop: _BINARY, exp.CovarSamp: _BINARY, exp.Corr: _BINARY,
    exp.RegrSlope: _BINARY, exp.RegrIntercept: _BINARY,
    exp.Median: _THIS, exp.PercentileCont: _BINARY, exp.PercentileDisc: _BINARY, exp.WithinGroup: _BINARY,
    exp.Quantile: _args("this quantile"), exp.ApproxQuantile: _args("this quantile"), exp.Mode: _THIS,
    exp.Sum: _THIS, exp.Avg: _THIS, exp.Min: _THIS, exp.Max: _THIS,
    exp.GroupingSets: _args("expressions"), exp.Rollup: _args("expressions"), exp.Cube: _args("expressions"),
    exp.Grouping: _args("expressions"), exp.GroupingId: _args("expressions"),
    exp.Anonymous: _args("this expressions"),
}  # fmt: skip
"""Node class → arguments that may be set."""

FUNCTIONS = frozenset({"clamp", "date_part", "date_sub", "datesub"})
"""Functions that the parser has no class for."""

_OTHERWISE = {
    "logicaland": "AVG({x}), the share of rows where it is true, and compare it with 1",
    "logicalor": "AVG({x}), the share of rows where it is true, and compare it with 0",
    "approxdistinct": "COUNT(DISTINCT {x})",
    "approxtopk": "SELECT {x}, COUNT(*) AS n … GROUP BY {x} ORDER BY n DESC LIMIT 3",
    "approx_top_k": "SELECT {x}, COUNT(*) AS n … GROUP BY {x} ORDER BY n DESC LIMIT 3",
    "histogram": "SELECT width_bucket({x}, 0, 100, 10) AS bucket, COUNT(*) … GROUP BY bucket",
}
"""What one row decides, gives a list or changes with the clock, and what answers the same need."""
_OTHERWISE |= dict.fromkeys(("anyvalue", "first", "last", "argmax", "argmin"), "MODE({x})")
_OTHERWISE |= dict.fromkeys(("skewness", "kurtosis", "mad"), "STDDEV({x}) or QUANTILE_CONT({x}, 0.9)")
_OTHERWISE |= dict.fromkeys(("to_char", "tochar", "date_format"), "strftime({x}, '%Y-%m')")
_OTHERWISE |= {
    "bracket": "substr({x}, 1, 3)",
    "age": "date_sub('year', {x}, DATE '2025-12-31')",
    "timetounix": "date_diff('second', TIMESTAMP '1970-01-01', {x})",
    "datefromparts": "date_trunc('month', TRY_CAST('2025-01-31' AS DATE)) or that of a column",
    "currentdate": "DATE '2025-12-31' or another day: what is asked does not change with the clock",
    "currenttimestamp": "TIMESTAMP '2025-12-31 00:00:00' or another time",
}
_SUBQUERY = (exp.Any, exp.All)
_GROUPS = (exp.Group, exp.GroupingSets, exp.Rollup, exp.Cube)
_TABLE_ARGS = {"db": "catalogue_not_visible", "catalog": "catalogue_not_visible"}


def check_allowed(root: exp.Expr, problems: Problems) -> None:
    """Note every node and argument of a tree that the dialect lacks."""
    stack = [root]
    while stack:
        node = stack.pop()
        with problems.part():
            _check_node(node, node is root, problems)
            stack.extend(node.iter_expressions())  # not below a refused node: one problem is said once


def _check_node(node: exp.Expr, root: bool, problems: Problems) -> None:
    if not root:
        _check_subquery(node, problems)
    allowed = ALLOWED.get(type(node))
    if allowed is None:
        _refuse_class(node, problems)
    for name, value in node.args.items():
        if value in (None, False, "", []) or name in allowed:
            continue
        _refuse_argument(node, name, value, problems)
    _check_special(node, problems)


def _check_subquery(node: exp.Expr, problems: Problems) -> None:
    """Subqueries stand in FROM, JOIN, WITH, EXISTS, IN, or as a value; WITH before the whole statement."""
    above = node.parent
    table = isinstance(above, (exp.From, exp.Join)) and above.this is node
    body = isinstance(above, (exp.CTE, exp.Subquery, exp.SetOperation, exp.Exists))
    if isinstance(node, (exp.Select, exp.SetOperation)) and not body:
        problems.stop("subquery_not_supported", node)
    if isinstance(node, exp.SetOperation) and isinstance(above, exp.Exists):
        problems.stop("subquery_not_supported", node)
    if isinstance(node, exp.Subquery) and node.args.get("alias") and not table:
        problems.stop("subquery_not_supported", node)
    if isinstance(node, (exp.CTE, exp.Subquery)) and not isinstance(node.this, (exp.Query, exp.Values)):
        what = "a table" if isinstance(node.this, exp.Table) else "what is no SELECT"
        problems.stop("construct_not_supported", node, what=f"{what} in parentheses")
    if isinstance(node, exp.Values) and not table:
        problems.stop("construct_not_supported", node, what="VALUES here")
    if isinstance(node, exp.Tuple) and not isinstance(above, (exp.Values, *_GROUPS)):
        problems.stop("construct_not_supported", node, what="a row of values")
    named = isinstance(above, (exp.Values, exp.CTE, exp.Subquery))
    if isinstance(node, exp.TableAlias) and node.args.get("columns") and not named:
        problems.stop("construct_not_supported", node, what="a list of column names")
    if isinstance(node, exp.With) and above is not None and above.parent is not None:
        problems.stop("subquery_not_supported", node)


def _refuse_class(node: exp.Expr, problems: Problems) -> NoReturn:
    if isinstance(node, _SUBQUERY):
        problems.stop("subquery_not_supported", node)
    if isinstance(node, exp.SetOperation):
        problems.stop("set_operation_not_supported", node)
    if isinstance(node, (exp.Placeholder, exp.Parameter, exp.SessionParameter)):
        problems.stop("parameter_not_supported", node)
    _check_otherwise(node, node.key, problems)
    if isinstance(node, exp.Func):
        problems.stop("function_not_allowed", node, what=node.sql_name().lower())
    problems.stop("construct_not_supported", node, what=node.key.upper())


def _check_otherwise(node: exp.Expr, name: str, problems: Problems) -> None:
    help_ = _OTHERWISE.get(name.lower())
    if help_ is not None:
        part = node.this if isinstance(node.this, exp.Expr) or not node.expressions else node.expressions[0]
        text = part.sql(dialect="duckdb", comments=False) if isinstance(part, exp.Expr) else "x"
        known = "postgres" if isinstance(node, exp.ToChar) else "duckdb"  # which would show a CAST
        what = node.sql(dialect=known, comments=False)
        problems.stop("written_otherwise", node, what=what, help=help_.format(x=text))


def _refuse_argument(node: exp.Expr, name: str, value: object, problems: Problems) -> None:
    where = value if isinstance(value, exp.Expr) else node
    if isinstance(node, exp.Table) and name in _TABLE_ARGS:
        problems.stop(_TABLE_ARGS[name], node)
    if isinstance(node, exp.Column):
        problems.stop("catalogue_not_visible", node)
    if isinstance(node, exp.SetOperation):
        problems.stop("set_operation_not_supported", node)
    what = f"{name.strip('_').replace('_', ' ').upper()} on {node.key.upper()}"
    problems.stop("construct_not_supported", where, what=what)


def _check_special(node: exp.Expr, problems: Problems) -> None:
    """Places where an allowed class carries meaning in a plain string, or may stand only in some places."""
    if isinstance(node, exp.Anonymous) and str(node.this).lower() not in FUNCTIONS:
        _check_otherwise(node, str(node.this), problems)
        problems.stop("function_not_allowed", node, what=str(node.this)[:60])
    if isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier):
        problems.stop("table_function", node)
    if isinstance(node, exp.Join):
        side, kind = str(node.args.get("side") or ""), str(node.args.get("kind") or "")
        method = str(node.args.get("method") or "")
        if method not in ("", "NATURAL"):
            problems.stop("join_not_supported", node, what=f"{method} JOIN", help="use JOIN or LEFT JOIN")
        alone = kind in ("SEMI", "ANTI", "CROSS")
        if (
            side not in ("", "LEFT", "RIGHT", "FULL")
            or not (alone or kind in ("", "INNER", "OUTER"))
            or (side and alone)
        ):
            what = f"{side} {kind} JOIN".replace("  ", " ").strip()
            problems.stop("join_not_supported", node, what=what, help="use JOIN or LEFT JOIN")
    if isinstance(node, (exp.Count, exp.Mode)) and not node.this:
        name = node.sql_name()
        problems.stop("argument_count", node, what=name, wanted=1, example=f"{name}(x)")
    if isinstance(node, exp.Star) and not isinstance(node.parent, (exp.Count, exp.Select, exp.Column)):
        problems.stop("star_not_supported", node)
    if isinstance(node, exp.Distinct) and not isinstance(node.parent, (exp.Count, exp.Select)):
        column = node.expressions[0].sql(dialect="duckdb") if node.expressions else "x"
        problems.stop("distinct_of_unit_only", node, column=column)
    if isinstance(node, exp.Ordered) and not isinstance(_around(node), _ORDERED):
        problems.stop("construct_not_supported", node, what="ORDER BY inside an aggregate")
    if isinstance(node, exp.Array) and isinstance(node.parent, (exp.PercentileCont, exp.PercentileDisc)):
        _refuse_list(node.parent, node, problems)
    if isinstance(node, exp.Array) and not isinstance(node.parent, exp.WidthBucket):
        problems.stop("construct_not_supported", node, what="a list of values")
    if isinstance(node, exp.Identifier) and not isinstance(node.this, str):
        problems.stop("construct_not_supported", node, what="this name")


def _refuse_list(call: exp.Expr, values: exp.Array, problems: Problems) -> NoReturn:
    name = "QUANTILE_CONT" if isinstance(call, exp.PercentileCont) else "QUANTILE_DISC"
    each = [f"{name}({call.this.sql(dialect='duckdb')}, {one.sql()})" for one in values.expressions]
    problems.stop("written_otherwise", values, what="a list of quantiles", help=", ".join(each))


_ORDERED = (exp.Query, exp.Window, exp.WithinGroup)


def _around(node: exp.Ordered) -> exp.Expr | None:
    """What an item of ORDER BY belongs to."""
    return node.parent.parent if node.parent is not None else None
