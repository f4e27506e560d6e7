"""A world as an analyst of a Chinese health insurer meets it: tables and columns with Chinese names."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import duckdb

from sandbox.nouns.mask import Drop
from sandbox.nouns.plan import Facts, PublicTable
from sandbox.nouns.policy import Budget, Column, Policy, Privacy, Source, Table, Use
from sandbox.nouns.policy import ColumnType as Kind
from tests.plan.database import connect, fill

GROUPED = frozenset({Use.GROUP, Use.FILTER})
JOINED = GROUPED | {Use.JOIN}
COUNTED = frozenset({Use.AGGREGATE, Use.FILTER})
ALL = JOINED | COUNTED
YEARS = (dt.date(2024, 1, 1), dt.date(2025, 12, 31))
CITIES = ("郑州市", "开封市", "洛阳市")
DEPARTMENTS = ("内科", "外科", "儿科", "急诊科")
INSURANCE = ("职工医保", "居民医保", "自费")
LEVELS = ("一级", "二级", "三级")

VISITS = Table(
    name="门诊",
    source=Source(connector="csv"),
    unit="身份证号",
    max_rows_per_unit=16,
    columns=(
        Column(name="身份证号", mask=Drop()),
        Column(name="科室", domain=DEPARTMENTS, use=GROUPED),
        Column(name="医保类型", domain=INSURANCE, use=GROUPED),
        Column(name="诊断", use=GROUPED),
        Column(name="医院", use=JOINED),
        Column(name="就诊日期", type=Kind.DATE, bounds=YEARS, use=ALL),
        Column(name="金额", type=Kind.NUMBER, bounds=(Decimal(0), Decimal(20000)), use=COUNTED),
        Column(name="自付", type=Kind.NUMBER, use=COUNTED),
        Column(name="天数", type=Kind.INTEGER, bounds=(Decimal(0), Decimal(30)), use=ALL),
        Column(name="备注", use=frozenset({Use.FILTER})),
    ),
)
PERSONS = Table(
    name="参保人",
    source=Source(connector="csv"),
    unit="身份证号",
    max_rows_per_unit=1,
    columns=(
        Column(name="身份证号", mask=Drop()),
        Column(name="性别", domain=("男", "女"), use=GROUPED),
        Column(name="年龄", type=Kind.INTEGER, bounds=(Decimal(0), Decimal(120)), use=ALL),
        Column(name="城市", domain=CITIES, use=GROUPED),
    ),
)
HOSPITALS = Table(
    name="医院目录",
    source=Source(connector="csv"),
    public=True,
    columns=(
        Column(name="医院", use=ALL | {Use.OUTPUT}),
        Column(name="等级", domain=LEVELS, use=ALL | {Use.OUTPUT}),
        Column(name="床位", type=Kind.INTEGER, bounds=(Decimal(0), Decimal(5000)), use=ALL | {Use.OUTPUT}),
    ),
)
POLICY = Policy(
    version=1,
    dataset="clinic_zh",
    unit_type="person",
    tables=(VISITS, PERSONS, HOSPITALS),
    privacy=Privacy(epsilon=Decimal(20), delta=Decimal("1e-6"), per_job=Budget(epsilon=Decimal(1))),
)
BOUNDS = {"门诊": 16, "参保人": 1}
FACTS = Facts(
    POLICY,
    {table.name: {c.name: c.use for c in table.columns if c.use} for table in POLICY.tables},
    {"医院目录": PublicTable(rows=6, multiplicity={"医院": 1, "等级": 2, "床位": 1})},
    BOUNDS,
)


def workspace(people: int = 60) -> duckdb.DuckDBPyConnection:
    """The tables with some rows, in the layout of a load."""
    rng, con = random.Random(3), connect()
    fill(con, VISITS, [row for person in range(people) for row in _visits(person, rng)], BOUNDS["门诊"])
    fill(con, PERSONS, [_person(person, rng) for person in range(people)], BOUNDS["参保人"])
    levels = ({"医院": f"H{n}", "等级": LEVELS[n % 3], "床位": 100 * n} for n in range(6))
    fill(con, HOSPITALS, levels, 0)
    return con


def _visits(person: int, rng: random.Random) -> list[dict[str, object]]:
    return [
        {
            "身份证号": person, "科室": rng.choice(DEPARTMENTS), "医保类型": rng.choice(INSURANCE),
            "诊断": rng.choice(("I10", "E11.9", None)), "医院": f"H{rng.randrange(7)}",
            "就诊日期": dt.date(2024 + rng.randrange(2), 1 + rng.randrange(12), 1 + rng.randrange(28)),
            "金额": rng.choice((0.0, 88.5, 1200.0, 20000.0)), "自付": rng.choice((None, 12.5, 300.0)),
            "天数": rng.randrange(31), "备注": rng.choice(("复诊", None)),
        }
        for _ in range(rng.randrange(1, 8))
    ]  # fmt: skip


def _person(person: int, rng: random.Random) -> dict[str, object]:
    return {
        "身份证号": person, "性别": rng.choice(("男", "女", None)), "年龄": rng.randrange(121),
        "城市": rng.choice(CITIES),
    }  # fmt: skip
