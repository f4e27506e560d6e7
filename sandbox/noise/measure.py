"""Exact integers in, noisy integers out: one draw per measure, over all rows at once, never repeated.

The exact table comes out of a jailed process that we do not trust: its schema, size, keys and NULLs are
checked before a number is used, and every value is clamped to ± 2⁶² (the statement clamps too; clamping is
1-Lipschitz, so doing it twice costs nothing).

Discovered keys: the unit measure is drawn first over every group with a unit in it; groups whose noisy
count reaches the threshold survive; the other measures are drawn for survivors alone.

Why that is δ-approximate (ρ_c + ρ_o)-zCDP: take two sources that differ in one unit, and let E be the event
that no group which only this unit opens survives. P[E] ≥ 1 − δ (``threshold``), and E depends on the noise of
those groups' counts alone. On E the answer is post-processing of the noisy counts of the common groups (ρ_c)
and then of the other measures on survivors (ρ_o: the unit is bounded over *all* groups, so over any
subset). It fails if counts and sums come from differently bounded rows, if anything is drawn twice, or if
noise is calibrated to one group; a stage's single statement and this module's single pass exclude the three.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sandbox.noise import choice, primitives
from sandbox.nouns.noise import Noisy
from sandbox.nouns.plan import Calibrated, KeyColumn, Measure, Stage
from sandbox.nouns.policy import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

Vector = list[Any]
"""One exact column: numbers, or histograms (candidate → rows) where a candidate is picked."""
DISCOVERED_LIMIT = 1_000_000
"""Most groups an exact table with discovered keys may have."""


class ExactTableInvalid(RuntimeError):
    """The exact table is not what the plan promised: our bug, or an engine that was taken over.

    ``kind`` is one of ``schema``, ``null``, ``rows``, ``keys``, ``choices``; never a value. To a developer it
    is ``job_failed``.
    """

    @property
    def kind(self) -> str:
        """Which promise is broken."""
        return str(self)


def measure(stage: Stage, calibrated: Sequence[Calibrated], exact: pa.Table) -> Noisy:
    """Add the calibrated noise to a stage's exact table.

    Args:
        stage: what was run.
        calibrated: its noise, from ``calibrate``.
        exact: keys, then BIGINT measures, one row per group; every cell of the grid for declared keys.

    Raises:
        ExactTableInvalid: the table is not of that shape.
    """
    if [item.measure for item in calibrated] != list(stage.measures):
        raise ValueError("the noise belongs to another stage")
    _check_schema(stage, exact)
    keys = _keys(stage, exact)
    vectors = [_vector(exact.column(measure.name), measure) for measure in stage.measures]
    if stage.discovered:
        return _discover(stage, calibrated, keys, vectors)
    noisy = (tuple(_draw(item, vector)) for item, vector in zip(calibrated, vectors, strict=True))
    return Noisy(keys, tuple(noisy))


def _discover(
    stage: Stage,
    calibrated: Sequence[Calibrated],
    keys: tuple[tuple[object, ...], ...],
    vectors: list[Vector],
) -> Noisy:
    names = [item.measure.name for item in calibrated]
    if stage.unit_measure is None or calibrated[names.index(stage.unit_measure)].threshold is None:
        raise ValueError("discovered keys need a unit measure with a threshold")
    place = names.index(stage.unit_measure)
    threshold = calibrated[place].threshold
    assert threshold is not None
    present = [row for row, units in enumerate(vectors[place]) if units >= 1]  # as the bound on δ supposes
    counts = _draw(calibrated[place], [vectors[place][row] for row in present])
    kept = [(row, count) for row, count in zip(present, counts, strict=True) if count >= threshold]
    survivors = [row for row, _ in kept]
    values = []
    for index, item in enumerate(calibrated):
        if index == place:
            values.append(tuple(count for _, count in kept))
        else:
            values.append(tuple(_draw(item, [vectors[index][row] for row in survivors])))
    return Noisy(tuple(keys[row] for row in survivors), tuple(values))


def _draw(item: Calibrated, vector: Vector) -> list[int]:
    if item.measure.choice is not None:
        return [choice.pick(item, histogram) for histogram in vector]
    return primitives.draw(item.mechanism, item.scale, vector)


def _check_schema(stage: Stage, exact: pa.Table) -> None:
    import pyarrow as pa

    names = [key.name for key in stage.keys] + [measure.name for measure in stage.measures]
    if exact.column_names != names:
        raise ExactTableInvalid("schema")
    for item in stage.measures:
        column = exact.column(item.name)
        if not (column.type == pa.int64() if item.choice is None else choice.is_histogram(column.type)):
            raise ExactTableInvalid("schema")
        if column.null_count:
            raise ExactTableInvalid("null")
    cells, found = stage.cells, exact.num_rows
    if found > DISCOVERED_LIMIT if cells is None else found != cells:
        raise ExactTableInvalid("rows")


def _vector(column: Any, measure: Measure) -> Vector:
    """Clamped numbers, or histograms over the candidates alone."""
    limit = primitives.EXACT_LIMIT
    if measure.choice is None:
        return [min(max(int(value), -limit), limit) for value in column.to_pylist()]
    try:
        return [choice.histogram(measure.choice, entries) for entries in column.to_pylist()]
    except ValueError:
        raise ExactTableInvalid("choices") from None


def _keys(stage: Stage, exact: pa.Table) -> tuple[tuple[object, ...], ...]:
    """Key tuples: each once, and for declared keys exactly the declared grid."""
    if not stage.keys:
        return ((),) * int(exact.num_rows)
    columns = [exact.column(key.name).to_pylist() for key in stage.keys]
    plain = [
        [plain_key(value, key) for value in column] for key, column in zip(stage.keys, columns, strict=True)
    ]
    if len(set(zip(*plain, strict=True))) != exact.num_rows:
        raise ExactTableInvalid("keys")
    for key, column in zip(stage.keys, plain, strict=True):
        if key.domain is not None and not set(column) <= {plain_key(value, key) for value in key.domain}:
            raise ExactTableInvalid("keys")
    rows: tuple[tuple[object, ...], ...] = tuple(zip(*columns, strict=True))
    return rows


def plain_key(value: object, key: KeyColumn) -> object:
    """One spelling for a key value, whichever way the policy or the engine writes it."""
    try:
        return _plain(value, key.type)
    except (TypeError, ValueError, ArithmeticError):
        raise ExactTableInvalid("keys") from None


def _plain(value: object, kind: ColumnType) -> object:
    if value is None:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if kind in (ColumnType.INTEGER, ColumnType.NUMBER):
        return value if type(value) is int else Fraction(Decimal(str(value)))  # equal, and slow to make
    if kind is ColumnType.BOOLEAN:
        return str(value).lower() in {"true", "1"}
    if kind is ColumnType.TIMESTAMP:
        return dt.datetime.fromisoformat(str(value))
    return str(value)
