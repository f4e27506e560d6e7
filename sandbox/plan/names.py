"""Names: what a developer can see, and which stored column a name means.

A table or column that the agreement does not grant does not exist: it is neither resolved nor suggested. The
declared name of a protected table's unit column stands for the unit, whatever is granted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from sqlglot import exp

from sandbox.nouns.mask import Drop
from sandbox.nouns.plan import Facts
from sandbox.nouns.policy import Column, Source, Table, Use
from sandbox.plan import types as t
from sandbox.plan.refusals import Problems
from sandbox.plan.stored import stored
from sandbox.plan.types import Value, quote

RESERVED = frozenset({"_unit", "_rank", "_first", "rowid", "_cell"})
"""Names of the workspace's own columns."""
HIDDEN = "correlated "
"""What tables are called, with a number, that a statement does not name itself: no plain column, no * finds
them."""
PUBLIC = Table(name="", source=Source(connector=""), public=True)
"""Stands for what constants, a public subquery or a released query make."""
_HIDDEN_COLUMN = re.compile(rf'\(?"{HIDDEN}\d+"\."\w+"\)?')


@dataclass(frozen=True)
class Scan:
    """One table of FROM, under the name the developer gave it."""

    alias: str
    """What the statement calls it."""
    name: str
    """What the rendered SQL calls it: ``t0``, ``t1`` …"""
    table: Table
    columns: dict[str, Column]
    """Granted columns by lower-case name."""
    optional: bool = False
    """The inner side of a LEFT JOIN: its columns may be NULL where nothing matched."""
    derived: Mapping[str, Value] | None = None
    """Items of a subquery by lower-case name; None for a stored table."""
    inner: frozenset[str] = frozenset()
    """Stored tables that a subquery reads."""
    once: frozenset[str] | None = None
    """Rendered columns by which, with the unit, a subquery groups: a unit has one row for each value."""
    cells: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """Columns of a released relation that tell the row of a released table, and of which boundaries."""
    rows: int = 0
    """Rows of a public table, at most."""

    @property
    def names(self) -> list[str]:
        """Columns that exist here, in lower case."""
        return list(self.columns if self.derived is None else self.derived)

    @property
    def hidden(self) -> bool:
        """Whether it is found by its whole name alone."""
        return self.alias.startswith(HIDDEN)

    @property
    def protected(self) -> bool:
        """Whether its rows belong to units."""
        return not self.table.public

    @property
    def unit(self) -> str:
        """Rendered unit column; only protected tables have one."""
        return f'{self.name}."_unit"'


def readable(node: exp.Expr) -> str:
    """An expression as a person reads it; never executed."""
    return _HIDDEN_COLUMN.sub("(SELECT …)", node.sql(dialect="duckdb", comments=False))


def granted(facts: Facts, table: Table) -> dict[str, Column]:
    """Columns of a table that exist for this developer, by lower-case name."""
    uses = facts.grants.get(table.name, {})
    return {
        column.name.lower(): column
        for column in table.columns
        if uses_of(facts, table.name, column)
        and not isinstance(column.mask, Drop)
        and (table.public or column.name != table.unit)
        and column.name in uses
    }


def uses_of(facts: Facts, table: str, column: Column) -> frozenset[Use]:
    """Uses that both the agreement and the policy allow."""
    return facts.grants.get(table, {}).get(column.name, frozenset()) & column.use


def visible_tables(facts: Facts) -> dict[str, Table]:
    """Tables that exist for this developer, by lower-case name."""
    return {table.name.lower(): table for table in facts.policy.tables if table.name in facts.grants}


def suggest(name: str, known: Iterable[str]) -> str:
    """A did-you-mean over what the developer may see anyway."""
    names = sorted(known)
    near = get_close_matches(name.lower(), names, n=3, cutoff=0.6)
    if near:
        return "did you mean " + " or ".join(near) + "?"
    return ("there are: " + ", ".join(names[:20])) if names else "nothing is granted here"


