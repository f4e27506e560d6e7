"""Sources laid side by side in one database, so that one plan of the engine answers for all of them.

Planning is most of what an exact statement over few rows costs, and this engine plans a prepared one anew
each time. So the statement stands once, as the body of a lateral join with the numbers of the sources, and
each of its protected tables is cut to the rows of the source at hand:

    "workspace"."visits"   →   (SELECT * EXCLUDE (_side) FROM sides.visits WHERE _side = _these._side)

By SQL's own meaning that is the statement over each source by itself. That the engine means the same is
looked at: to each question one source answers in a database of its own as well, and has to have the same
table, cell by cell and row by row.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import duckdb
import pyarrow as pa

from sandbox.nouns.policy import Policy
from sandbox.workspace import EngineFailure, build
from tests.proof import inside
from tests.proof.inside import Database, Notes, Waiting

CUT = "_side = _these._side"
ORDER = re.compile(r' ORDER BY ((?:"k\d+" NULLS LAST(?:, )?)+)$')
"""The order of a stage's rows, which a lateral join does not keep."""


class Laid:
    """The sources; all have the same public tables."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.connection = inside.configured()
        for name in (build.WORKSPACE, "sides"):
            self.connection.execute(f"ATTACH ':memory:' AS {name}")
        self._server = Database([], self.connection)
        self._known: dict[tuple[object, ...], list[pa.Table] | None] = {}
        self._count = 0
        self._chosen = 0
        """The source that answers by itself as well."""
        self._rng = random.Random()

    def lay(self, sources: Sequence[duckdb.DuckDBPyConnection], rng: random.Random) -> None:
        """Take in what stands in the workspaces of these databases."""
        self._count, self._rng = len(sources), rng
        self.forget()
        self.connection.execute(
            f"CREATE OR REPLACE TABLE sides._sides AS SELECT * FROM range({len(sources)}) AS r(_side)"
        )
        for table in self.policy.tables:
            name = build.quoted(table.name)
            place = f"{build.WORKSPACE if table.public else 'sides'}.{name}"
            columns = _columns(sources[0], table.name)
            self.connection.execute(
                f"CREATE OR REPLACE TABLE {place} ({'' if table.public else '_side BIGINT, '}{columns})"
            )
            for side, source in enumerate(sources[:1] if table.public else sources):
                number = "" if table.public else f"{side} AS _side, "
                rows = source.execute(f"SELECT {number}* FROM {build.WORKSPACE}.{name}").to_arrow_table()
                self._server.ingest(
                    f"INSERT INTO {place} SELECT * FROM incoming", rows.schema, rows.to_batches()
                )

    def forget(self) -> None:
        """Drop the answers of a question that all were asked; the next one has another source looked at."""
        self._known.clear()
        self._chosen = self._rng.randrange(self._count)

    def answer(
        self,
        side: int,
        sql: str,
        beside: Mapping[str, inside.Held],
        alone: Callable[[], pa.Table],
        notes: Notes,
    ) -> pa.Table:
        """What a statement over one source says.

        Args:
            side: number of the source.
            sql: the statement.
            beside: released tables that it reads.
            alone: the same statement in a database of this source alone.
            notes: of the source; they say so where the two ways differ.
        """
        key = (sql, *(held.data for _, held in sorted(beside.items())))
        if key not in self._known:
            self._known[key] = self._all(sql, beside)
        found = self._known[key]
        if found is None:
            return alone()
        if side == self._chosen and inside.written(alone()) != inside.written(found[side]):
            notes.append(("side by side, the engine answers otherwise", side, sql))
        return found[side]

    def _all(self, sql: str, beside: Mapping[str, inside.Held]) -> list[pa.Table] | None:
        """One table a source; None where the engine cannot, or one source makes it fail."""
        order = ORDER.search(sql)
        body = sql[: order.start()] if order else sql
        for table in self.policy.tables:
            if not table.public:
                name = build.quoted(table.name)
                body = body.replace(
                    f'"{build.WORKSPACE}".{name}',
                    f"(SELECT * EXCLUDE (_side) FROM sides.{name} WHERE {CUT})",
                )
        whole = (
            f"SELECT _these._side AS _side, _found.* FROM sides._sides AS _these, LATERAL ({body}) AS _found "
            f"ORDER BY _these._side{', ' + order[1] if order else ''}"
        )
        try:
            if body == sql:  # public tables alone, which all have; a protected one does not stand here
                return [inside.with_tables(self._server, beside, sql)] * self._count
            return self._cut(inside.with_tables(self._server, beside, whole))
        except EngineFailure:
            return None

    def _cut(self, table: pa.Table) -> list[pa.Table]:
        places = table.column(0).to_numpy().searchsorted(range(self._count + 1)).tolist()
        rest = table.drop_columns(["_side"])
        return [rest.slice(start, end - start) for start, end in pairwise(places)]


class Shared(Waiting):
    """The query engine of one source among those that are laid side by side."""

    def __init__(self, notes: Notes, own: duckdb.DuckDBPyConnection, laid: Laid, side: int) -> None:
        super().__init__(notes, own)
        self._laid, self._side = laid, side

    def answered(self, sql: str) -> pa.Table:
        return self._laid.answer(
            self._side,
            sql,
            self.waiting,
            lambda: inside.with_tables(self.inner, self.waiting, sql),
            self.notes,
        )


def _columns(source: duckdb.DuckDBPyConnection, table: str) -> str:
    """Columns of a stored table with their types, as in its definition."""
    found = source.execute(
        "SELECT column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = ? AND table_name = ? ORDER BY column_index",
        [build.WORKSPACE, table],
    ).fetchall()
    return ", ".join(f"{build.quoted(name)} {kind}" for name, kind in found)
