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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sandbox.nouns.noise import half_width
from sandbox.nouns.plan import BRANCH, Calibrated, Expression, Op, OutputColumn, Plan

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


@dataclass(frozen=True)
class _Source:
    """One released table as some rows of an answer see it: its noise, its values, and its row behind each."""

    stage: int
    noise: Mapping[str, Calibrated]
    values: Mapping[str, Sequence[float | None]]
    rows: Sequence[int]


Sources = Mapping[str, _Source]
"""By the column of the answer that tells the row."""
Name = tuple[str, str]
"""A measure in an answer: its cell column, its name."""
Figures = list[float | None]
Cells = Mapping[str, Sequence[tuple[int, int] | None]]
"""By column of the answer: for each row the branch of its stages and the row of that, where it tells one."""


def spreads(
    plan: Plan,
    calibrated: Sequence[tuple[Calibrated, ...]],
    released: Mapping[str, pa.Table],
    result: pa.Table,
) -> tuple[Bars, Bars]:
    """Standard deviation and 95 % half-width of every cell of ``result``.

    Args:
        plan: the statement's plan.
        calibrated: noise of each stage.
        released: each stage's table, from ``shape``.
        result: from ``post_process``, with its cells.
    """
    first, stages = len(plan.post.columns), dict(plan.post.cells)
    cells: Cells = {
        name: [None if cell is None else divmod(cell, BRANCH) for cell in result.column(place).to_pylist()]
        for place, name in enumerate(stages, first)
    }
    noise = [{item.measure.name: item for item in stage} for stage in calibrated]
    values = [
        {name: released[stage.released].column(name).to_pylist() for name in found}
        for stage, found in zip(plan.stages, noise, strict=True)
    ]
    found: list[list[Figures]] = [[[None] * result.num_rows for _ in plan.post.columns] for _ in range(2)]
    for place, column in enumerate(plan.post.columns):
        for own, rows in _alike(column, cells):
            expression = _of_branches(column.expression, own)
            if expression is None:
                continue
            sources = {}
            for name, branch in own.items():
                stage = stages[name][branch]
                behind = [cell[1] for row in rows if (cell := cells[name][row]) is not None]
                sources[name] = _Source(stage, noise[stage], values[stage], behind)
            for kind, figures in enumerate(_column(expression, sources, len(rows))):
                for row, figure in zip(rows, figures, strict=True):
                    found[kind][place][row] = figure
    deviations, widths = (tuple(zip(*columns, strict=True)) for columns in found)
    return deviations, widths


def _alike(column: OutputColumn, cells: Cells) -> Iterator[tuple[dict[str, int], list[int]]]:
    """Rows of an answer by the branch of each cell that a column is computed from, where they have one.

    Branches of several tables multiply: only those that rows come from are looked at.
    """
    names = sorted(_cells_of(column.expression)) if column.key is None else []
    found: dict[tuple[int | None, ...], list[int]] = {}
    for row, own in enumerate(zip(*(cells[name] for name in names), strict=True)):
        found.setdefault(tuple(None if cell is None else cell[0] for cell in own), []).append(row)
    for branches, rows in found.items():
        pairs = zip(names, branches, strict=True)
        yield {name: branch for name, branch in pairs if branch is not None}, rows


def _cells_of(expression: Expression) -> frozenset[str]:
    """Columns of the answer that tell what an expression is for a row."""
    own = {expression.cell} if expression.op in (Op.MEASURE, Op.BRANCH) else set[str]()
    return frozenset(own).union(*(_cells_of(argument) for argument in expression.args))


def _of_branches(expression: Expression, branches: Mapping[str, int]) -> Expression | None:
    """What is computed for rows of these branches; None where that has no error bars."""
    for cell, branch in branches.items():
        expression = expression.of_branch(cell, branch)
    cells = _cells_of(expression)
    return expression if cells and cells <= branches.keys() and not is_opaque(expression) else None


def _column(expression: Expression, sources: Sources, rows: int) -> tuple[Figures, Figures]:
    used = sorted(measures_of(expression))
    noise = {name: sources[name[0]].noise[name[1]] for name in used}
    shown = _shown(sources, used, rows)
    linear = affine(expression)
    if linear is not None:
        deviation = _finite(
            math.hypot(*(as_float(k) * deviation_of(noise[name]) for name, k in linear.items()))
        )
        if len(linear) <= 1:
            width = _finite(sum(abs(as_float(k)) * half_width(noise[name]) for name, k in linear.items()))
            return [deviation if s else None for s in shown], [width if s else None for s in shown]
    widths = _simulate(expression, noise, sources, shown)
    if linear is not None:
        return [deviation if s else None for s in shown], widths
    return [None if width is None else width / _NORMAL for width in widths], widths


def as_float(value: Fraction) -> float:
    """The nearest float, infinite where there is none.

    >>> as_float(Fraction(10) ** 400), as_float(Fraction(-1, 2))
    (inf, -0.5)
    """
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _finite(figure: float) -> float | None:
    return figure if math.isfinite(figure) else None


def deviation_of(item: Calibrated) -> float:
    """Standard deviation of one noisy cell, natural units."""
    return math.sqrt(item.variance) * float(item.measure.quantum)


