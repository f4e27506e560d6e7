"""Error bars: how far the exact (bounded) answer may lie from each released cell.

The noise is public: mechanism and scale stand in the log. With released values r and noise Z, the exact
values are r − Z, and Z is symmetric; so an output f(r) has the half-width h for which
P[|f(r + Z) − f(r)| ≤ h] = 0.95.

- f affine in one measure, c + k·m: h = |k| · (exact quantile of the mechanism), standard deviation |k|·sd;
- f affine in several: standard deviation √Σ(k·sd)², h by simulation;
- other arithmetic (ratios, products, greatest): h by simulation, standard deviation given as h / 1.96;
- ``OPAQUE`` or a divisor that is too often 0: None.

Bars use released values and public scales only; they are computed again for every reader with the same fixed
stream of simulated noise, so equal releases show equal bars. They cover the noise, not what contribution
bounds cut off, and not the selection of discovered groups (a group near its threshold was more likely shown
when its noise was high).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sandbox.nouns.noise import half_width
from sandbox.nouns.plan import Calibrated, Expression, Mechanism, Op, OutputColumn, Plan
from sandbox.release.shaping import CELL

if TYPE_CHECKING:
    import pyarrow as pa

Bars = tuple[tuple[float | None, ...], ...]
"""One figure per cell of the answer, by rows."""
CONFIDENCE = 0.95
_NORMAL = 1.959963984540054
_DRAWS = 4000
_CHUNK = 256
"""Rows evaluated at once: bounds memory at some tens of megabytes."""
_STREAM = 20260101
"""Seed of the simulated noise: a figure's reproducibility, no secret."""


def spreads(
    plan: Plan, calibrated: Sequence[tuple[Calibrated, ...]], released: pa.Table, result: pa.Table
) -> tuple[Bars, Bars]:
    """Standard deviation and 95 % half-width of every cell of ``result``.

    Args:
        plan: the statement's plan.
        calibrated: noise of each stage; the last one made ``released``.
        released: from ``shape``.
        result: from ``post_process``, with ``_cell``.
    """
    noise = {item.measure.name: item for item in calibrated[-1]}
    cells = result.column(CELL).to_pylist()
    pairs = [_column(column, noise, released, cells) for column in plan.post.columns]
    deviations = tuple(zip(*(pair[0] for pair in pairs), strict=True))
    widths = tuple(zip(*(pair[1] for pair in pairs), strict=True))
    return deviations, widths


Figures = list[float | None]


def _column(
    column: OutputColumn, noise: Mapping[str, Calibrated], released: pa.Table, cells: Sequence[int | None]
) -> tuple[Figures, Figures]:
    expression, nothing = column.expression, [None] * len(cells)
    used = sorted(measures_of(expression))
    if column.key is not None or not used or is_opaque(expression):
        return list(nothing), list(nothing)
    shown = _shown(released, used, cells)
    linear = affine(expression)
    if linear is not None:
        deviation = math.hypot(*(float(k) * deviation_of(noise[name]) for name, k in linear.items()))
        if len(linear) <= 1:
            width = sum(abs(float(k)) * half_width(noise[name]) for name, k in linear.items())
            return [deviation if s else None for s in shown], [width if s else None for s in shown]
    widths = _simulate(expression, {name: noise[name] for name in used}, released, cells, shown)
    if linear is not None:
        return [deviation if s else None for s in shown], widths
    return [None if width is None else width / _NORMAL for width in widths], widths


def deviation_of(item: Calibrated) -> float:
    """Standard deviation of one noisy cell, natural units."""
    return math.sqrt(item.variance) * float(item.measure.quantum)


def measures_of(expression: Expression) -> frozenset[str]:
    """Names of the measures that an expression reads."""
    own = frozenset({str(expression.value)}) if expression.op is Op.MEASURE else frozenset[str]()
    return own.union(*(measures_of(argument) for argument in expression.args))


def is_opaque(expression: Expression) -> bool:
    """Whether some part of it is beyond error bars (keys inside arithmetic included)."""
    if expression.op in (Op.OPAQUE, Op.KEY):
        return True
    return any(is_opaque(argument) for argument in expression.args)


def affine(expression: Expression) -> dict[str, Fraction] | None:
    """Coefficient of each measure when the expression is affine, else None.

    >>> from fractions import Fraction as F
    >>> m = Expression(Op.MEASURE, "m0")
    >>> affine(Expression(Op.DIV, args=(m, Expression(Op.LITERAL, F(2)))))
    {'m0': Fraction(1, 2)}
    """
    form = _affine(expression)
    return None if form is None else {name: k for name, k in form.items() if name}


