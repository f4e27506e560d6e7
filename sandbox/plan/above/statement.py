"""What a statement has come to so far: its boundaries, and the released relations that it reads again."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field

from sqlglot import exp

from sandbox.nouns.plan import Facts, Load, Returned, Stage
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan.above.joined import Joined
from sandbox.plan.above.query import MOST_ROWS
from sandbox.plan.above.reading import Reading, back_name, table_of
from sandbox.plan.boundary import Boundary
from sandbox.plan.listed import Listing
from sandbox.plan.names import granted, visible_tables
from sandbox.plan.refusals import Problems
from sandbox.plan.relations.scan import Relation
from sandbox.plan.render import exact_sql
from sandbox.plan.rows import Rows
from sandbox.plan.texts import Texts
from sandbox.plan.types import Value, quote
from sandbox.plan.work import Work

MAX_BOUNDARIES = 16
"""Boundaries of a statement: each has a share of one job's budget. Also tables in which it looks up a value
for each row: many joins take the engine long to plan."""
MAX_LOADED = 1_000_000
"""Rows of a public table that is read beside released values."""


@dataclass(frozen=True)
class Back:
    """A released relation with a name, which later parts of the statement may read."""

    body: str
    """Its SQL; names what it reads of the others."""
    columns: tuple[tuple[str, Kind], ...]
    rows: int
    unique: tuple[str, ...]
    reading: Reading
    node: exp.Expr = field(compare=False)
    """Where the statement says it first."""


@dataclass
class Statement:
    """The boundaries of one statement and its released relations, each list in the order of their making."""

    facts: Facts
    problems: Problems
    boundaries: list[Boundary] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    """What each boundary's exact SQL reads."""
    back: list[Back] = field(default_factory=list)
    tables: set[str] = field(default_factory=set)

    listing: Listing | None = None
    """Keys that the developer lists, for the outermost GROUP BY."""
    planned: dict[int, tuple[exp.Select, Rows, Relation]] = field(default_factory=dict)
    """FROM of SELECTs, by the identity of their node, that were planned to see what they are. The node is
    kept, so that no other gets its identity."""
    texts: Texts = field(init=False)
    """What functions of long texts cost."""
    work: Work = field(default_factory=Work)
    """What is computed of single rows."""
    joined: Joined = field(default_factory=Joined)
    """Rows of joins of released relations."""
    said: list[str] = field(default_factory=list)
    """What a person should know of the answer as a whole."""
    matches: dict[int, tuple[exp.Expr, Value]] = field(default_factory=dict)
    """EXISTS and IN above, by the identity of their node: an output name is looked at wherever it stands."""
    lookups: int = 0
    """Tables in which values are looked up."""
    _open: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.texts = Texts(self.facts)

    def enter(self, boundary: Boundary, reading: Reading) -> int:
        """Number of a boundary, whose measures follow until ``leave``.

        The same rows in the same groups are one boundary, measured once. Only not inside of itself: what an
        aggregate's argument reads of a boundary must be released before that aggregate is taken.
        """
        for number, other in enumerate(self.boundaries):
            if number not in self._open and boundary.same(other):
                self.readings[number].update(reading)
                boundary.exact, boundary.measures = other.exact, other.measures
                boundary.notes = other.notes
                self._open.add(number)
                return number
        if len(self.boundaries) >= MAX_BOUNDARIES:
            self.problems.stop("too_many_boundaries", None, limit=MAX_BOUNDARIES)
        self.boundaries.append(boundary)
        self.readings.append(reading)
        self.read(boundary.relation.tables | boundary.rows.scope.reads)
        self._open.add(len(self.boundaries) - 1)
        return len(self.boundaries) - 1

    def leave(self, number: int, reading: Reading) -> None:
        """All measures of one use of a boundary are known, and all that they read."""
        self.readings[number].update(reading)
        self._open.discard(number)

    @property
    def order(self) -> tuple[int, ...]:
        """Numbers of the boundaries, each after those that it reads."""
        found: list[int] = []

        def visit(number: int) -> None:
            if number not in found:
                for other in sorted(self.whole(self.readings[number]).stages):
                    visit(other)
                found.append(number)

        for number in range(len(self.boundaries)):
            visit(number)
        return tuple(found)

    def look_up(self, node: exp.Expr) -> None:
        """One more table in which a value is looked up."""
        self.lookups += 1
        if self.lookups > MAX_BOUNDARIES:
            self.problems.stop("too_many_boundaries", node, limit=MAX_BOUNDARIES)

    def read(self, tables: Set[str]) -> None:
        """Note tables that are read."""
        self.tables |= tables

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the boundaries, in the order in which they are measured."""
        each = (self.boundaries[number] for number in self.order)
        return (*(note for one in each for note in (*one.relation.notes, *one.notes)), *self.said)

    def stages(self) -> tuple[Stage, ...]:
        """Every boundary with all its measures known; a stage reads earlier ones alone."""
        return tuple(self._stage(number) for number in self.order)

    def _stage(self, number: int) -> Stage:
        boundary = self.boundaries[number]
        unit = boundary.unit_measure()
        return Stage(
            exact_sql(boundary), tuple(key.column for key in boundary.keys),
            tuple(boundary.measures.values()), unit, boundary.discovered,
            released=table_of(number),
            needs=tuple(self._returned(place) for place in sorted(self.readings[number].back)),
        )  # fmt: skip

    def _returned(self, number: int) -> Returned:
        made = self.back[number]
        if made.reading.noisy and made.rows > MOST_ROWS:
            self.problems.add("answer_too_large", made.node, count=made.rows, limit=MOST_ROWS)
        return Returned(
            back_name(number), self.complete(made.body, made.reading), made.columns,
            min(made.rows, MOST_ROWS), made.unique,
        )  # fmt: skip

    def give_back(self, made: Back) -> int:
        """Number of a released relation; the same query has one."""
        if made not in self.back:
            self.back.append(made)
        return self.back.index(made)

    def whole(self, reading: Reading) -> Reading:
        """All that a piece of SQL reads, through the relations that it names."""
        found = Reading()
        found.update(reading)
        for number in reading.back:
            found.update(self.whole(self.back[number].reading))
        return found

    def complete(self, sql: str, reading: Reading) -> str:
        """SQL of post-processing with the released relations that it names written before it."""
        numbers = sorted(self.whole(reading).back)
        parts = ", ".join(f'"{back_name(number)}" AS ({self.back[number].body})' for number in numbers)
        return f"WITH {parts} {sql}" if parts else sql

    def loads(self, sql: str, reading: Reading) -> tuple[Load, ...]:
        """Public tables that post-processing reads, with the columns that it names: a subquery may show some
        that nothing uses."""
        named = " ".join([sql, *(made.body for made in self.back)])
        names = set(self.whole(reading).public)
        for one in self.readings:
            for number in one.back:
                names |= self.whole(self.back[number].reading).public
        return tuple(self._load(name, named) for name in sorted(names))

    def _load(self, name: str, named: str) -> Load:
        if self.facts.public[name].rows > MAX_LOADED:
            self.problems.stop("public_table_too_large", None, name=name, limit=MAX_LOADED)
        workspace = self.facts.workspace
        table = visible_tables(self.facts)[name.lower()]
        found = sorted(quote(column.name) for column in granted(self.facts, table).values())
        columns = ", ".join(column for column in found if f".{column}" in named) or "1 AS one"
        return Load(workspace, name, f"SELECT {columns} FROM {quote(workspace)}.{quote(name)}")
