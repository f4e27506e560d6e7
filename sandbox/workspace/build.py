"""SQL text that turns masked rows into a workspace: unit codes, ranks, order, public facts.

Every step is unit-local: a unit's stored rows are a function of its own rows, secret keys and fresh
randomness. Ranks are drawn before any filter, so ``_rank < C`` keeps a uniformly random C of a unit's rows
whatever a query asks later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.nouns.first import MOST_VALUES, first_bits
from sandbox.nouns.plan import PublicTable
from sandbox.nouns.policy import Policy, Table, Use
from sandbox.nouns.ports import Engine

SNAPSHOT = "snapshot"
"""Catalogue of masked rows in the build engine."""
WORKSPACE = "workspace"
"""Catalogue of one agreement's tables, in the build engine and in the query engine."""


PART_ROWS = 2_000_000
"""Rows of one part of a build."""


def quoted(name: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def snapshot_name(table: Table) -> str:
    """The table's qualified name in the snapshot."""
    return f"{SNAPSHOT}.{quoted(table.name)}"


def workspace_name(table: Table) -> str:
    """The table's qualified name in the workspace."""
    return f"{WORKSPACE}.{quoted(table.name)}"


def snapshot_sql(table: Table, select: str, unit_present: str) -> str:
    """Masked rows of the stream ``incoming`` into the snapshot; rows without a unit are left out."""
    return f"INSERT INTO {snapshot_name(table)} SELECT {select} FROM incoming WHERE {unit_present}"


def unowned_sql(table: Table) -> str:
    """Rows that refer to no row of the table through which they would find their unit, as ``n``."""
    assert table.via is not None
    owners = f"SELECT _ref FROM {SNAPSHOT}.{quoted(table.via.table)} WHERE _ref IS NOT NULL"
    return f"SELECT count(*) AS n FROM {snapshot_name(table)} WHERE _key NOT IN ({owners})"


def owned_sql(table: Table) -> list[str]:
    """Statements that give each row of a table the unit of the row it refers to.

    A row whose key leads to several units is kept for each of them: what is stored of one unit is a function
    of that unit's keys and the source, never of another unit's rows.
    """
    assert table.via is not None
    own, made = snapshot_name(table), f"{SNAPSHOT}._owned"
    owners = f"SELECT DISTINCT _ref, _key FROM {SNAPSHOT}.{quoted(table.via.table)} WHERE _ref IS NOT NULL"
    return [
        f"CREATE TABLE {made} AS SELECT owners._key AS _key, rows.* EXCLUDE (_key) "
        f"FROM {own} AS rows JOIN ({owners}) AS owners ON rows._key = owners._ref",
        f"DROP TABLE {own}",
        f"ALTER TABLE {made} RENAME TO {quoted(table.name)}",
    ]


def candidates_sql(table: Table, column: str, condition: str, limit: int) -> str:
    """Distinct values of a stored text that meet a condition on ``v``, as ``v``."""
    name = quoted(column)
    return (
        f"SELECT v FROM (SELECT DISTINCT {name} AS v FROM {snapshot_name(table)} WHERE {name} IS NOT NULL) "
        f"WHERE {condition} LIMIT {limit}"
    )


def count(engine: Engine, qualified_name: str) -> int:
    """Rows of a table."""
    return int(engine.query(f"SELECT count(*) AS n FROM {qualified_name}").to_pylist()[0]["n"])


def units_sql(tables: Sequence[Table]) -> str:
    """Dense unit codes by a fresh random permutation, one code for all protected tables."""
    keys = " UNION ALL ".join(f"SELECT _key FROM {snapshot_name(table)}" for table in tables)
    return (
        "CREATE TEMP TABLE units AS "
        "SELECT _key, (row_number() OVER (ORDER BY place, _key) - 1)::UINTEGER AS _unit "
        f"FROM (SELECT _key, random() AS place FROM (SELECT DISTINCT _key FROM ({keys})))"
    )


def ranges(units: int, rows: int) -> list[tuple[int, int]]:
    """Half-open ranges of unit codes that cut a table into parts of about ``PART_ROWS`` rows.

    >>> ranges(units=10, rows=2 * PART_ROWS)
    [(0, 5), (5, 10)]
    """
    parts = max(1, -(-rows // PART_ROWS))
    step = max(1, -(-units // parts))
    return [(low, low + step) for low in range(0, max(units, 1), step)]


def protected_ddl(table: Table, columns: Sequence[str]) -> str:
    """An empty protected table of the workspace."""
    listed = "".join(f", {quoted(column)}" for column in columns)
    return (
        f"CREATE TABLE {workspace_name(table)} AS "
        f"SELECT 0::UINTEGER AS _unit, 0::UINTEGER AS _rank, 0::UINTEGER AS _first{listed} "
        f"FROM {snapshot_name(table)} LIMIT 0"
    )


def protected_sql(
    table: Table, columns: Sequence[str], units: tuple[int, int], key: str | None = None
) -> str:
    """The rows of a range of units: ranked in random order, cut at the row bound, sorted by unit.

    A range at a time, so that memory is bounded by the range and not by the table. Ranks and first-row flags
    are read off the same sorted rows.

    Args:
        key: column by which other tables find their unit through this one. A unit keeps one row, at random,
            of each value of it, so that a row that refers to it meets at most one: the planner counts on it.
    """
    low, high = units
    listed = "".join(f", {quoted(column)}" for column in columns)
    return (
        f"INSERT INTO {workspace_name(table)} SELECT _unit, _rank, _first{listed} FROM ("
        "SELECT rows.*, units._unit, (row_number() OVER own - 1)::UINTEGER AS _rank, "
        f"{_first(table, columns)} AS _first "
        f"FROM ({_placed(table, listed, units, key if key in columns else None)}) AS rows "
        f"JOIN (FROM units WHERE _unit >= {low} AND _unit < {high}) AS units USING (_key) "
        "WINDOW own AS (PARTITION BY units._unit ORDER BY rows._place)) "
        f"WHERE _rank < {table.max_rows_per_unit} ORDER BY _unit, _rank"
    )


def _placed(table: Table, listed: str, units: tuple[int, int], key: str | None) -> str:
    placed = f"SELECT _key, random() AS _place{listed} FROM {snapshot_name(table)}"
    if key is None:
        return placed
    name, (low, high) = quoted(key), units
    here = f"WHERE _key IN (SELECT _key FROM units WHERE _unit >= {low} AND _unit < {high})"
    once = f"row_number() OVER (PARTITION BY _key, {name} ORDER BY _place) = 1"
    return f"SELECT * FROM ({placed} {here}) QUALIFY {name} IS NULL OR {once}"


def _first(table: Table, columns: Sequence[str]) -> str:
    """The flags of ``sandbox.nouns.first`` for the stored columns: a value not among the unit's earlier rows.

    A value is a bit by its place in the domain, so that the values seen so far are one OR of bits.
    """
    flags = []
    for name, bit in first_bits(table).items():
        if name in columns:
            value = f"(1::BIGINT << coalesce(enum_code(rows.{quoted(name)}), {MOST_VALUES})::BIGINT)"
            seen = f"bit_or({value}) OVER (own ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
            flags.append(f"((coalesce({seen}, 0) & {value} = 0)::UINTEGER << {bit})")
    return f"({' | '.join(flags) or '0'})::UINTEGER"


def public_sql(table: Table, columns: Sequence[str]) -> str:
    """A public table of the workspace."""
    listed = ", ".join(quoted(column) for column in columns)
    return f"CREATE TABLE {workspace_name(table)} AS SELECT {listed} FROM {snapshot_name(table)}"


def outside_sql(table: Table, columns: Sequence[str]) -> str:
    """One row: rows kept in the snapshot, then per column how many values were nulled or clamped."""
    bits = "".join(
        f", count(*) FILTER (WHERE (_flags >> {place}) & 1 = 1) AS c{place}"
        for place, _ in enumerate(columns)
    )
    return f"SELECT count(*) AS kept{bits} FROM {SNAPSHOT}.{quoted(table.name)}"


def granted(policy: Policy, grants: Mapping[str, Mapping[str, frozenset[Use]]]) -> dict[str, list[str]]:
    """Stored columns of each table, in the policy's order."""
    return {
        table.name: [column.name for column in table.columns if grants.get(table.name, {}).get(column.name)]
        for table in policy.tables
    }


def public_facts(engine: Engine, table: Table) -> PublicTable:
    """Row count and per-column multiplicity of a public table, from that table alone."""
    name = workspace_name(table)
    fields = ["(SELECT count(*) FROM " + name + ") AS n"]
    for place, column in enumerate(table.columns):
        key = quoted(column.name)
        fields.append(
            f"(SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM {name} "
            f"WHERE {key} IS NOT NULL GROUP BY {key})) AS c{place}"
        )
    row = engine.query("SELECT " + ", ".join(fields)).to_pylist()[0]
    multiplicity = {column.name: int(row[f"c{place}"]) for place, column in enumerate(table.columns)}
    return PublicTable(rows=int(row["n"]), multiplicity=multiplicity)
