"""VAR_POP, VAR_SAMP, STDDEV_POP, STDDEV_SAMP, COVAR_POP, COVAR_SAMP, CORR, REGR_SLOPE and REGR_INTERCEPT.

All sums of one statistic are over the same rows: those where every argument is known. A variance that noise
makes negative is 0; a quotient whose divisor is not positive is NULL; a correlation stays within [−1, 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.plan import Expression, Op
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.aggregates.average import centred_sum, known_grid
from sandbox.plan.aggregates.centred import Centred, Total, centred, literal, measured, squares, total
from sandbox.plan.aggregates.registry import aggregate, label_of
from sandbox.plan.aggregates.steps import argument, total_sql
from sandbox.plan.boundary import Boundary
from sandbox.plan.scalars import translate
from sandbox.plan.types import Range, Value

_NAMES: dict[type[exp.Expr], str] = {
    exp.VariancePop: "VAR_POP", exp.Variance: "VAR_SAMP", exp.StddevPop: "STDDEV_POP",
    exp.StddevSamp: "STDDEV_SAMP", exp.Stddev: "STDDEV", exp.CovarPop: "COVAR_POP",
    exp.CovarSamp: "COVAR_SAMP", exp.Corr: "CORR", exp.RegrSlope: "REGR_SLOPE",
    exp.RegrIntercept: "REGR_INTERCEPT",
}  # fmt: skip


@dataclass(frozen=True)
class _Moments:
    """Sums of one or two centred numbers over the rows where all are known, and the count of these rows."""

    boundary: Boundary
    node: exp.Expr
    parts: tuple[Centred, ...]
    shared: tuple[Total, Total] | None = None
    """Sum and count that an average of the same number measures on the same grid: paid once."""

    def item(self, place: int) -> str:
        """A number, NULL where the other one is unknown."""
        own, others = self.parts[place].item, [p for i, p in enumerate(self.parts) if i != place]
        return f"CASE WHEN {others[0].item} IS NOT NULL THEN {own} END" if others else own

    @property
    def count(self) -> Total:
        """Rows of the statistic."""
        if self.shared is not None:
            return self.shared[1]
        text = ", ".join(label_of(node) for node in _arguments(self.node))
        return measured(self.boundary.counted(f"count({self.item(0)})", f"COUNT({text})"))

    def mean(self, place: int) -> Total:
        """Mean of a centred number."""
        if self.shared is not None:
            return self._over(self.shared[0])
        return self._over(total(self.item(place), self.parts[place], self.boundary, self.node))

    def variance(self, place: int) -> Total:
        """Population variance, never under 0 nor over h²."""
        sums, taken = squares(self.item(place), self.parts[place], self.boundary, self.node)
        square, mean = self._over(sums), self.mean(place)
        highest = t.double_sql(self.parts[place].reach ** 2)
        sql = f"({square.sql} + {t.double_sql(taken)} - {mean.sql} * {mean.sql})"
        moment = Expression(Op.ADD, args=(square.tree, literal(taken)))
        difference = Expression(Op.SUB, args=(moment, _times(mean.tree, mean.tree)))
        tree = Expression(Op.MAX, args=(difference, literal(Fraction(0))))
        return Total(f"least(greatest({sql}, 0e0), {highest})", tree)

    def covariance(self) -> Total:
        """Population covariance, within ±hx · hy."""
        one, two = self.parts
        step, quantum = one.half * two.half, one.quantum * two.quantum
        exact = total_sql(f"CAST(sum({one.item} * {two.item}) AS HUGEINT)")
        label = f"SUM(({one.text}) * ({two.text}))"
        product = self._over(measured(self.boundary.summed(exact, label, step, quantum, self.node)))
        first, second = self.mean(0), self.mean(1)
        highest = t.double_sql(one.reach * two.reach)
        sql = f"({product.sql} - {first.sql} * {second.sql})"
        tree = Expression(Op.SUB, args=(product.tree, _times(first.tree, second.tree)))
        return Total(f"least(greatest({sql}, -{highest}), {highest})", tree)

    def sample(self, value: Total) -> Total:
        """n/(n − 1) of a population figure."""
        count = self.count
        rows = Expression(Op.MAX, args=(count.tree, literal(Fraction(2))))
        less = Expression(Op.SUB, args=(rows, literal(Fraction(1))))
        tree = _times(value.tree, Expression(Op.DIV, args=(rows, less)))
        return Total(f"({value.sql} * {count.sql} / ({count.sql} - 1e0))", tree)

    def _over(self, sums: Total) -> Total:
        count = self.count
        rows = Expression(Op.MAX, args=(count.tree, literal(Fraction(1))))
        return Total(f"({sums.sql} / {count.sql})", Expression(Op.DIV, args=(sums.tree, rows)))

    def value(self, found: Total, least: int, bounds: Range = t.OPEN, where: str = "") -> Value:
        """The statistic; NULL under ``least`` rows, or where a further condition does not hold."""
        test = f"{self.count.sql} >= {least}e0" + (f" AND {where}" if where else "")
        return Value(
            f"(CASE WHEN {test} THEN {found.sql} END)", Kind.NUMBER, t.DOUBLE,
            range=bounds, measured=True, expression=found.tree,
        )  # fmt: skip


def _times(one: Expression, two: Expression) -> Expression:
    return Expression(Op.MUL, args=(one, two))


def _root(one: Expression) -> Expression:
    return Expression(Op.SQRT, args=(one,))


def _arguments(node: exp.Expr) -> tuple[exp.Expr, ...]:
    second = node.args.get("expression")
    return (node.this,) if second is None else (node.this, second)


def _moments(node: exp.Expr, boundary: Boundary) -> _Moments:
    nodes = _arguments(node)
    found = [translate(part, boundary.rows) for part in nodes]
    texts = [
        label_of(part)
        if value.range.closed or value.kind is Kind.BOOLEAN
        else f"clamp({label_of(part)}, 0, 100)"
        for part, value in zip(nodes, found, strict=True)
    ]
    name = _NAMES[type(node)]
    values = [argument(part, boundary, name, f"{name}({', '.join(texts)})") for part in nodes]
    parts = tuple(centred(value, part, boundary) for value, part in zip(values, nodes, strict=True))
    return _Moments(boundary, node, parts, _shared(node, values[0], parts, boundary))


def _shared(
    node: exp.Expr, value: Value, parts: tuple[Centred, ...], boundary: Boundary
) -> tuple[Total, Total] | None:
    """None where an average takes other steps; in the same ones both have the same ends and middle."""
    if len(parts) > 1:
        return None
    made = known_grid(value, boundary)
    if made is None or made.quantum != parts[0].quantum:
        return None
    names = centred_sum(made, label_of(node.this), node, boundary)
    return measured(names[0]), measured(names[1])


@aggregate(exp.VariancePop)
@aggregate(exp.StddevPop)
def population(node: exp.VariancePop | exp.StddevPop, boundary: Boundary) -> Value:
    """Spread of the rows themselves; NULL where the released count is under 1."""
    found = _moments(node, boundary)
    return _spread(node, found, found.variance(0), 1)


@aggregate(exp.Variance)
@aggregate(exp.Stddev)
@aggregate(exp.StddevSamp)
def sample(node: exp.Variance | exp.Stddev | exp.StddevSamp, boundary: Boundary) -> Value:
    """Spread of the population that the rows are a sample of; NULL where the released count is under 2."""
    found = _moments(node, boundary)
    return _spread(node, found, found.sample(found.variance(0)), 2)


def _spread(node: exp.Expr, found: _Moments, variance: Total, least: int) -> Value:
    reach = found.parts[0].reach * least
    if isinstance(node, (exp.VariancePop, exp.Variance)):
        return found.value(variance, least, Range(Fraction(0), reach**2))
    root = Total(f"sqrt({variance.sql})", _root(variance.tree))
    return found.value(root, least, Range(Fraction(0), reach))


@aggregate(exp.CovarPop)
def covariance(node: exp.CovarPop, boundary: Boundary) -> Value:
    """Covariance of the rows themselves."""
    found = _moments(node, boundary)
    return found.value(found.covariance(), 1)


@aggregate(exp.CovarSamp)
def sample_covariance(node: exp.CovarSamp, boundary: Boundary) -> Value:
    """Covariance of the population that the rows are a sample of."""
    found = _moments(node, boundary)
    return found.value(found.sample(found.covariance()), 2)


@aggregate(exp.Corr)
def correlation(node: exp.Corr, boundary: Boundary) -> Value:
    """Pearson's correlation; NULL where a released variance is not positive."""
    found = _moments(node, boundary)
    both = found.covariance()
    one, two = found.variance(0), found.variance(1)
    ratio = f"{both.sql} / (sqrt({one.sql}) * sqrt({two.sql}))"
    tree = Expression(Op.DIV, args=(both.tree, _times(_root(one.tree), _root(two.tree))))
    made = Total(f"least(greatest({ratio}, -1e0), 1e0)", tree)
    return found.value(made, 1, Range(Fraction(-1), Fraction(1)), f"{one.sql} > 0e0 AND {two.sql} > 0e0")


@aggregate(exp.RegrSlope)
@aggregate(exp.RegrIntercept)
def regression(node: exp.RegrSlope | exp.RegrIntercept, boundary: Boundary) -> Value:
    """The straight line of the first argument over the second; NULL where the second does not vary."""
    found = _moments(node, boundary)
    both, spread = found.covariance(), found.variance(1)
    slope = Total(f"({both.sql} / {spread.sql})", Expression(Op.DIV, args=(both.tree, spread.tree)))
    where = f"{spread.sql} > 0e0"
    if isinstance(node, exp.RegrSlope):
        return found.value(slope, 1, where=where)
    y, x = (_shifted(found.mean(place), found.parts[place].mid) for place in (0, 1))
    tree = Expression(Op.SUB, args=(y.tree, _times(slope.tree, x.tree)))
    return found.value(Total(f"({y.sql} - {slope.sql} * {x.sql})", tree), 1, where=where)


def _shifted(mean: Total, mid: Fraction) -> Total:
    tree = Expression(Op.ADD, args=(mean.tree, literal(mid)))
    return Total(f"({mean.sql} + {t.double_sql(mid)})", tree)
