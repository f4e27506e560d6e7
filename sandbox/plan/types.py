"""The planner's own typed values: a total SQL expression with what is publicly known about it.

Every piece of rendered SQL is made here or from pieces made here; the user's text is never copied. Numbers in
ranges are exact fractions. A range or domain is a public fact of *policy and statement*, never of rows.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from fractions import Fraction

from sandbox.nouns.plan import Expression
from sandbox.nouns.policy import ColumnType as Kind

DOUBLE, BIGINT, DECIMAL, VARCHAR, ENUM = "DOUBLE", "BIGINT", "DECIMAL", "VARCHAR", "ENUM"
DATE, TIMESTAMP, BOOLEAN, NULL = "DATE", "TIMESTAMP", "BOOLEAN", "NULL"
INT64 = 2**63 - 1

Constant = str | Fraction | dt.date | bool
ColumnRef = tuple[str, str]
"""Table and column of the policy."""


@dataclass(frozen=True)
class Range:
    """Inclusive public bounds of the non-NULL values; None where a side is open."""

    lo: Fraction | None = None
    hi: Fraction | None = None

    @property
    def closed(self) -> tuple[Fraction, Fraction] | None:
        """Both bounds, or None when one is missing."""
        return None if self.lo is None or self.hi is None else (self.lo, self.hi)

    @property
    def ends(self) -> tuple[Fraction, Fraction]:
        """Both bounds, where it was checked that none is missing."""
        assert self.closed is not None
        return self.closed

    def hull(self, other: Range) -> Range:
        """Smallest range that holds both."""
        lo = None if self.lo is None or other.lo is None else min(self.lo, other.lo)
        hi = None if self.hi is None or other.hi is None else max(self.hi, other.hi)
        return Range(lo, hi)


OPEN = Range()


@dataclass(frozen=True)
class Narrow:
    """What a WHERE conjunct says about one column, whose value is then never NULL."""

    column: str
    """Rendered column."""
    values: frozenset[Constant] | None = None
    lo: Constant | None = None
    hi: Constant | None = None


_REFERENCE = re.compile(r't\d+\."(?:[^"]|"")+"')
"""A rendered column and nothing else."""


_NAMED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\b(t\d+)\.""")
"""A text, an identifier, or the table before a column."""


@dataclass(frozen=True)
class Value:
    """A typed, total expression."""

    sql: str
    kind: Kind | None
    """None: the literal NULL."""
    storage: str
    """DuckDB type it is computed in."""
    scale: int = 0
    """Decimal places where ``storage`` is DECIMAL."""
    range: Range = OPEN
    """Of numbers; includes what rounding can do."""
    days: tuple[dt.date, dt.date] | None = None
    """Inclusive bounds of dates and timestamps."""
    domain: tuple[Constant, ...] | None = None
    """All non-NULL values it can take, when public and finite."""
    nullable: bool = True
    integral: bool = False
    """A DOUBLE that holds whole numbers only."""
    constant: Constant | None = None
    """Value of a literal."""
    enforced: Range | None = None
    """Range that the load or the outermost rendered clamp of this very value enforces."""
    column: ColumnRef | None = None
    """Set for a plain column."""
    unit: str = ""
    """Declared name of the unit column this stands for."""
    reads: frozenset[ColumnRef] = frozenset()
    """Columns whose values it carries."""
    tests: frozenset[ColumnRef] = frozenset()
    """Columns that only decide between values."""
    narrows: tuple[Narrow, ...] = ()
    """What follows when this condition is true."""
    expression: Expression | None = None
    """How it follows from released values, where error bars understand it."""
    measured: bool = False
    growth: int = 1
    """Of texts: how many times longer than the longest stored text it can be."""

    @property
    def reference(self) -> bool:
        """A column as it stands, stored or made by a subquery: what a WHERE conjunct can narrow."""
        return self.column is not None or _REFERENCE.fullmatch(self.sql) is not None

    @property
    def null(self) -> bool:
        """Whether it is the literal NULL."""
        return self.kind is None

    @property
    def numeric(self) -> bool:
        """Whether it is a number (or NULL)."""
        return self.kind in (Kind.INTEGER, Kind.NUMBER, None)

    @property
    def exact(self) -> bool:
        """Whether it is stored as an integer number of steps, so that sums are exact without rounding."""
        return self.storage in (BIGINT, DECIMAL)


