"""A plan: what a statement became. Public: a function of text, policy and public facts, never of rows.

A statement has one or more *stages*. A stage ends at a boundary: bound, aggregate exactly, measure. The
engine runs ``Stage.exact_sql`` and returns one row per group with integer columns; noise turns these into
released values; ``Post`` is what happens to released values afterwards, and is free. What a stage released
may come back as a public table (``Returned``) that a later stage reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from sandbox.nouns.policy import ColumnType, Policy, Use
from sandbox.nouns.spend import Sensitivity


@dataclass(frozen=True)
class PublicTable:
    """Public facts of a public table, taken from that table alone."""

    rows: int
    multiplicity: Mapping[str, int]
    """Column → largest number of rows that share one non-NULL value. For an equi-join on several columns the
    smallest of theirs bounds the fan-out."""


@dataclass(frozen=True)
class Facts:
    """Everything a plan may depend on besides the statement."""

    policy: Policy
    grants: Mapping[str, Mapping[str, frozenset[Use]]]
    """Table → column → uses that the agreement grants; what is absent does not exist for this developer."""
    public: Mapping[str, PublicTable]
    row_bounds: Mapping[str, int]
    """Protected table → rows per unit that the workspace keeps (``_rank < row_bound`` holds for all rows)."""
    workspace: str = "workspace"
    """Catalogue name under which the engine attached the workspace."""


@dataclass(frozen=True)
class KeyColumn:
    """One grouping column of a stage."""

    name: str
    """Its column in ``exact_sql``: ``k0``, ``k1`` …"""
    label: str
    """What a person reads."""
    type: ColumnType
    domain: tuple[object, ...] | None
    """Declared values (None among them when NULL is a key), or None: discovered."""


@dataclass(frozen=True)
class Choice:
    """One of public candidates, picked by how well each fits a group's rows: a quantile, or a mode.

    The exact column is then a histogram of the candidates that rows are nearest to: a list of pairs, key
    BIGINT (the candidate in steps) and value UBIGINT (its rows).
    """

    first: int
    """The lowest candidate, in steps of the measure; the others follow it one step apart."""
    count: int
    """How many there are."""
    rank: tuple[int, int] | None
    """(a, b): the quantile α = a/b. None: the candidate with most rows."""

    @property
    def step(self) -> int:
        """How far one row moves the score of a candidate: max(a, b − a), or 1."""
        return 1 if self.rank is None else max(self.rank[0], self.rank[1] - self.rank[0])


@dataclass(frozen=True)
class Measure:
    """One integer column of the exact result and what one unit can change in it."""

    name: str
    """Its column in ``exact_sql``: ``m0``, ``m1`` …"""
    label: str
    """What is measured, in SQL terms, such as ``SUM(amount)``."""
    sensitivity: Sensitivity
    quantum: Fraction
    """Value of one integer step: 1 for counts, 1/1000 for an amount stored with 3 places."""
    weight: int = 1
    """Share of the stage's ρ, relative to the other measures."""
    choice: Choice | None = None
    """Set where a candidate is picked; ``sensitivity`` is then that of the candidates' scores."""


@dataclass(frozen=True)
class Returned:
    """A released relation that comes back: computed from released values alone, then a public table."""

    name: str
    """Temporary table that ``Stage.exact_sql`` reads."""
    sql: str
    """Reads tables of earlier stages and loaded public tables, nothing else."""
    columns: tuple[tuple[str, ColumnType], ...]
    """Names and types of its result, in order."""
    rows: int
    """Most rows it may have: the later stage's sensitivity counts on it."""
    unique: tuple[str, ...] = ()
    """Columns that no two rows share all of, which the later stage's sensitivity counts on; empty: none."""


@dataclass(frozen=True)
class Load:
    """A public table that post-processing reads beside released values."""

    schema: str
    table: str
    sql: str
    """Reads the columns from the workspace."""


@dataclass(frozen=True)
class Stage:
    """One boundary: exact integers per group, to be measured together."""

    exact_sql: str
    """Rendered by us. Columns: every key, then every measure; each measure is BIGINT, never NULL
    (a ``Choice`` has a histogram). With declared keys it returns every cell of the grid."""
    keys: tuple[KeyColumn, ...]
    measures: tuple[Measure, ...]
    unit_measure: str | None
    """Measure that counts distinct units from the same bounded, filtered rows: decides what is shown
    (``min_units``) and, for discovered keys, what is released at all. None without GROUP BY."""
    discovered: bool
    """True when any key lacks a declared domain: groups pass a threshold."""
    released: str = "released"
    """Name of its table for post-processing; each stage of a plan has its own."""
    needs: tuple[Returned, ...] = ()
    """What ``exact_sql`` reads of earlier stages."""

    @property
    def weight(self) -> int:
        """Share of the job's ρ, relative to the other stages."""
        return sum(measure.weight for measure in self.measures)

    @property
    def cells(self) -> int | None:
        """Cells of a declared grid; None when keys are discovered."""
        if self.discovered:
            return None
        cells = 1
        for key in self.keys:
            cells *= len(key.domain or ())
        return cells


