"""TPC-H as written: which of the 22 queries are planned, and why the others are refused.

``python -m benchmarks.tpch`` prints the table of ``docs/tpch.md``. The privacy unit is the customer: rows of
``customer``, ``orders`` and (through its order) ``lineitem`` belong to one; the supplier side is public. Only
the planner is asked; ``--scale 0.1`` loads data and runs the queries (``benchmarks.tpch_data``).
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from statistics import median

from sandbox.errors import Refused
from sandbox.nouns.mask import Drop
from sandbox.nouns.plan import Facts, PublicTable
from sandbox.nouns.policy import Column, ColumnType, Policy, Privacy, Source, Table, Use, Via
from sandbox.plan import plan
from sandbox.plan.planner import build

QUERIES = Path(__file__).with_name("tpch.sql")
ROWS = {"part": 200_000, "supplier": 10_000, "partsupp": 800_000, "nation": 25, "region": 5}
"""Rows of the public tables at scale factor 1, by the specification."""
SAME = {
    ("partsupp", "ps_partkey"): 4, ("partsupp", "ps_suppkey"): 80, ("supplier", "s_suppkey"): 1,
    ("part", "p_partkey"): 1, ("nation", "n_nationkey"): 1, ("nation", "n_name"): 1,
    ("nation", "n_regionkey"): 5, ("region", "r_regionkey"): 1, ("region", "r_name"): 1,
}  # fmt: skip
"""Rows that share one value of a key, by the specification."""
DAYS = (dt.date(1992, 1, 1), dt.date(1998, 12, 31))
FLAGS = {"l_returnflag": ("A", "N", "R"), "l_linestatus": ("F", "O"), "o_orderstatus": ("F", "O", "P")}
LISTS = {
    "o_orderpriority": ("1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"),
    "c_mktsegment": ("AUTOMOBILE", "BUILDING", "FURNITURE", "HOUSEHOLD", "MACHINERY"),
}
TABLES = {
    "region": "r_regionkey:i r_name r_comment",
    "nation": "n_nationkey:i n_name n_regionkey:i n_comment",
    "supplier": "s_suppkey:i s_name s_address s_nationkey:i s_phone s_acctbal:-999.99,9999.99 s_comment",
    "part": "p_partkey:i p_name p_mfgr p_brand p_type p_size:1,50 p_container p_retailprice:900,2100",
    "partsupp": "ps_partkey:i ps_suppkey:i ps_availqty:1,9999 ps_supplycost:1,1000",
    "customer": "c_custkey:x c_name:x c_address:x c_nationkey:i c_phone c_acctbal:-999.99,9999.99 "
    "c_mktsegment c_comment:x",
    "orders": "o_custkey:x o_orderkey:j o_orderstatus o_totalprice:800,600000 o_orderdate:d o_orderpriority "
    "o_shippriority:0,0 o_comment",
    "lineitem": "l_orderkey:j l_partkey:i l_suppkey:i l_quantity:1,50 l_extendedprice:900,105000 "
    "l_discount:0,0.1 l_tax:0,0.08 l_returnflag l_linestatus l_shipdate:d l_commitdate:d l_receiptdate:d "
    "l_shipinstruct l_shipmode",
}
"""Columns: ``i`` a whole number, ``j`` a key that only joins, ``d`` a day, ``x`` never shown, or bounds."""
WHOLE = ("p_size", "ps_availqty", "o_shippriority")
"""Bounded columns of whole numbers."""
UNITS = {"customer": "c_custkey", "orders": "o_custkey", "lineitem": "l_custkey"}
REWRITES = {
    "Q13": "select c_count, count(*) as custdist from (select c_custkey, count(o_orderdate) from customer "
    "left outer join orders on c_custkey = o_custkey and o_comment not like '%special%requests%' "
    "group by c_custkey) as c_orders (c_custkey, c_count) group by c_count "
    "order by custdist desc, c_count desc",
}
"""Q13 counts a column that may be grouped by instead of the key of an order."""
VIA = {"lineitem": Via(table="orders", column="l_orderkey", key="o_orderkey")}
BOUNDS = {"customer": 1, "orders": 32, "lineitem": 128}


def column(text: str, public: bool) -> Column:
    """One column of a table."""
    name, _, kind = text.partition(":")
    uses = frozenset({Use.AGGREGATE, Use.GROUP, Use.FILTER, Use.JOIN}) | ({Use.OUTPUT} if public else set())
    if kind == "x":
        return Column(name=name, mask=Drop())
    if kind == "j":
        return Column(name=name, type=ColumnType.INTEGER, use=frozenset({Use.JOIN}))
    if kind == "i":
        return Column(name=name, type=ColumnType.INTEGER, use=uses)
    if kind == "d":
        return Column(name=name, type=ColumnType.DATE, bounds=DAYS, use=uses)
    if kind:
        lo, hi = (Decimal(part) for part in kind.split(","))
        return Column(
            name=name,
            type=ColumnType.INTEGER if name in WHOLE else ColumnType.NUMBER,
            bounds=(lo, hi),
            use=uses,
        )
    return Column(name=name, domain=FLAGS.get(name) or LISTS.get(name), use=uses)


def facts(bounds: Mapping[str, int] = BOUNDS) -> Facts:
    """The policy and its public facts, every use granted; ``bounds``: rows of one customer in each table."""
    tables = tuple(
        Table(
            name=name, source=Source(connector="parquet"), public=name in ROWS, unit=UNITS.get(name),
            via=VIA.get(name), max_rows_per_unit=bounds.get(name, 64),
            columns=tuple(column(text, name in ROWS) for text in listed.split()),
        )
        for name, listed in TABLES.items()
    )  # fmt: skip
    privacy = Privacy(epsilon=Decimal(20), delta=Decimal("1e-6"))
    policy = Policy(version=1, dataset="tpch", unit_type="person", tables=tables, privacy=privacy)
    grants = {table.name: {one.name: one.use for one in table.columns if one.use} for table in tables}
    public = {
        name: PublicTable(
            rows=rows, multiplicity={key: most for (table, key), most in SAME.items() if table == name}
        )
        for name, rows in ROWS.items()
    }
    return Facts(policy, grants, public, bounds)


def queries() -> list[tuple[str, str]]:
    """Name and text of every query."""
    found = re.findall(r"^-- (Q\d+)\n(.*?);$", QUERIES.read_text(encoding="utf-8"), re.M | re.S)
    return [(name, text) for name, text in found]


def report() -> list[tuple[str, str, str]]:
    """Query, outcome, and what it rests on: boundaries, or the codes of its refusal."""
    known, rows = facts(), []
    for name, text in queries():
        outcome = "as written"
        try:
            try:
                made = plan(text, known)
            except Refused:
                made, outcome = plan(REWRITES.get(name, text), known), "rewritten"
        except Refused as refused:
            codes = dict.fromkeys((refused.code, *(other.code for other in refused.others)))
            rows.append((name, "refused", ", ".join(codes)))
            continue
        outcome = "as written, public and exact" if made.public else outcome
        rows.append((name, outcome, f"{len(made.stages)} boundaries" if len(made.stages) > 1 else ""))
    return rows


def planning(rounds: int) -> tuple[float, str, float]:
    """Milliseconds of the processor to plan a query anew: the median one, and the slowest with its name."""
    known, found = facts(), {}
    texts = {name: REWRITES.get(name, text) for name, text in queries()}
    for name, text in texts.items():
        times = []
        for _ in range(rounds):
            started = time.process_time()
            with suppress(Refused):
                build(text, known)
            times.append((time.process_time() - started) * 1e3)
        found[name] = median(times)
    slowest = max(found, key=lambda name: found[name])
    return median(found.values()), slowest, found[slowest]


def main() -> None:
    """The planner's table, or with ``--scale`` that of the answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, help="load data of this scale factor and run the queries")
    parser.add_argument("--data", type=Path, default=Path("data/tpch"), help="folder of generated files")
    parser.add_argument("--rounds", type=int, default=3, help="timed runs of a query, at most 5")
    options = parser.parse_args()
    if options.scale is None:
        for row in report():
            print("| " + " | ".join(row) + " |")
        middle, name, most = planning(options.rounds)
        print(f"planning anew: median {middle:.1f} ms of the processor, at most {most:.1f} ({name})")
        return
    from benchmarks import tpch_data

    tpch_data.main(options.scale, options.data, options.rounds)


if __name__ == "__main__":
    main()
