"""TPC-H in the layout of a load, made by DuckDB from the files: ranks by a hash, no row cut by its bound."""

from __future__ import annotations

from pathlib import Path

import duckdb

from sandbox.nouns.first import first_bits
from sandbox.nouns.policy import Policy, Table
from tests.plan.database import connect, storage

OWNERS = {
    "customer": "SELECT *, c_custkey AS _owner FROM '{}/customer.parquet'",
    "orders": "SELECT *, o_custkey AS _owner FROM '{}/orders.parquet'",
    "lineitem": "SELECT l.*, o_custkey AS _owner FROM '{0}/lineitem.parquet' l "
    "JOIN '{0}/orders.parquet' ON l_orderkey = o_orderkey",
}
"""Rows with the customer to whom they belong."""


def load(folder: Path, policy: Policy) -> duckdb.DuckDBPyConnection:
    """A connection with the workspace's tables, and the plain ones under their own names."""
    con = connect()
    for table in policy.tables:
        con.execute(f"CREATE TABLE {table.name} AS SELECT * FROM '{folder / table.name}.parquet'")
        con.execute(f"CREATE TABLE workspace.{table.name} AS {stored(folder, table)}")
    return con


def stored(folder: Path, table: Table) -> str:
    """The statement that gives the rows as a load keeps them."""
    listed = [f"{c.name}::{storage(c)} AS {c.name}" for c in table.columns if c.use]
    if table.public:
        return f"SELECT {', '.join(listed)} FROM '{folder / table.name}.parquet'"
    columns = [c.name for c in table.columns if c.use]
    bits = " + ".join(
        f"(row_number() OVER (PARTITION BY _owner, {name} ORDER BY _rank) = 1)::UINTEGER * {1 << bit}"
        for name, bit in first_bits(table).items()
    )
    order = f"PARTITION BY _owner ORDER BY hash({columns[-1]}), {', '.join(columns)}"
    ranked = f"SELECT *, row_number() OVER ({order}) - 1 AS _rank FROM ({OWNERS[table.name].format(folder)})"
    return (
        f"SELECT _owner::UINTEGER AS _unit, _rank::UINTEGER AS _rank, ({bits or 0})::UINTEGER AS _first, "
        f"{', '.join(listed)} FROM ({ranked})"
    )
