"""A SELECT over released rows and public tables: exact, free, with every clause of SQL's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.plan import Expression, Op
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.nouns.policy import Use
from sandbox.plan import types as t
from sandbox.plan.above.joined import answer_limits, shown_limits
from sandbox.plan.above.lookups import Lookups, scalar
from sandbox.plan.above.matches import match
from sandbox.plan.above.query import Query, as_shown, retold, selected, told_by
from sandbox.plan.above.reading import Reading
from sandbox.plan.above.windows import whole, window
from sandbox.plan.aggregates.filtered import narrower
from sandbox.plan.clauses import (
    Item,
    aggregates,
    aliases_of,
    having,
    kept,
    limit_of,
    order,
    outputs,
    qualify,
    where,
)
from sandbox.plan.grouping import grouping
from sandbox.plan.names import value_of
from sandbox.plan.refusals import Problems
from sandbox.plan.relations.comma import as_written
from sandbox.plan.relations.scan import Relation
from sandbox.plan.rows import Rows
from sandbox.plan.scalars import translate
from sandbox.plan.scalars.arithmetic import number
from sandbox.plan.sets import ABSENT
from sandbox.plan.types import Value

MAX_PUBLIC_ROWS = 10_000
"""Rows of an answer over public tables alone."""
_SPREADS: dict[type[exp.Expr], str] = {
    exp.Variance: "var_samp", exp.VariancePop: "var_pop", exp.Stddev: "stddev_samp",
    exp.StddevSamp: "stddev_samp", exp.StddevPop: "stddev_pop",
}  # fmt: skip
_MIDDLES: dict[type[exp.Expr], str] = {
    exp.Median: "quantile_cont", exp.PercentileCont: "quantile_cont",
    exp.Quantile: "quantile_disc", exp.PercentileDisc: "quantile_disc",
}  # fmt: skip
_AGGREGATES: tuple[type[exp.Expr], ...] = (
    exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.CountIf, *_SPREADS, *_MIDDLES,
)  # fmt: skip
_LARGEST = "1e150"
"""Largest number whose square is one: the engine refuses to answer beyond."""


@dataclass
class Free:
    """Expressions of SELECT, HAVING, QUALIFY and ORDER BY over public rows or groups of them."""

    rows: Rows
    problems: Problems
    keys: tuple[Value, ...] | None = None
    """Grouping expressions; None: every row is shown by itself."""
    aliases: dict[str, exp.Expr] = field(default_factory=dict)
    absent: Sequence[exp.Expr] = ()
    """Keys of other grouping sets."""
    lookups: Lookups | None = None
    """None where nothing can be joined to FROM any more."""
    windows: bool = True
    """Whether window functions may stand here."""

    @property
    def released(self) -> bool:
        """Rows are looked at."""
        return False

    @property
    def reading(self) -> Reading:
        """What the SQL around it reads."""
        return self.rows.reading

    def plain(self) -> Free:
        """The same place without output names."""
        return replace(self, aliases={})

    def without_windows(self) -> Free:
        """The same place in HAVING, or within a window function."""
        return replace(self, windows=False)

    def known(self, node: exp.Expr, /) -> Value | None:
        """An exact aggregate, a window function, or a grouping expression."""
        if isinstance(node, (exp.Filter, exp.CountIf)):
            return self._filtered(node)
        if isinstance(node, _AGGREGATES):
            return self._aggregate(node)
        if isinstance(node, exp.AggFunc):
            self.problems.stop("not_yet", node, what=node.key.upper())
        if self.keys is None or isinstance(node, exp.Literal) or node.find(exp.Query):
            return None
        value = self.rows.quietly(node)
        names = (value.sql, as_shown(value).sql) if value is not None else ()
        return next((key for key in self.keys if key.sql in names), None)

    def column(self, node: exp.Column) -> Value:
        """A column of a public row, or of no name of one an output name in ORDER BY, HAVING and QUALIFY."""
        alias = self.aliases.get(node.name.lower()) if not node.table else None
        if alias is not None and (self.keys is not None or not self.rows.scope.names(node)):
            return translate(alias, self.plain())
        value = self.rows.scope.column(node)
        if self.keys is not None:
            self.problems.stop("row_level_output", node, name=node.name, help=f"GROUP BY {node.name}")
        self.rows.use(value.reads, Use.OUTPUT, node)
        return public(value, node.name)

    def window(self, node: exp.Window, /) -> Value:
        """A window function over public rows."""
        return window(node, self, self.reading.noisy)

    def subquery(self, node: exp.Expr, /) -> Value:
        """A value or a match, of all or of each row: measured first, or exact over public tables."""
        return match(node, self) if isinstance(node, (exp.Exists, exp.In)) else scalar(node, self)

    def key(self, node: exp.Column, /) -> Value:
        """A column of the row, or one that the groups are told by."""
        return self.rows.scope.column(node) if self.keys is None else translate(node, self.plain())

    def all_columns(self, node: exp.Expr, /) -> list[tuple[str, Value]]:
        """Every column of every table of FROM, or of the one named."""
        if self.keys is not None:
            self.problems.stop("star_not_supported", node)
        table = str(node.args.get("table") or "").strip('"').lower()
        found: list[tuple[str, Value]] = []
        for scan in as_written(node, self.rows.scope.scans):
            if table in ("", scan.alias.lower()) and not scan.hidden:
                merged = {} if table else self.rows.scope.merged  # columns of USING stand once
                pairs = [(name, merged.get(name) or value_of(scan, name)) for name in scan.names]
                shown = {name for name, _ in found} & merged.keys()
                found += [(name, public(v, name)) for name, v in pairs if v is not None and name not in shown]
        names = kept([name for name, _ in found], node, self.problems)
        found = [(name, value) for name, value in found if name in names]
        if not found:  # no such table, or all is left out: nobody would pay for an answer without columns
            self.problems.stop("star_not_supported", node)
        for _, value in found:
            self.rows.use(value.reads, Use.OUTPUT, node)
        return found

    def _aggregate(self, node: exp.Expr) -> Value:
        if self.keys is None:
            self.problems.stop("aggregate_misplaced", node)
        noisy = self.reading.noisy
        if isinstance(node, exp.Count):
            return Value(
                self._count(node), Kind.INTEGER, t.BIGINT, nullable=False, integral=True, measured=noisy
            )
        if isinstance(node, (exp.Min, exp.Max)):
            value = translate(node.this, self.rows)
            if value.null:  # which is shown as a literal, and a SELECT of literals aggregates nothing
                self.problems.stop("type_wrong", node, what=node.key, wanted="a value", found="NULL")
            self._used(value, node)
            sql = f"{node.key}({t.as_text(value)})"
            storage = t.VARCHAR if value.storage == t.ENUM else value.storage
            return Value(
                sql, value.kind, storage, scale=value.scale, range=value.range, measured=noisy,
                growth=value.growth,
            )  # fmt: skip
        value = number(node.this, self.rows, node.key)
        self._used(value, node)
        if type(node) in _SPREADS:
            x = t.as_double(value)
            small = f"CASE WHEN abs({x}) <= {_LARGEST} THEN {x} END"
            return Value(
                f"{_SPREADS[type(node)]}({small} ORDER BY {small})", Kind.NUMBER, t.DOUBLE, measured=noisy
            )
        if type(node) in _MIDDLES:
            return self._middle(node, value, noisy)
        finite = f"CASE WHEN isfinite({t.as_double(value)}) THEN {t.as_double(value)} END"
        # Sums of DOUBLE depend on their order, so it is one and the same.
        made = Value(f"{node.key}({finite} ORDER BY {finite})", Kind.NUMBER, t.DOUBLE, measured=noisy)
        return whole(made) if isinstance(node, exp.Sum) and value.integral else made

    def _middle(self, node: exp.Expr, value: Value, noisy: bool) -> Value:
        given = node.args.get("expression") or node.args.get("quantile")
        share = translate(given, self.rows).constant if given is not None else Fraction(1, 2)
        if not isinstance(share, Fraction) or not 0 <= share <= 1:
            self.problems.stop("constant_needed", node, what="a quantile", example="QUANTILE_CONT(x, 0.9)")
        x = t.as_double(value)
        sql = f"{_MIDDLES[type(node)]}(CASE WHEN isfinite({x}) THEN {x} END, {t.double_sql(share)})"
        return Value(sql, Kind.NUMBER, t.DOUBLE, range=value.range, measured=noisy)

    def _filtered(self, node: exp.Filter | exp.CountIf) -> Value:
        if isinstance(node, exp.Filter) and not isinstance(node.this, _AGGREGATES):
            self.problems.stop("not_yet", node, what=node.this.key.upper())
        return self._aggregate(narrower(node, self.problems))

    def _count(self, node: exp.Count) -> str:
        argument, word = node.this, ""
        if isinstance(argument, exp.Star):
            return "count(*)"
        if isinstance(argument, exp.Distinct):
            if len(argument.expressions) != 1:
                self.problems.stop(
                    "argument_count", node, what="COUNT", wanted=1, example="COUNT(DISTINCT x)"
                )
            argument, word = argument.expressions[0], "DISTINCT "
        value = translate(argument, self.rows)
        self._used(value, node)
        return f"count({word}{value.sql})"

    def _used(self, value: Value, node: exp.Expr) -> None:
        self.rows.use(value.reads, Use.AGGREGATE, node)
        self.rows.use(value.tests, Use.FILTER, node)


def public(value: Value, name: str) -> Value:
    """A stored public column is no measurement: it has no error bar to draw."""
    if value.column is None or value.expression is not None:
        return value
    return replace(value, expression=Expression(Op.KEY, name))


def free(node: exp.Select, relation: Relation, rows: Rows, *, outermost: bool) -> Query:
    """A SELECT over public rows."""
    rows.scope.released = True
    kept = ""
    with rows.problems.part():
        kept = where(node, rows)
    keys = groups_of(node, rows)
    lookups = Lookups(rows, grouped=keys is not None)
    env = Free(rows, rows.problems, keys, aliases_of(node), node.meta.get(ABSENT, ()), lookups)
    items = outputs(node, env)
    tail = _tail(having(node, env), qualify(node, env), order(node, env), keys)
    read = relation.tables | rows.scope.reads
    rows.statement.read(read)
    rows.reading.public |= read
    noisy = rows.reading.noisy
    alone = keys is None and not node.args.get("distinct")
    most, size = (1, 1) if keys == () else (relation.rows, relation.size)
    most, known = limit_of(node, most), alone and most == size
    if noisy:
        tail += answer_limits(node, rows, most, known=known, outermost=outermost)
    else:
        tail += shown_limits(node, rows, most if outermost else 0, MAX_PUBLIC_ROWS)
    told = told_by([*relation.scans, *lookups.scans]) if alone else []
    if outermost and not told:
        told = [("CAST(NULL AS BIGINT)", "", "_cell", (0,))]
    sql = selected(items, [(sql, name) for sql, _, name, _ in told], outermost)
    sql = sql.replace("SELECT", "SELECT DISTINCT", 1) if node.args.get("distinct") else sql
    sql += f" FROM {relation.sql}{lookups.sql}" if relation.sql else ""
    renamed = {inside: name for _, inside, name, _ in told}
    return Query(
        sql + kept + tail,
        tuple(retold(item, renamed) for item in items),
        rows.reading,
        rows=most,
        size=limit_of(node, size),
        cells=tuple((name, stages) for _, _, name, stages in told),
        unique=_unique(items, keys, relation) or (once(items) if node.args.get("distinct") else ()),
    )


def once(items: list[Item]) -> tuple[int, ...]:
    """All places, where equal rows are shown once; none with numbers that are no keys of a join."""
    numbers = any(item.column.type is Kind.NUMBER for item in items)
    return () if numbers else tuple(range(len(items)))


def _unique(items: list[Item], keys: tuple[Value, ...] | None, relation: Relation) -> tuple[int, ...]:
    """Places of items that tell every row: all keys of a grouping, or what told the rows of FROM."""
    telling = {key.sql for key in keys} if keys is not None else relation.unique
    places = {item.value.sql: place for place, item in enumerate(items)}
    return tuple(sorted(places[sql] for sql in telling)) if telling and telling <= places.keys() else ()


def _tail(filtered: str, qualified: str, ordered: list[str], keys: tuple[Value, ...] | None) -> str:
    text = f" GROUP BY {', '.join(key.sql for key in keys)}" if keys else ""
    text += f" HAVING {filtered}" if filtered else ""
    text += f" QUALIFY {qualified}" if qualified else ""
    return text + (f" ORDER BY {', '.join(ordered)}" if ordered else "")


def groups_of(root: exp.Select, rows: Rows, *, shown: bool = True) -> tuple[Value, ...] | None:
    """Grouping expressions; none with one group for all; None when nothing is aggregated.

    Args:
        shown: whether keys are what is shown, rather than what a statement around reads.
    """
    group = root.args.get("group")
    if group is None:
        return () if root.args.get("having") or aggregates(root) else None
    keys: list[Value] = []
    for node in group.expressions:
        with rows.problems.part():
            item = grouping(node, root, rows)
            value = translate(item, rows)
            if value.constant is not None or value.null or not item.find(exp.Column):
                rows.problems.stop("group_by_constant", item, name="a constant", count=len(root.expressions))
            rows.use(value.reads | value.tests, Use.GROUP, item)
            rows.use(value.reads | value.tests if shown else (), Use.OUTPUT, item)
            key = public(value, item.name) if isinstance(item, exp.Column) else value
            keys.append(as_shown(key) if shown else key)
    return tuple(keys)