def quote(name: str) -> str:
    """An identifier in double quotes.

    >>> quote('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def tables_of(sql: str) -> frozenset[str]:
    """Rendered names of the tables whose columns an expression names, whatever these columns are called.

    >>> sorted(tables_of('coalesce(t0."a", t12."t3.""b")'))
    ['t0', 't12']
    """
    return frozenset(name for name in _NAMED.findall(sql) if name)


def text_sql(value: str) -> str:
    """A text literal.

    >>> text_sql("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"


def double_sql(value: Fraction | int) -> str:
    """A number as a DOUBLE literal.

    >>> double_sql(Fraction(3, 2))
    '1.5e0'
    """
    text = repr(float(value))
    return text if "e" in text else text + "e0"


def decimal_sql(value: Fraction, scale: int) -> str | None:
    """A number as a literal DECIMAL(18, scale), or None when it is not on that grid."""
    steps = value * 10**scale
    if steps.denominator != 1 or abs(steps) >= 10**18:
        return None
    sign, digits = "-" if steps < 0 else "", str(abs(int(steps))).rjust(scale + 1, "0")
    text = f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits
    return f"CAST({sign}{text} AS DECIMAL(18, {scale}))"


def bigint_sql(value: Fraction) -> str | None:
    """A number as a BIGINT literal, or None when it is no 64-bit whole number."""
    if value.denominator != 1 or abs(value) > INT64:
        return None
    return f"CAST({int(value)} AS BIGINT)"


def constant_sql(value: Constant | None, kind: Kind | None) -> str:
    """A constant of a key's domain."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Fraction):
        return (bigint_sql(value) if kind is Kind.INTEGER else None) or double_sql(value)
    if isinstance(value, dt.datetime):
        return f"CAST('{value.isoformat(sep=' ')}' AS TIMESTAMP)"
    if isinstance(value, dt.date):
        return f"CAST('{value.isoformat()}' AS DATE)"
    return text_sql(value)


def literal(value: Constant | None, kind: Kind | None) -> Value:
    """A constant as a value. Whole numbers are BIGINT, other numbers DOUBLE."""
    if value is None:
        return Value("NULL", None, NULL)
    storage = {
        Kind.TEXT: VARCHAR, Kind.BOOLEAN: BOOLEAN, Kind.DATE: DATE, Kind.TIMESTAMP: TIMESTAMP,
        Kind.INTEGER: BIGINT, Kind.NUMBER: DOUBLE, None: NULL,
    }[kind]  # fmt: skip
    made = Value(constant_sql(value, kind), kind, storage, constant=value, domain=(value,), nullable=False)
    if isinstance(value, Fraction):
        return replace(made, range=Range(value, value), integral=value.denominator == 1)
    if isinstance(value, dt.date):
        day = value.date() if isinstance(value, dt.datetime) else value
        return replace(made, days=(day, day))
    return made


def as_double(value: Value) -> str:
    """The number as DOUBLE SQL; the cast of whole numbers and decimals never fails."""
    if value.null:
        return "CAST(NULL AS DOUBLE)"
    if isinstance(value.constant, Fraction):
        return double_sql(value.constant)
    return value.sql if value.storage == DOUBLE else f"CAST({value.sql} AS DOUBLE)"


def one_zero(sql: str) -> str:
    """A DOUBLE whose −0 is 0: equal numbers look alike, so which row stands for a group says nothing."""
    return f"(CASE WHEN {sql} = 0e0 THEN 0e0 ELSE {sql} END)"


def as_text(value: Value) -> str:
    """The text as VARCHAR SQL: order and functions are those of text, not of the stored ENUM."""
    return f"CAST({value.sql} AS VARCHAR)" if value.storage == ENUM else value.sql


def carried(*values: Value) -> frozenset[ColumnRef]:
    """Columns whose values flow into the result."""
    return frozenset().union(*(value.reads for value in values))


def decided(*values: Value) -> frozenset[ColumnRef]:
    """Columns that only decide between values."""
    return frozenset().union(*(value.tests for value in values))


def derive(sql: str, kind: Kind | None, storage: str, *sources: Value, range: Range = OPEN) -> Value:
    """A value computed from others: NULL-ness, columns and measuredness follow from them."""
    return Value(
        sql, kind, storage,
        range=range,
        nullable=any(source.nullable for source in sources),
        reads=carried(*sources), tests=decided(*sources),
        measured=any(source.measured for source in sources),
        growth=max((source.growth for source in sources), default=1),
    )  # fmt: skip
