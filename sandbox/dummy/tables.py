"""Invented tables: the same people in all of them, foreign keys that meet, ends after their starts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sandbox.dummy.people import Draws, Person, people
from sandbox.dummy.values import KEY, Place, cell, typed
from sandbox.errors import LoadFailed, Refused, Unavailable
from sandbox.nouns.kinds import ColumnType, Use
from sandbox.nouns.mask import AgeBand, Keep, Region
from sandbox.nouns.policy import Column, ColumnClass, Policy, Table
from sandbox.nouns.release import Cell, Cost, Release, ReleaseColumn
from sandbox.source import open_source

MOST_ROWS = 5000
"""Rows of one table that are given away for download."""
USUAL_ROWS = 8
"""Most rows of an invented unit, but for every hundredth, which has as many as the policy keeps."""
EMPTY = 0.025
"""Share of empty cells in columns that describe a row."""
START = re.compile(
    r"(^|_)(start|started|begin|began|from|admit|admitted|admission|in)(_|$)|入院|开始|起", re.IGNORECASE
)
END = re.compile(
    r"(^|_)(end|ended|finish|finished|to|until|discharge|discharged|out|closed)(_|$)|出院|结束|终止|截止|止$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Rows:
    """An invented protected table."""

    units: tuple[int, ...]
    """Number of the invented unit of each row."""
    columns: Mapping[str, tuple[Cell, ...]]
    """Column → its cells; hidden columns are not invented."""


def invented(policy: Policy) -> dict[str, Rows]:
    """All protected tables of a policy, from the policy and its public tables.

    Args:
        policy: with the columns of public tables.

    Raises:
        Unavailable: ``dummy_unavailable`` when a public table cannot be read.
        LoadFailed: ``hierarchy_invalid``.
    """
    draws = Draws(policy.sha256.encode()[:64])
    everybody = people(draws)
    keys = _public_keys(policy)
    personal = _personal(policy)
    return {
        table.name: _Maker(policy, table, draws, keys, personal).rows(everybody)
        for table in policy.tables
        if not table.public
    }


def sample(policy: Policy, name: str) -> Release:
    """One table as a developer may download it: a protected one invented, a public one as it is.

    At most ``MOST_ROWS`` rows, columns that a developer may use.

    Raises:
        Refused: ``table_unknown``.
        Unavailable, LoadFailed: as ``invented``.
    """
    table = policy.table(name)
    if table is None:
        raise Refused(
            "table_unknown", "the dataset has no table of this name",
            hint="one of: " + ", ".join(each.name for each in policy.tables), status=404,
        )  # fmt: skip
    columns = [column for column in table.columns if column.use]
    if table.public:
        data = tuple(islice(_public_rows(policy, table, columns), MOST_ROWS))
    else:
        rows = invented(policy)[name]
        data = tuple(islice(zip(*(rows.columns[column.name] for column in columns), strict=True), MOST_ROWS))
    blank: tuple[tuple[None, ...], ...] = tuple((None,) * len(columns) for _ in data)
    return Release(
        id=0, columns=tuple(ReleaseColumn(column.name, column.type, measured=False) for column in columns),
        data=data, spreads=blank, half_widths=blank, cost=Cost(0.0, 0.0, 0.0), dummy=not table.public,
    )  # fmt: skip


@dataclass(frozen=True)
class _Maker:
    """Invents the rows of one table."""

    policy: Policy
    table: Table
    draws: Draws
    keys: Mapping[str, Sequence[Cell]]
    personal: frozenset[str]

    def rows(self, everybody: Sequence[Person]) -> Rows:
        columns = [column for column in self.table.columns if column.use]
        units: list[int] = []
        cells: dict[str, list[Cell]] = {column.name: [] for column in columns}
        for person in everybody:
            for row in range(self._count(self.table, person)):
                units.append(person.number)
                for name, value in self._row(columns, person, row).items():
                    cells[name].append(value)
        return Rows(tuple(units), {name: tuple(values) for name, values in cells.items()})

    def _count(self, table: Table, person: Person) -> int:
        """Rows of a person; none where it has none of the rows that they would refer to."""
        owner = self._owner(table)
        if owner is not None and not self._count(owner, person):
            return 0
        most = table.max_rows_per_unit
        if most == 1:
            return 1
        if person.number % 100 == 0:
            return min(most, MOST_ROWS // 50)
        return int(self.draws.share("rows", table.name, person.number) * (min(most, USUAL_ROWS) + 1))

    def _owner(self, table: Table) -> Table | None:
        return None if table.via is None else self.policy.table(table.via.table)

    def _row(self, columns: Sequence[Column], person: Person, row: int) -> dict[str, Cell]:
        values = {column.name: self._cell(column, person, row) for column in columns}
        dates = [column for column in columns if column.type in (ColumnType.DATE, ColumnType.TIMESTAMP)]
        for start in (each for each in dates if START.search(each.name)):
            for end in (each for each in dates if END.search(each.name) and each.type is start.type):
                _in_order(values, start, end)
        return values

    def _cell(self, column: Column, person: Person, row: int) -> Cell:
        names = self._names(column, person, row)
        share = self.draws.share(*names)
        if column.domain is None and (keys := self.keys.get(column.name)):
            return keys[int(share * len(keys))]
        if names[0] == "row" and self.draws.share("empty", *names) < EMPTY:
            return None
        return cell(Place(column, person, self.draws, names, self.policy.folder))

    def _names(self, column: Column, person: Person, row: int) -> tuple[object, ...]:
        """What a cell's draws belong to: the person, a key that tables share, or the row alone."""
        via, owner = self.table.via, self._owner(self.table)
        if via is not None and owner is not None and column.name == via.column:
            drawn = self.draws.share("owner", self.table.name, person.number, row)
            return KEY, f"{via.table}.{via.key}", person.number, int(drawn * self._count(owner, person))
        if column.name == self.policy.key_of(self.table.name):
            return KEY, f"{self.table.name}.{column.name}", person.number, row
        if column.name in self.personal:
            return "person", column.name, person.number
        if Use.JOIN in column.use:
            return KEY, column.name, person.number, row
        return "row", self.table.name, column.name, person.number, row