def _name(expression: Expression) -> Name:
    return expression.cell, str(expression.value)


def measures_of(expression: Expression) -> frozenset[Name]:
    """The measures that an expression reads."""
    own = frozenset({_name(expression)}) if expression.op is Op.MEASURE else frozenset[Name]()
    return own.union(*(measures_of(argument) for argument in expression.args))


def is_opaque(expression: Expression) -> bool:
    """Whether some part of it is beyond error bars (keys inside arithmetic included)."""
    if expression.op in (Op.OPAQUE, Op.KEY):
        return True
    return any(is_opaque(argument) for argument in expression.args)


def affine(expression: Expression) -> dict[Name, Fraction] | None:
    """Coefficient of each measure when the expression is affine, else None.

    >>> from fractions import Fraction as F
    >>> m = Expression(Op.MEASURE, "m0")
    >>> affine(Expression(Op.DIV, args=(m, Expression(Op.LITERAL, F(2)))))
    {('_cell', 'm0'): Fraction(1, 2)}
    """
    form = _affine(expression)
    return None if form is None else {name: k for name, k in form.items() if name != _CONSTANT}


_CONSTANT: Name = ("", "")


def _affine(expression: Expression) -> dict[Name, Fraction] | None:
    """Coefficients by measure, the constant under a name of its own."""
    if expression.op is Op.MEASURE:
        return {_name(expression): Fraction(1)}
    if expression.op is Op.LITERAL:
        return {_CONSTANT: Fraction(expression.value or 0)}
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


def _combined(op: Op, left: dict[Name, Fraction], right: dict[Name, Fraction]) -> dict[Name, Fraction] | None:
    if op in (Op.ADD, Op.SUB):
        sign = 1 if op is Op.ADD else -1
        names = left.keys() | right.keys()
        return {
            name: left.get(name, Fraction(0)) + sign * right.get(name, Fraction(0)) for name in sorted(names)
        }
    if set(right) <= {_CONSTANT}:
        factor = right.get(_CONSTANT, Fraction(0))
        if op is Op.DIV:
            return _scaled(left, 1 / factor) if factor else None
        return _scaled(left, factor)
    return (
        _scaled(right, left.get(_CONSTANT, Fraction(0)))
        if op is Op.MUL and set(left) <= {_CONSTANT}
        else None
    )


def _scaled(form: dict[Name, Fraction], factor: Fraction) -> dict[Name, Fraction]:
    return {name: k * factor for name, k in form.items()}


def _shown(sources: Sources, used: Sequence[Name], rows: int) -> list[bool]:
    """Whether each row of the answer has a figure: every measure comes from one released cell that is shown,
    and none from the cell of another (two readings of one draw are not independent)."""
    shown = [True] * rows
    taken: list[set[tuple[int, str, int]]] = [set() for _ in range(rows)]
    for cell, name in used:
        source = sources[cell]
        column = source.values[name]
        for row, place in enumerate(source.rows):
            mark = (source.stage, name, place)
            shown[row] = shown[row] and column[place] is not None and mark not in taken[row]
            taken[row].add(mark)
    return shown


def _simulate(
    expression: Expression, noise: Mapping[Name, Calibrated], sources: Sources, shown: Sequence[bool]
) -> Figures:
    import numpy as np

    rows = [row for row, show in enumerate(shown) if show]
    draws = _DRAWS if len(rows) <= 2000 else 1000
    shift = {name: _draws(item.scale, draws, place) * float(item.measure.quantum)
             for place, (name, item) in enumerate(sorted(noise.items()))}  # fmt: skip
    behind = {name: (sources[name[0]].values[name[1]], sources[name[0]].rows) for name in noise}
    widths: Figures = [None] * len(shown)
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        centre = {
            name: np.array([values[places[row]] for row in part], dtype=float)[:, None]
            for name, (values, places) in behind.items()
        }
        with np.errstate(all="ignore"):
            exact = evaluate(expression, centre)
            moved = evaluate(expression, {name: centre[name] + shift[name][None, :] for name in noise})
            away = np.abs(moved - exact)
        away[~np.isfinite(away)] = np.inf
        for row, width in zip(part, np.quantile(away, CONFIDENCE, axis=1, method="higher"), strict=True):
            widths[row] = float(width) if np.isfinite(width) else None
    return widths


def evaluate(expression: Expression, values: Mapping[Name, Any]) -> Any:
    """Value of an expression over arrays of measures in natural units; NaN where a divisor is 0."""
    import numpy as np

    if expression.op is Op.MEASURE:
        return values[_name(expression)]
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
def _draws(scale: float, draws: int, place: int) -> Any:
    """Simulated noise in integer steps, for pictures only: it never touches an exact value."""
    import numpy as np

    generator = np.random.default_rng([_STREAM, place])
    if scale >= 8:
        return np.rint(generator.normal(0.0, scale, draws))
    support = np.arange(-100, 101)
    weights = np.exp(-(support**2) / (2 * scale**2))
    return generator.choice(support, draws, p=weights / weights.sum()).astype(float)
