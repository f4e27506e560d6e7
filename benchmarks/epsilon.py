"""``python -m benchmarks.epsilon``: the tables of ``docs/epsilon.md``, from the code that prices jobs.

The questions are planned and calibrated like any job, over an invented policy; no data is needed, for noise
and price follow from public facts alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from sandbox import noise
from sandbox.intake import every_use
from sandbox.jobs.opening import dataset_cap
from sandbox.nouns.plan import Calibrated, Facts
from sandbox.nouns.policy import Policy
from sandbox.plan import plan
from sandbox.policy import load_policy

POLICY = """\
version: 1
dataset: choose
unit_type: person
key: {env: SANDBOX_PSEUDONYM_KEY}
tables:
  persons:
    source: {connector: parquet, path: persons.parquet}
    unit: id_card
    max_rows_per_unit: 1
    columns:
      id_card: {class: direct, mask: drop}
      city:    {class: quasi, domain: [A, B], use: [group, filter]}
  visits:
    source: {connector: parquet, path: visits.parquet}
    unit: id_card
    max_rows_per_unit: 16
    columns:
      id_card: {class: direct, mask: drop}
      city:    {class: quasi, domain: [A, B], use: [group, filter]}
      amount:  {class: sensitive, bounds: [0, 20000], use: [aggregate, filter]}
privacy: {epsilon: 20, delta: 1.0e-6, per_job: {epsilon: 20}}
"""
EPSILONS = ("0.05", "0.1", "0.25", "0.5", "1", "2")
USUAL = ("0.1", "0.25", "0.5", "1")
CLAMPS = ("20000", "3000", "1000")
SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
PEOPLE = "SELECT count(*) AS n FROM persons"
CITIES = "SELECT city, count(*) AS n FROM persons GROUP BY city"
VISITS = "SELECT count(*) AS n FROM visits"
MEAN = "SELECT city, avg(clamp(amount, 0, {})) AS mean FROM visits GROUP BY city"


class Prices:
    """Noise and price of statements over the invented policy."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        bounds = {table.name: table.max_rows_per_unit for table in policy.tables}
        self._facts = Facts(policy, every_use(policy), {}, bounds)

    def half_width(self, sql: str, epsilon: str, label: str) -> float:
        """95 % half-width of the first measure whose label starts so."""
        found = (item for item in self._calibrated(sql, epsilon) if item.measure.label.startswith(label))
        half = noise.half_width(next(found))
        assert half is not None
        return half

    def jobs(self, sql: str, epsilon: str) -> int:
        """How many such jobs the dataset's cap pays for."""
        price = noise.price(self._calibrated(sql, epsilon))
        return dataset_cap(self._policy).rho // price.rho

    def rho(self, epsilon: str) -> float:
        """ρ of a job of this ε."""
        return noise.rho_of(Decimal(epsilon), self._policy.privacy.delta / 2)

    def _calibrated(self, sql: str, epsilon: str) -> tuple[Calibrated, ...]:
        privacy = self._policy.privacy
        (stage,) = plan(sql, self._facts).stages
        rho, delta = self.rho(epsilon), float(privacy.job_delta)
        return noise.calibrate(stage, rho, delta, min_units=privacy.min_units)


def tables() -> Iterator[tuple[str, list[str]]]:
    """(what it is, its rows in Markdown) of each table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "choose.yaml")
        path.write_text(POLICY, encoding="utf-8")
        prices = Prices(load_policy(path))
    yield "epsilon | rho | jobs | ± people | ± visits, 16 a person", [
        row(
            each, f"{prices.rho(each):.5f}", f"{prices.jobs(PEOPLE, each):,}",
            count(prices.half_width(PEOPLE, each, "COUNT")), count(prices.half_width(VISITS, each, "COUNT")),
        )
        for each in EPSILONS
    ]  # fmt: skip
    yield (
        "people in the group | ± % at epsilon " + ", ".join(USUAL),
        [
            row(f"{size:,}", *(share(prices.half_width(CITIES, each, "COUNT"), size) for each in USUAL))
            for size in SIZES
        ],
    )
    yield (
        "mean amount, clamp | visits in the group | ± at epsilon " + ", ".join(USUAL),
        [
            row(
                top, f"{size:,}", *(money(prices.half_width(MEAN.format(top), e, "SUM"), size) for e in USUAL)
            )
            for top in CLAMPS
            for size in SIZES[2:]
        ],
    )


def row(*cells: str) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def count(half: float) -> str:
    """A half-width of a count."""
    return f"{half:,.0f}"


def share(half: float, size: int) -> str:
    """A half-width as a share of a group; a dash where it is larger than the group."""
    percent = 100 * half / size
    return "—" if percent >= 100 else f"{percent:.2g} %"


def money(half: float, size: int) -> str:
    """A half-width of a sum over a group's rows, as one of their mean."""
    return f"{half / size:,.2f}" if half / size < 10 else f"{half / size:,.0f}"


if __name__ == "__main__":
    for title, rows in tables():
        print(title, *rows, "", sep="\n")
