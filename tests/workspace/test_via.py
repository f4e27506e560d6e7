"""Tables that find their unit through another: what is stored, and that nobody else's rows decide it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.errors import LoadFailed, Refused
from sandbox.local import LocalSandbox
from sandbox.plan import plan
from sandbox.policy import check_policy
from tests import shop

ROWS: dict[str, shop.Rows] = {
    "customers": [("ann", 30), ("bob", 40), ("eve", 50)],
    "orders": [("ann", 1, "open"), ("ann", 2, "done"), ("bob", 3, "done"), ("bob", 3, "open"),
               ("ann", 7, "open"), ("eve", 7, "open"), ("", 8, "open")],
    "lines": [(1, "a", 1, "tea"), (1, "b", 2, "tea"), (3, "c", 3, "salt"), (7, "d", 4, "salt"),
              (8, "e", 5, "tea"), (99, "f", 6, "tea"), ("", "g", 7, "tea")],
    "notes": [("a", 5), ("c", 4), ("d", 3), ("z", 2)],
}  # fmt: skip


def stored(box: LocalSandbox, sql: str) -> Counter[tuple[object, ...]]:
    """Rows of a statement over the workspace's own tables."""
    return Counter(tuple(row.values()) for row in box._gateway.workspace.exact(sql).to_pylist())


def ages(box: LocalSandbox, table: str, columns: str) -> Counter[tuple[object, ...]]:
    """Rows of a table beside the age of their unit."""
    return stored(
        box, f"SELECT c.age, {columns} FROM workspace.{table} JOIN workspace.customers c USING (_unit)"
    )


def test_rows_have_the_unit_of_what_they_refer_to(tmp_path: Path) -> None:
    with Sandbox.local(str(shop.write(tmp_path, ROWS)), home=str(tmp_path / "home")) as box:
        assert ages(box, "lines", "pieces") == Counter([(30, 1), (30, 2), (40, 3), (30, 4), (50, 4)])
        assert ages(box, "notes", "stars") == Counter([(30, 5), (40, 4), (30, 3), (50, 3)])
        loads = {load.name: load for load in box.report.tables}
    assert (loads["lines"].read, loads["lines"].kept, loads["lines"].dropped_unit) == (7, 5, 3)


def test_a_unit_keeps_one_row_of_each_key_that_others_refer_to(tmp_path: Path) -> None:
    with Sandbox.local(str(shop.write(tmp_path, ROWS)), home=str(tmp_path / "home")) as box:
        assert set(ages(box, "orders", "o_order").values()) == {1}
        assert sum(ages(box, "orders", "o_order").values()) == 5


@pytest.mark.parametrize("gone", ["ann", "bob", "eve"])
def test_what_is_stored_of_others_does_not_change_with_one_unit(tmp_path: Path, gone: str) -> None:
    """Shared and repeated keys included: dropping a key that two units have would tell one of the other."""
    without = {
        **ROWS,
        "orders": [row for row in ROWS["orders"] if row[0] != gone],
        "customers": [row for row in ROWS["customers"] if row[0] != gone],
    }
    found = []
    for place, rows in enumerate((ROWS, without)):
        path = shop.write(tmp_path / str(place), rows)
        with Sandbox.local(str(path), home=str(tmp_path / str(place) / "home")) as box:
            found.append(
                {name: ages(box, name, what) for name, what in (("lines", "pieces"), ("notes", "stars"))}
            )
    age = {"ann": 30, "bob": 40, "eve": 50}[gone]
    kept = [
        {name: {row: n for row, n in each.items() if row[0] != age} for name, each in one.items()}
        for one in found
    ]
    assert kept[0] == kept[1]
    assert found[0] != found[1]


def test_a_row_that_leads_to_nobody_stops_the_load_if_the_policy_says_so(tmp_path: Path) -> None:
    policy = shop.POLICY.replace("max_rows_per_unit: 6", "max_rows_per_unit: 6\n    on_null_unit: error")
    with pytest.raises(LoadFailed, match="unit_invalid"):
        Sandbox.local(str(shop.write(tmp_path, ROWS, policy)), home=str(tmp_path / "home"))


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSandbox]:
    """A sandbox over a unit that has as many rows as the policy keeps, and more."""
    many: dict[str, shop.Rows] = {
        "customers": [("ann", 30), ("ann", 31)],
        "orders": [("ann", order % 3, "open") for order in range(9)] + [("ann", 9, "done")] * 5,
        "lines": [(9, line, 1, "salt") for line in range(9)],
        "notes": [(line, 5) for line in range(9) for _ in range(2)],
    }
    folder = tmp_path_factory.mktemp("shop")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_TEST_KEY", "t" * 64)
        with Sandbox.local(str(shop.write(folder, many)), home=str(folder / "home")) as box:
            yield box