def _in_order(values: dict[str, Cell], start: Column, end: Column) -> None:
    """The end of a row is not before its start: the two change places, or the end becomes the start, whatever
    their declared values and bounds allow; else both are empty."""
    first, last = values[start.name], values[end.name]
    if first is None or last is None or first <= last:  # type: ignore[operator]  # of one type
        return
    for early, late in ((last, first), (last, last), (first, first)):
        if _allowed(start, early) and _allowed(end, late):
            values[start.name], values[end.name] = early, late
            return
    values[start.name] = values[end.name] = None


def _allowed(column: Column, value: Cell) -> bool:
    if column.domain is not None:
        return value in [typed(each, column.type) for each in column.domain]
    if column.bounds is None:
        return True
    day = value.date() if hasattr(value, "date") else value  # type: ignore[union-attr]  # a timestamp
    return bool(column.bounds[0] <= day <= column.bounds[1])  # type: ignore[operator]  # dates


def _personal(policy: Policy) -> frozenset[str]:
    """Names of columns that say something of the unit and not of a row: the same in every table."""
    protected = [table for table in policy.tables if not table.public]
    own = {column.name for table in protected if table.max_rows_per_unit == 1 for column in table.columns}
    lasting = {
        column.name
        for table in protected
        for column in table.columns
        if isinstance(column.mask, AgeBand | Region) or column.kind is ColumnClass.DIRECT
    }
    return frozenset(own | lasting)


def _public_keys(policy: Policy) -> dict[str, Sequence[Cell]]:
    """Column of a protected table → values of the first public table that has a column of its name."""
    wanted = {column.name for table in policy.tables if not table.public for column in table.columns}
    found: dict[str, Sequence[Cell]] = {}
    for table in policy.tables:
        for column in table.columns if table.public else ():
            if column.name in wanted and column.name not in found and isinstance(column.mask, Keep):
                values = (row[0] for row in _public_rows(policy, table, [column]))
                present = (value for value in values if value is not None)
                found[column.name] = list(dict.fromkeys(islice(present, MOST_ROWS)))
    return found


def _public_rows(policy: Policy, table: Table, columns: Sequence[Column]) -> Iterator[tuple[Cell, ...]]:
    """Rows of a public table; cells of a masked column are empty, for only an engine applies masks."""
    try:
        reader = open_source(policy.folder, table.source)
        listed = [column.name for column in columns]
        for batch in reader.batches(listed):
            cells = [batch.column(name).to_pylist() for name in listed]
            for row in zip(*cells, strict=True):
                yield tuple(
                    typed(str(value), column.type)
                    if value is not None and isinstance(column.mask, Keep)
                    else None
                    for value, column in zip(row, columns, strict=True)
                )
    except (LoadFailed, KeyError):
        unreadable = True
    else:
        unreadable = False
    if unreadable:
        raise Unavailable(
            "dummy_unavailable", "a public table that the dummy data needs cannot be read now",
            hint="tell the operator, who finds its source named in the policy",
        )  # fmt: skip
