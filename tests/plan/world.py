"""A small world for the planner's tests: a policy and its public facts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sandbox.nouns.mask import Drop
from sandbox.nouns.plan import Facts, PublicTable
from sandbox.nouns.policy import Budget, Column, Policy, Privacy, Source, Table, Use
from sandbox.nouns.policy import ColumnType as Kind

ALL = frozenset({Use.AGGREGATE, Use.GROUP, Use.FILTER, Use.JOIN})
PUBLIC = ALL | {Use.OUTPUT}
YEAR = (dt.date(2025, 1, 1), dt.date(2025, 12, 31))
CITIES = ("郑州市", "开封市", "洛阳市")

VISITS = Table(
    name="visits",
    source=Source(connector="csv"),
    unit="id_card",
    max_rows_per_unit=64,
    columns=(
        Column(name="id_card", mask=Drop()),
        Column(name="name", use=frozenset()),
        Column(name="city", domain=CITIES, use=ALL),
        Column(name="sex", domain=("F", "M"), use=ALL),
        Column(name="amount", type=Kind.NUMBER, bounds=(Decimal(0), Decimal(20000)), use=ALL),
        Column(name="weight", type=Kind.NUMBER, use=ALL),
        Column(name="days", type=Kind.INTEGER, bounds=(Decimal(0), Decimal(30)), use=ALL),
        Column(name="code", type=Kind.INTEGER, use=ALL),
        Column(name="visited_on", type=Kind.DATE, bounds=YEAR, use=ALL),
        Column(name="seen_at", type=Kind.TIMESTAMP, use=ALL),
        Column(name="urgent", type=Kind.BOOLEAN, use=ALL),
        Column(name="hospital", use=ALL),
        Column(name="diagnosis", use=frozenset({Use.GROUP, Use.FILTER})),
    ),
)
DRUGS = Table(
    name="drugs",
    source=Source(connector="csv"),
    unit="person",
    max_rows_per_unit=8,
    columns=(
        Column(name="person", mask=Drop()),
        Column(name="drug", domain=("A", "B"), use=ALL),
        Column(name="price", type=Kind.NUMBER, bounds=(Decimal("-1.5"), Decimal(100)), use=ALL),
        Column(name="city", domain=CITIES, use=ALL),
    ),
)
HOSPITALS = Table(
    name="hospitals",
    source=Source(connector="csv"),
    public=True,
    columns=(
        Column(name="hospital", use=PUBLIC),
        Column(name="level", type=Kind.INTEGER, bounds=(Decimal(1), Decimal(3)), use=PUBLIC),
        Column(name="region", domain=CITIES, use=PUBLIC),
        Column(name="beds", type=Kind.INTEGER, use=ALL),
    ),
)
POLICY = Policy(
    version=1,
    dataset="outpatient",
    unit_type="person",
    tables=(VISITS, DRUGS, HOSPITALS),
    privacy=Privacy(epsilon=Decimal(20), delta=Decimal("1e-6"), per_job=Budget(epsilon=Decimal(1))),
)


def facts(policy: Policy = POLICY, *, row_bounds: dict[str, int] | None = None) -> Facts:
    """Facts that grant every use of the policy."""
    grants = {
        table.name: {column.name: column.use for column in table.columns if column.use}
        for table in policy.tables
    }
    multiplicity = {"hospital": 2, "level": 3, "region": 4, "beds": 1}
    public = {"hospitals": PublicTable(rows=5, multiplicity=multiplicity)}
    return Facts(policy, grants, public, row_bounds or {"visits": 64, "drugs": 8})


FACTS = facts()
