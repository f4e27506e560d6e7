"""The answer as a ``Release``, and its bytes for sealed storage.

Counts are shown as integers: noisy, so they may be negative, and never rounded up to 0 (that would bias every
sum over them). Sums and ratios are floats; a sum is the one nearest to its exact multiple of the quantum.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.nouns.plan import Calibrated, Expression, Op, OutputColumn, Plan
from sandbox.nouns.policy import ColumnType
from sandbox.nouns.release import Cell, Cost, Release, ReleaseColumn
from sandbox.release.postprocess import Known, ResultInvalid
from sandbox.release.spread import Bars, spreads

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = 1
"""Of the stored form."""


def to_release(
    plan: Plan,
    calibrated: Sequence[tuple[Calibrated, ...]],
    known: Known | None,
    table: pa.Table,
    *,
    cost: Cost,
    id: int = 0,
) -> Release:
    """Assemble what leaves.

    Args:
        plan: the statement's plan.
        calibrated: noise of each stage.
        known: what post-processing read; None for a statement over public tables.
        table: the answer after post-processing and egress scan.
        cost: what was charged.
        id: number of the disclosure record, when known.

    Raises:
        ResultInvalid: a cell is not of its column's type.
    """
    columns = plan.post.columns
    values = [
        [as_cell(value, column.type) for value in table.column(place).to_pylist()]
        for place, column in enumerate(columns)
    ]
    data = tuple(zip(*values, strict=True))
    if plan.public or known is None:
        blank: Bars = tuple((None,) * len(columns) for _ in data)
        deviations, widths = blank, blank
    else:
        deviations, widths = spreads(plan, calibrated, known.released, table)
    return Release(
        id=id,
        columns=tuple(ReleaseColumn(c.name, c.type, not plan.public and _is_measured(c)) for c in columns),
        data=data,
        spreads=deviations,
        half_widths=widths,
        cost=cost,
        notes=plan.notes,
    )


def _is_measured(column: OutputColumn) -> bool:
    return column.key is None and _reads_noise(column.expression)


def _reads_noise(expression: Expression) -> bool:
    if expression.op is Op.MEASURE or (expression.op is Op.OPAQUE and not expression.args):
        return True
    return any(_reads_noise(argument) for argument in expression.args)


def as_cell(value: Any, kind: ColumnType) -> Cell:
    """One value as its column's type; numbers that are not finite become NULL.

    >>> as_cell(41.0, ColumnType.INTEGER), as_cell(float("nan"), ColumnType.NUMBER)
    (41, None)
    """
    if value is None:
        return None
    if kind in (ColumnType.INTEGER, ColumnType.NUMBER):
        return _number(value, kind)
    if kind is ColumnType.DATE and isinstance(value, dt.date):
        return value.date() if isinstance(value, dt.datetime) else value
    if kind is ColumnType.TIMESTAMP and isinstance(value, dt.date):
        return value if isinstance(value, dt.datetime) else dt.datetime(value.year, value.month, value.day)
    if kind is ColumnType.TEXT and isinstance(value, str):
        return value
    if kind is ColumnType.BOOLEAN and isinstance(value, bool):
        return value
    raise ResultInvalid("schema")


def _number(value: Any, kind: ColumnType) -> Cell:
    if not isinstance(value, int | float | Decimal) or isinstance(value, bool):
        raise ResultInvalid("schema")
    if not math.isfinite(value):
        return None
    return round(value) if kind is ColumnType.INTEGER else value


def dump(release: Release) -> bytes:
    """Canonical bytes: JSON with sorted keys; floats, decimals, dates as tagged text, so nothing is lost."""
    body = {
        "version": VERSION,
        "id": release.id,
        "columns": [[c.name, c.type.value, c.measured] for c in release.columns],
        "data": [[_tag(cell) for cell in row] for row in release.data],
        "spreads": [[_tag(cell) for cell in row] for row in release.spreads],
        "half_widths": [[_tag(cell) for cell in row] for row in release.half_widths],
        "cost": [_tag(release.cost.rho), _tag(release.cost.delta), _tag(release.cost.epsilon)],
        "notes": list(release.notes),
        "dummy": release.dummy,
    }
    return json.dumps(
        body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def load(data: bytes) -> Release:
    """The release of ``dump``.

    Raises:
        ValueError: the bytes are of another version or shape.
    """
    body = json.loads(data)
    if body.get("version") != VERSION:
        raise ValueError("a stored release of another version")

    def rows(name: str) -> Any:
        return tuple(tuple(_untag(cell) for cell in row) for row in body[name])

    return Release(
        id=body["id"],
        columns=tuple(
            ReleaseColumn(name, ColumnType(kind), measured) for name, kind, measured in body["columns"]
        ),
        data=rows("data"),
        spreads=rows("spreads"),
        half_widths=rows("half_widths"),
        cost=Cost(*(_untag(amount) for amount in body["cost"])),
        notes=tuple(body["notes"]),
        dummy=body.get("dummy", False),
    )


def _tag(cell: Cell) -> Any:
    if isinstance(cell, float):
        return {"f": repr(cell)}
    if isinstance(cell, Decimal):
        return {"n": str(cell)}
    if isinstance(cell, dt.datetime):
        return {"t": cell.isoformat()}
    if isinstance(cell, dt.date):
        return {"d": cell.isoformat()}
    return cell


def _untag(cell: Any) -> Any:
    if not isinstance(cell, dict):
        return cell
    ((tag, text),) = cell.items()
    readers: dict[str, Callable[[str], Cell]] = {
        "f": float,
        "n": Decimal,
        "t": dt.datetime.fromisoformat,
        "d": dt.date.fromisoformat,
    }
    if tag not in readers:
        raise ValueError("a stored release of another shape")
    return readers[tag](text)
