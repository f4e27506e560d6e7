"""A small shop: customers, their orders, and lines that name their customer through the order alone."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

POLICY = """\
version: 1
dataset: shop
unit_type: person
key: {env: SANDBOX_TEST_KEY}
tables:
  notes:
    source: {connector: csv, path: notes.csv}
    unit: {via: lines, on: {n_line: l_line}}
    max_rows_per_unit: 9
    columns:
      n_line: {class: other, use: [join]}
      stars:  {class: other, type: integer, bounds: [0, 5], use: [aggregate, filter, group]}
  lines:
    source: {connector: csv, path: lines.csv}
    unit: {via: orders, on: {l_order: o_order}}
    max_rows_per_unit: 6
    columns:
      l_order: {class: other, use: [join]}
      l_line:  {class: other, use: [join]}
      pieces:  {class: other, type: integer, bounds: [0, 10], use: [aggregate, filter, group, join]}
      goods:   {class: other, use: [join, filter, group, aggregate]}
  orders:
    source: {connector: csv, path: orders.csv}
    unit: o_customer
    max_rows_per_unit: 4
    columns:
      o_customer: {class: direct, mask: drop}
      o_order:    {class: other, use: [join]}
      state:      {class: other, domain: [open, done], use: [group, filter, join]}
  customers:
    source: {connector: csv, path: customers.csv}
    unit: c_customer
    max_rows_per_unit: 1
    columns:
      c_customer: {class: direct, mask: drop}
      age:        {class: other, type: integer, bounds: [0, 120], use: [aggregate, filter, group]}
  goods:
    source: {connector: csv, path: goods.csv}
    public: true
    columns:
      goods: {class: other}
      price: {class: other, type: integer, bounds: [0, 100]}
privacy: {epsilon: 20, delta: 1.0e-6}
"""
Rows = Iterable[tuple[object, ...]]
HEADS = {
    "notes": ("n_line", "stars"),
    "lines": ("l_order", "l_line", "pieces", "goods"),
    "orders": ("o_customer", "o_order", "state"),
    "customers": ("c_customer", "age"),
    "goods": ("goods", "price"),
}
GOODS: Rows = (("tea", 10), ("salt", 2), ("salt", 3))


def write(folder: Path, rows: Mapping[str, Rows], policy: str = POLICY) -> Path:
    """Sources and policy in a folder; a table without rows is empty."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, head in HEADS.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([head, *rows.get(name, GOODS if name == "goods" else ())])
    path = folder / "shop.yaml"
    path.write_text(policy, encoding="utf-8")
    return path
