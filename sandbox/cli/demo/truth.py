"""The exact answers of two of the demo's questions, from invented files. Nobody may, with real data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from sandbox.nouns.release import Release


@dataclass(frozen=True)
class Comparison:
    """How a released count stands to the exact one."""

    key: str
    released: float
    half: float
    """95 % half-width."""
    exact: int

    @property
    def inside(self) -> bool:
        """Whether the error bar holds the exact count."""
        return abs(self.released - self.exact) <= self.half


def compare(answer: Release, column: str, exact: Mapping[str, int]) -> list[Comparison]:
    """A released count beside the exact one, row by row; rows without a value are left out.

    Args:
        answer: its first column is the key.
        column: name of the released count.
        exact: key as text → exact count of the source, unbounded.
    """
    place = [each.name for each in answer.columns].index(column)
    found = []
    for row, halves in zip(answer.data, answer.half_widths, strict=True):
        value, half = row[place], halves[place]
        if isinstance(value, int | float) and half is not None:
            found.append(Comparison(str(row[0]), float(value), half, exact.get(str(row[0]), 0)))
    return found


def visits_by_month(folder: Path) -> dict[str, int]:
    """First day of the month (ISO) → visits, from the source."""
    import pyarrow.compute as compute

    days = _column(folder, "visits", "visited_on")
    return {day.isoformat(): count for day, count in _counts(compute.floor_temporal(days, unit="month"))}


def visits_by_city(folder: Path) -> dict[str, int]:
    """City where the person lives → visits, from the source."""
    import pyarrow.compute as compute

    cards = _column(folder, "persons", "id_card")
    place = compute.index_in(_column(folder, "visits", "id_card"), value_set=cards)
    return dict(_counts(_column(folder, "persons", "region").take(place)))


def _column(folder: Path, table: str, name: str) -> pa.Array:
    import pyarrow.parquet as parquet

    return parquet.read_table(folder / f"{table}.parquet", columns=[name]).column(0).combine_chunks()


def _counts(values: pa.Array) -> list[tuple[Any, int]]:
    import pyarrow.compute as compute

    counted = compute.value_counts(values)
    return list(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))
