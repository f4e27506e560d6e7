"""Noisy integers → a stage's ``released`` table: natural units, floors, and not one private value.

Floor (``min_units``): where a stage groups, a cell whose *noisy* unit count is below the floor shows nothing:
NULL in every measure of a declared grid, no row for discovered keys. A statement without GROUP BY has no
floor. The comparison is post-processing of a paid measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sandbox.nouns.noise import Noisy
from sandbox.nouns.plan import Calibrated, KeyColumn, Stage
from sandbox.nouns.policy import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

CELL = "_cell"
"""Number of a row of ``released``, 0-based; carried through post-processing to find its error bar."""


def shape(stage: Stage, table: Noisy, noise: Sequence[Calibrated], *, min_units: int) -> pa.Table:
    """Build the table of one stage that post-processing reads.

    Args:
        stage: what was measured.
        table: its noisy integers.
        noise: what was added.
        min_units: floor on noisy unit counts.

    Returns:
        Keys as they are, measures as DOUBLE in natural units, then ``_cell`` (BIGINT).
    """
    import pyarrow as pa

    if len(table.values) != len(stage.measures) or len(noise) != len(stage.measures):
        raise ValueError("every measure is measured")
    shown = _shown(stage, table, noise, min_units)
    rows = [row for row, show in enumerate(shown) if show or not stage.discovered]
    columns: dict[str, Any] = {}
    for index, key in enumerate(stage.keys):
        columns[key.name] = pa.array(
            [table.keys[row][index] for row in rows], type=_arrow_type(key, table, index)
        )
    for measure, vector in zip(stage.measures, table.values, strict=True):
        natural = [natural_units(vector[row], measure.quantum) if shown[row] else None for row in rows]
        columns[measure.name] = pa.array(natural, type=pa.float64())
    columns[CELL] = pa.array(range(len(rows)), type=pa.int64())
    return pa.table(columns)


def natural_units(steps: int, quantum: Fraction) -> float:
    """Integer steps as a number: one rounding, of an exact rational.

    >>> natural_units(1234567, Fraction(1, 100))
    12345.67
    """
    return float(steps * quantum)


def _shown(stage: Stage, table: Noisy, noise: Sequence[Calibrated], min_units: int) -> list[bool]:
    """Whether each row passes the floor and, for discovered keys, the threshold again."""
    if stage.unit_measure is None:
        if stage.discovered:
            raise ValueError("discovered keys are shown by a unit measure")
        return [True] * len(table)
    place = [item.measure.name for item in noise].index(stage.unit_measure)
    floor = max(min_units, noise[place].threshold or 0) if stage.keys else None
    return [floor is None or count >= floor for count in table.values[place]]


def _arrow_type(key: KeyColumn, table: Noisy, index: int) -> pa.DataType | None:
    """Type of a key column: by declaration where that is certain, else by its values."""
    import pyarrow as pa

    values = [row[index] for row in table.keys if row[index] is not None]
    if values and not (key.type is ColumnType.TEXT and all(isinstance(value, str) for value in values)):
        return None
    fixed = {
        ColumnType.TEXT: pa.string(),
        ColumnType.INTEGER: pa.int64(),
        ColumnType.NUMBER: pa.float64(),
        ColumnType.DATE: pa.date32(),
        ColumnType.TIMESTAMP: pa.timestamp("us"),
        ColumnType.BOOLEAN: pa.bool_(),
    }
    return fixed[key.type]