@dataclass
class Scope:
    """The tables of one FROM, and the columns that the statement uses of them."""

    facts: Facts
    problems: Problems
    scans: list[Scan] = field(default_factory=list)
    merged: dict[str, Value] = field(default_factory=dict)
    """Columns of USING by lower-case name: no longer ambiguous."""
    outer: Scope | None = None
    """The FROM around a subquery that may name its columns."""
    unit: str = ""
    """Rendered unit of the rows of the whole FROM, once it is known."""
    bound: int = 0
    """Rows of one unit in it, at most."""
    size: int = 0
    """Rows of a public FROM that what is done with it is sized for."""
    released: bool = False
    """Whether its rows are looked at once everything is measured."""
    subqueries: bool = False
    """Whether conditions may hold subqueries here: in WHERE alone."""

    reads: set[str] = field(default_factory=set)
    """Stored tables that subqueries of WHERE read."""
    made: int = 0
    """Tables named so far."""

    @property
    def rows(self) -> int:
        """Rows of one unit that a condition here is looked at for: in a subquery of WHERE, pairs of rows."""
        return max(1, self.bound) * (1 if self.outer is None else self.outer.rows)

    @property
    def above(self) -> bool:
        """Whether no row of a unit decides for how many rows a condition here is looked at."""
        return self.released or (self.outer is not None and self.outer.above)

    def fresh(self) -> str:
        """A name for the next table that no table in sight has."""
        self.made += 1
        return f"t{self.made - 1}"

    def table(self, node: exp.Table) -> Table:
        """The table that FROM names."""
        name = str(node.this.name)
        tables = visible_tables(self.facts)
        found = tables.get(name.lower())
        if found is None:
            self.problems.stop("unknown_table", node, name=name, help=suggest(name, tables))
        return found

    def add(self, scan: Scan, node: exp.Expr) -> None:
        """Bring a table into scope."""
        if any(other.alias.lower() == scan.alias.lower() for other in self.scans):
            self.problems.stop("duplicate_alias", node, name=scan.alias)
        self.scans.append(scan)

    def column(self, node: exp.Column) -> Value:
        """What a column name means, as a typed value; a unit column comes back with ``unit`` set."""
        name, qualifier = str(node.name), str(node.table)
        if name.lower() in RESERVED:
            units = [scan.table.unit for scan in self.scans if scan.table.unit]
            help_ = f"write COUNT(DISTINCT {units[0]})" if units else "name a column of the table"
            self.problems.stop("reserved_name", node, name=name, help=help_)
        if not qualifier and name.lower() in self.merged:
            return self.merged[name.lower()]
        scans = self._called(qualifier)
        found = [value for scan in scans if (value := value_of(scan, name)) is not None]
        if not found and self.outer is not None and self.outer.names(node):
            return self.outer.column(node)
        if qualifier and not scans:
            known = [scan.alias.lower() for scan in self.scans]
            self.problems.stop("unknown_table", node, name=qualifier, help=suggest(qualifier, known))
        if not found:
            self._unknown(node, name, scans)
        found = own_first(found, scans)
        if len(found) > 1:
            choices = " or ".join(f"{scan.alias}.{name}" for scan in scans if value_of(scan, name))
            self.problems.stop("ambiguous_column", node, name=name, help=choices)
        return found[0]

    def names(self, node: exp.Column) -> bool:
        """Whether a column of this name is in sight."""
        name, qualifier = str(node.name), str(node.table)
        scans = self._called(qualifier)
        here = name.lower() in self.merged or any(value_of(scan, name) is not None for scan in scans)
        return here or (self.outer is not None and self.outer.names(node))

    def _called(self, qualifier: str) -> list[Scan]:
        """Tables that a qualifier names, or all that need none."""
        if not qualifier:
            return [scan for scan in self.scans if not scan.hidden]
        return [scan for scan in self.scans if scan.alias.lower() == qualifier.lower()]

    def unit_named(self, node: exp.Column) -> str:
        """The rendered unit that a column names, or an empty text; nothing is noted."""
        name, qualifier = str(node.name).lower(), str(node.table)
        scans = self._called(qualifier)
        found = [value for scan in scans if (value := value_of(scan, name)) is not None]
        merged = self.merged.get(name) if not qualifier else None
        value = merged or (found[0] if len(found) == 1 else None)
        return value.sql if value is not None and value.unit else ""

    def _unknown(self, node: exp.Column, name: str, scans: list[Scan]) -> None:
        if any(scan.alias.lower() == name.lower() for scan in self.scans):
            self.problems.stop(
                "row_level_output", node, name=f"the whole table {name}", help="name one column"
            )
        known = {column for scan in scans for column in scan.names}
        self.problems.stop("unknown_column", node, name=name, help=suggest(name, known))


def own_first(found: list[Value], scans: Iterable[Scan]) -> list[Value]:
    """Columns of one name without units that tables find through others, where there is anything else."""
    lent = {scan.unit for scan in scans if scan.table.via is not None and scan.derived is None}
    own = [value for value in found if value.sql not in lent]
    return own or found


def value_of(scan: Scan, name: str) -> Value | None:
    """A column of a scan as a typed value, or None when the scan has no such column."""
    if scan.derived is not None:
        item = scan.derived.get(name.lower())
        return replace(item, nullable=item.nullable or scan.optional) if item is not None else None
    unit = scan.table.unit
    if scan.protected and unit is not None and name.lower() == unit.lower():
        return Value(scan.unit, None, t.NULL, unit=unit, nullable=scan.optional)
    column = scan.columns.get(name.lower())
    if column is None:
        return None
    ref = (scan.table.name, column.name)
    return stored(f"{scan.name}.{quote(column.name)}", column, ref)
