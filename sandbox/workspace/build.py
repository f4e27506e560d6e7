"""SQL text that turns masked rows into a workspace: unit codes, ranks, order, public facts.

Every step is unit-local: a unit's stored rows are a function of its own rows, secret keys and fresh
randomness. Ranks are drawn before any filter, so ``_rank < C`` keeps a uniformly random C of a unit's rows
whatever a query asks later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.nouns.plan import PublicTable
from sandbox.nouns.policy import Policy, Table, Use
from sandbox.nouns.ports import Engine

SNAPSHOT = "snapshot"
"""Catalogue of masked rows in the build engine."""
WORKSPACE = "workspace"
"""Catalogue of one agreement's tables, in the build engine and in the query engine."""


def quoted(name: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def units_sql(tables: Sequence[Table]) -> str:
    """Dense unit codes by a fresh random permutation, one code for all protected tables."""
    keys = " UNION ".join(f"SELECT _key FROM {SNAPSHOT}.{quoted(table.name)}" for table in tables)
    return (
        "CREATE TEMP TABLE units AS "
        "SELECT _key, (row_number() OVER (ORDER BY place, _key) - 1)::UINTEGER AS _unit "
        f"FROM (SELECT _key, random() AS place FROM ({keys}))"
    )


def protected_sql(table: Table, columns: Sequence[str]) -> str:
    """A protected table of the workspace: ranked in random order, cut at the row bound, sorted by unit."""
    listed = "".join(f", rows.{quoted(column)}" for column in columns)
    return (
        f"CREATE TABLE {WORKSPACE}.{quoted(table.name)} AS SELECT * FROM ("
        "SELECT units._unit, "
        f"(row_number() OVER (PARTITION BY units._unit ORDER BY rows._place) - 1)::UINTEGER AS _rank{listed} "
        f"FROM (SELECT *, random() AS _place FROM {SNAPSHOT}.{quoted(table.name)}) AS rows "
        f"JOIN units USING (_key)) WHERE _rank < {table.max_rows_per_unit} ORDER BY _unit, _rank"
    )


def public_sql(table: Table, columns: Sequence[str]) -> str:
    """A public table of the workspace."""
    listed = ", ".join(quoted(column) for column in columns)
    return (
        f"CREATE TABLE {WORKSPACE}.{quoted(table.name)} AS "
        f"SELECT {listed} FROM {SNAPSHOT}.{quoted(table.name)}"
    )


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
    name = f"{WORKSPACE}.{quoted(table.name)}"
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
