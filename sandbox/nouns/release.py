"""A release: what leaves, with its error bars and its price. 输出结果."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.errors import Unavailable
from sandbox.nouns.kinds import ColumnType

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

Cell = str | int | float | Decimal | dt.date | dt.datetime | bool | None


@dataclass(frozen=True)
class ReleaseColumn:
    """Name, type and whether noise made it."""

    name: str
    type: ColumnType
    measured: bool
    """True when the column follows from noisy measurements; False for keys and public facts."""


@dataclass(frozen=True)
class Cost:
    """What a release cost."""

    rho: float
    """zCDP, charged."""
    delta: float
    """δ of key discovery, charged."""
    epsilon: float
    """ε that the job asked for."""


@dataclass(frozen=True)
class Release:
    """An answer. Equal for the developer in Python, REST and CLI."""

    id: int
    """Number of its record in the disclosure log."""
    columns: tuple[ReleaseColumn, ...]
    data: tuple[tuple[Cell, ...], ...]
    """Rows, in released order."""
    spreads: tuple[tuple[float | None, ...], ...]
    """Standard deviation of the noise of each cell, same shape as ``data``; None for keys and where a
    column's error has no simple form."""
    half_widths: tuple[tuple[float | None, ...], ...]
    """Half-widths of 95 % intervals, same shape."""
    cost: Cost
    replayed: bool = False
    notes: tuple[str, ...] = field(default=())
    dummy: bool = False
    """True: made of invented rows. The figures say nothing about anybody."""

    def rows(self) -> list[tuple[Cell, ...]]:
        """Rows as tuples, in released order."""
        return list(self.data)

    def error(self, confidence: float = 0.95) -> list[tuple[float | None, ...]]:
        """Half-widths of intervals that hold the exact (bounded) answer with this confidence.

        Same shape as the rows; None for keys. At 0.95 the stored figures; elsewhere scaled by the normal
        quantile, which is within a few per cent for the Gaussian mechanism.
        """
        if not 0 < confidence < 1:
            raise ValueError("confidence lies strictly between 0 and 1")
        if confidence == 0.95:
            return list(self.half_widths)
        from statistics import NormalDist

        ratio = NormalDist().inv_cdf((1 + confidence) / 2) / NormalDist().inv_cdf(0.975)
        return [tuple(None if cell is None else cell * ratio for cell in row) for row in self.half_widths]

    def to_arrow(self) -> pyarrow.Table:
        """The rows as an Arrow table, named and typed.

        Raises:
            Unavailable: ``package_missing`` without pyarrow; so do the frames below.
        """
        _require("pyarrow")
        from sandbox.nouns.shape import to_arrow

        return to_arrow(self)

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a pandas frame."""
        _require("pandas")
        frame: pandas.DataFrame = self.to_arrow().to_pandas()
        return frame

    def to_polars(self) -> polars.DataFrame:
        """The rows as a polars frame."""
        _require("polars")
        import polars

        return polars.DataFrame(self.to_arrow())

    def __str__(self) -> str:
        from sandbox.nouns.shape import to_text

        return to_text(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002  IPython's signature
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from sandbox.nouns.shape import to_html

        return to_html(self)


def _require(package: str) -> None:
    """Raises Unavailable ``package_missing``: optional packages are told by name, not by a traceback."""
    from importlib.util import find_spec

    try:
        found = find_spec(package) is not None
    except ValueError:  # blocked in sys.modules
        found = False
    if not found:
        raise Unavailable(
            "package_missing", f"this needs {package}, which is not installed",
            hint=f"pip install {package}; .rows() and .columns need nothing",
        )  # fmt: skip


@dataclass(frozen=True)
class PreviewColumn:
    """What a measured column would be like."""

    name: str
    half_width: float | None
    """Predicted 95 % half-width of one cell, from public facts."""


@dataclass(frozen=True)
class Preview:
    """Price and predicted error of a statement; free, opens no workspace."""

    cost: Cost
    columns: tuple[PreviewColumn, ...]
    plan: str
    """The plan as a person reads it."""
    fits: bool
    """Whether the budget left would pay for it now."""
    affordable: int
    """How many such jobs the budget left pays for."""


@dataclass(frozen=True)
class Balance:
    """One account of the budget."""

    scope: str
    """dataset, agreement or organisation."""
    name: str
    cap_rho: float
    spent_rho: float
    cap_delta: float
    spent_delta: float
    epsilon_cap: float
    epsilon_spent: float
    """The spent ρ as ε at δ/2 of the cap, the figure people know."""


@dataclass(frozen=True)
class BudgetView:
    """What is left, and what it pays for."""

    balances: Sequence[Balance]
    affordable: int | None
    """How many jobs like the last one fit; None before the first job."""