def _affine(expression: Expression) -> dict[str, Fraction] | None:
    """Coefficients by measure, the constant under the empty name."""
    if expression.op is Op.MEASURE:
        return {str(expression.value): Fraction(1)}
    if expression.op is Op.LITERAL:
        return {"": Fraction(expression.value or 0)}
    if expression.op not in (Op.ADD, Op.SUB, Op.MUL, Op.DIV):
        return None
    forms = [_affine(argument) for argument in expression.args]
    known = [form for form in forms if form is not None]
    if len(known) < len(forms) or not known:
        return None
    total = known[0]
    if len(known) == 1 and expression.op is Op.SUB:
        return _scaled(total, Fraction(-1))
    for form in known[1:]:
        combined = _combined(expression.op, total, form)
        if combined is None:
            return None
        total = combined
    return total


def _combined(op: Op, left: dict[str, Fraction], right: dict[str, Fraction]) -> dict[str, Fraction] | None:
    if op in (Op.ADD, Op.SUB):
        sign = 1 if op is Op.ADD else -1
        names = left.keys() | right.keys()
        return {
            name: left.get(name, Fraction(0)) + sign * right.get(name, Fraction(0)) for name in sorted(names)
        }
    if set(right) <= {""}:
        factor = right.get("", Fraction(0))
        if op is Op.DIV:
            return _scaled(left, 1 / factor) if factor else None
        return _scaled(left, factor)
    return _scaled(right, left.get("", Fraction(0))) if op is Op.MUL and set(left) <= {""} else None


def _scaled(form: dict[str, Fraction], factor: Fraction) -> dict[str, Fraction]:
    return {name: k * factor for name, k in form.items()}


def _shown(released: pa.Table, used: Sequence[str], cells: Sequence[int | None]) -> list[bool]:
    """Whether each row of the answer comes from one released row whose measures are all shown."""
    columns = [released.column(name).to_pylist() for name in used]
    return [cell is not None and all(column[cell] is not None for column in columns) for cell in cells]


def _simulate(
    expression: Expression,
    noise: Mapping[str, Calibrated],
    released: pa.Table,
    cells: Sequence[int | None],
    shown: Sequence[bool],
) -> Figures:
    import numpy as np

    rows = [row for row, show in enumerate(shown) if show]
    draws = _DRAWS if len(rows) <= 2000 else 1000
    shift = {name: _draws(item.mechanism, item.scale, draws, place) * float(item.measure.quantum)
             for place, (name, item) in enumerate(sorted(noise.items()))}  # fmt: skip
    values = {name: released.column(name).to_numpy() for name in noise}
    widths: Figures = [None] * len(cells)
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        at = np.array([cells[row] for row in part])
        centre = {name: values[name][at][:, None] for name in noise}
        with np.errstate(all="ignore"):
            exact = evaluate(expression, centre)
            moved = evaluate(expression, {name: centre[name] + shift[name][None, :] for name in noise})
            away = np.abs(moved - exact)
        away[~np.isfinite(away)] = np.inf
        for row, width in zip(part, np.quantile(away, CONFIDENCE, axis=1, method="higher"), strict=True):
            widths[row] = float(width) if np.isfinite(width) else None
    return widths


def evaluate(expression: Expression, values: Mapping[str, Any]) -> Any:
    """Value of an expression over arrays of measures in natural units; NaN where a divisor is 0."""
    import numpy as np

    if expression.op is Op.MEASURE:
        return values[str(expression.value)]
    if expression.op is Op.LITERAL:
        return float(Fraction(expression.value or 0))
    arguments = [evaluate(argument, values) for argument in expression.args]
    if len(arguments) == 1 and expression.op is Op.SUB:
        return -arguments[0]
    if expression.op is Op.SQRT:
        return np.sqrt(np.where(np.less(arguments[0], 0), np.nan, arguments[0]))
    total = arguments[0]
    for argument in arguments[1:]:
        if expression.op is Op.ADD:
            total = total + argument
        elif expression.op is Op.SUB:
            total = total - argument
        elif expression.op is Op.MUL:
            total = total * argument
        elif expression.op is Op.DIV:
            total = total / np.where(np.equal(argument, 0), np.nan, argument)
        elif expression.op is Op.MAX:
            total = np.maximum(total, argument)
        else:
            raise ValueError("beyond error bars")
    return total


@lru_cache(maxsize=256)
def _draws(mechanism: Mechanism, scale: float, draws: int, place: int) -> Any:
    """Simulated noise in integer steps, for pictures only: it never touches an exact value."""
    import numpy as np

    generator = np.random.default_rng([_STREAM, place])
    if mechanism is Mechanism.LAPLACE:
        return np.rint(generator.laplace(0.0, scale, draws))
    if scale >= 8:
        return np.rint(generator.normal(0.0, scale, draws))
    support = np.arange(-100, 101)
    weights = np.exp(-(support**2) / (2 * scale**2))
    return generator.choice(support, draws, p=weights / weights.sum()).astype(float)