@dataclass(frozen=True)
class OutputColumn:
    """One column of the answer."""

    name: str
    type: ColumnType
    expression: Expression
    """How it follows from keys and measures; drives error bars."""
    key: str | None = None
    """Name of the key column it shows unchanged, or None."""
    from_rows: bool = False
    """A number that no noise is in (a key, or computed from keys): scanned on its way out, as texts are."""


class Op(StrEnum):
    """Arithmetic that error bars understand; any other post-processing is ``OPAQUE``."""

    KEY = "key"  # name in `value`
    MEASURE = "measure"  # name in `value`; in natural units (steps × quantum)
    LITERAL = "literal"  # number in `value`
    ADD = "+"
    SUB = "-"
    MUL = "*"
    DIV = "/"  # NULL where the divisor is 0
    MAX = "max"  # greatest of the arguments
    SQRT = "sqrt"  # NULL under 0
    BRANCH = "branch"  # of a UNION ALL: the argument at the place of the stage that a row's cell is of
    OPAQUE = "opaque"


@dataclass(frozen=True)
class Expression:
    """A tree over released values; evaluated for error bars only, the answer itself comes from SQL."""

    op: Op
    value: str | Fraction | None = None
    args: tuple[Expression, ...] = ()
    cell: str = "_cell"
    """For a measure: the column of the result that tells which released row it is from. For ``BRANCH``: the
    one that tells which stage's; arguments beyond its stages are of rows that have no such cell."""

    def of_branch(self, cell: str, place: int) -> Expression:
        """What it is for rows whose cell is of the stage at this place.

        >>> a, b = Expression(Op.MEASURE, "m0"), Expression(Op.OPAQUE)
        >>> Expression(Op.BRANCH, args=(a, b)).of_branch("_cell", 0) == a
        True
        """
        if self.op is Op.BRANCH and self.cell == cell:
            return self.args[place].of_branch(cell, place)
        if not self.args:
            return self
        return replace(self, args=tuple(argument.of_branch(cell, place) for argument in self.args))


BRANCH = 2**40
"""More than any released table has rows."""


@dataclass(frozen=True)
class Post:
    """Free post-processing of released values in a database that holds nothing else."""

    sql: str
    """Reads tables ``Stage.released``: ``_cell`` (BIGINT, 0-based row number), keys as they are, measures as
    DOUBLE in natural units (NULL where a floor hides the cell). Columns of its result are ``columns`` in
    order, then ``cells``."""
    columns: tuple[OutputColumn, ...]
    cells: tuple[tuple[str, tuple[int, ...]], ...] = (("_cell", (0,)),)
    """Column that tells the row of a released table that a row came from (or NULL), and the stages it may be
    of: ``row + BRANCH · n`` is that row of the n-th."""
    loads: tuple[Load, ...] = ()
    """Public tables that it, or a ``Returned``, reads beside; empty for a statement over public tables."""


@dataclass(frozen=True)
class Plan:
    """A statement ready to be priced."""

    sql: str
    """Normalised text; equal plans have equal text."""
    stages: tuple[Stage, ...]
    """Empty for a statement over public tables alone; then ``post`` reads the workspace's public tables."""
    post: Post
    tables: frozenset[str]
    uses: Mapping[str, Mapping[str, frozenset[Use]]]
    """Table → column → uses the statement needs."""
    literals: tuple[str, ...] = ()
    """Texts and long whole numbers in the statement, for the scan for identity numbers."""
    notes: tuple[str, ...] = ()
    """Decisions a person should read: row bounds, clamps, what was rewritten."""

    @property
    def public(self) -> bool:
        """Whether only public tables are read: no noise, no charge."""
        return not self.stages


class Mechanism(StrEnum):
    """OpenDP's integer mechanisms that we use."""

    GAUSSIAN = "discrete_gaussian"
    NOISY_MAX = "noisy_max"


@dataclass(frozen=True)
class Calibrated:
    """One measure with its noise fixed, before any data is touched."""

    measure: Measure
    mechanism: Mechanism
    scale: float
    """Gaussian: σ, in the measure's integer steps. Noisy max: of the noise on each score."""
    rho: float
    """Loss by OpenDP's own map at the measure's sensitivity (pure ε as ε²/2), rounded up."""
    threshold: int | None = None
    """For the unit measure of discovered keys: groups are released iff noisy count ≥ threshold."""
    delta: float = 0.0
    """δ of the threshold, rounded up."""

    @property
    def variance(self) -> float:
        """Variance of the noise in integer steps (continuous formula: σ², 2b²)."""
        return self.scale**2 if self.mechanism is Mechanism.GAUSSIAN else 2 * self.scale**2

    def record(self) -> dict[str, object]:
        """What the log keeps of it: numbers as integers or decimal text."""
        reach = self.measure.sensitivity
        return {
            "label": self.measure.label,
            "quantum": str(self.measure.quantum),
            "l0": reach.l0,
            "l1": str(reach.l1),
            "l2_squared": str(reach.l2_squared),
            "linf": str(reach.linf),
            "mechanism": self.mechanism.value,
            "scale": repr(self.scale),
            "rho": repr(self.rho),
            "threshold": self.threshold,
            "delta": repr(self.delta),
        }