JOINS = (
    ("lines", 6),
    ("orders JOIN lines ON o_order = l_order", 6),
    ("lines JOIN orders ON l_order = o_order", 6),
    ("lines LEFT JOIN orders ON l_order = o_order", 6),
    ("orders LEFT JOIN lines ON o_order = l_order", 24),
    ("lines RIGHT JOIN orders ON l_order = o_order", 24),
    ("customers, orders, lines, goods WHERE c_customer = o_customer AND l_order = o_order"
     " AND goods.goods = lines.goods", 12),
    ("goods, lines, orders, customers WHERE goods.goods = lines.goods AND o_order = l_order"
     " AND o_customer = c_customer", 12),
    ("lines a JOIN lines b ON a.l_order = b.l_order JOIN orders ON o_order = b.l_order", 36),
    ("orders a JOIN orders b ON a.o_order = b.o_order JOIN lines ON l_order = a.o_order", 24),
    ("orders JOIN lines ON o_order = l_order JOIN notes ON n_line = l_line", 9),
    ("customers RIGHT JOIN orders ON c_customer = o_customer JOIN lines ON o_order = l_order", 24),
    ("orders JOIN lines ON o_customer = lines.o_customer", 24),
    ("lines WHERE EXISTS (SELECT * FROM orders WHERE o_order = l_order AND state = 'done')", 6),
    ("orders WHERE o_order NOT IN (SELECT l_order FROM lines WHERE pieces > 3)", 4),
    ("lines a WHERE EXISTS (SELECT * FROM lines b WHERE b.l_order = a.l_order AND b.pieces <> a.pieces)", 6),
)  # fmt: skip


@pytest.mark.parametrize(("relation", "rows"), JOINS)
def test_keys_that_lead_to_the_unit_join_tables_and_bound_their_rows(
    opened: LocalSandbox, relation: str, rows: int
) -> None:
    (stage,) = plan(f"SELECT COUNT(*) FROM {relation}", opened._gateway.facts).stages
    assert stage.measures[0].sensitivity.l1 == rows
    (found,) = opened._gateway.workspace.exact(stage.exact_sql).to_pylist()
    assert found["m0"] <= rows


REFUSED = (
    "orders JOIN lines ON o_order = l_line",
    "orders JOIN lines ON o_order > l_order",
    "orders JOIN notes ON o_order = n_line",
    "lines a JOIN lines b ON a.goods = b.goods",
    "customers JOIN lines ON age = pieces",
    "lines WHERE EXISTS (SELECT * FROM orders WHERE o_order = l_line)",
    "lines WHERE goods IN (SELECT goods FROM lines)",
    "lines JOIN (SELECT o_customer, o_order || '' AS k FROM orders) o ON o.k = l_order",
)


@pytest.mark.parametrize("relation", REFUSED)
def test_other_columns_do_not_say_that_the_unit_is_one(opened: LocalSandbox, relation: str) -> None:
    with pytest.raises(Refused):
        plan(f"SELECT COUNT(*) FROM {relation}", opened._gateway.facts)


def test_the_unit_of_such_a_table_is_called_as_where_it_comes_from(opened: LocalSandbox) -> None:
    sql = "SELECT COUNT(DISTINCT o_customer) FROM {}"
    for relation in ("lines", "notes", "orders JOIN lines ON o_order = l_order"):
        assert plan(sql.format(relation), opened._gateway.facts).stages
    assert opened.query("SELECT goods, SUM(pieces) AS n FROM lines GROUP BY goods", mode="dummy")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("via: orders", "via: order", "via_unknown"),
        ("via: orders", "via: goods", "via_unknown"),
        ("via: orders", "via: lines", "via_unknown"),
        ("unit: o_customer", "unit: {via: notes, on: {o_order: n_line}}", "via_circle"),
        ("on: {l_order: o_order}", "on: {l_ordr: o_order}", "unit_unknown"),
        ("on: {l_order: o_order}", "on: {l_order: o_ordr}", "unit_unknown"),
        ("on: {l_order: o_order}", "on: {l_order: o_order, l_line: state}", "shape_wrong"),
        ("on: {l_order: o_order}", "on: l_order", "shape_wrong"),
        (
            "max_rows_per_unit: 1",
            "max_rows_per_unit: 1\n    unit: {via: orders, on: {age: state}}",
            "key_duplicate",
        ),
        ("unit: c_customer", "unit: {via: orders, on: {c_customer: state}}", "via_key"),
        (
            "o_order:    {class: other,",
            "o_order:    {class: other, mask: {partial: {first: 1}},",
            "via_masked",
        ),
        (
            "l_line:  {class: other,",
            "l_line:  {class: other, mask: {date_shift: {days: 3}},",
            "shift_needs_unit",
        ),
        ("pieces: ", "o_customer: ", "name_clash"),
        ("public: true", "public: true\n    unit: {via: orders, on: {goods: o_order}}", "public_unit"),
    ],
)
def test_a_foreign_key_that_leads_nowhere_is_a_mistake(tmp_path: Path, old: str, new: str, code: str) -> None:
    path = shop.write(tmp_path, {}, shop.POLICY.replace(old, new))
    _, mistakes, _ = check_policy(path)
    assert code in {mistake.code for mistake in mistakes}


def test_the_shop_is_a_policy_without_mistakes(tmp_path: Path) -> None:
    assert check_policy(shop.write(tmp_path, {}))[1] == ()
