"""Post-processing leaves nothing behind, and its answer is checked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from sandbox.release import Known, ResultInvalid, check_result, post_process
from tests.release.answers import COLUMNS, Memory, plan_of, stage

RELEASED = pa.table(
    {"k0": ["a", "b"], "m0": [40.0, None], "m1": [10.5, None], "_cell": pa.array([0, 1], pa.int64())}
)

CELLS = Known({"released": pa.table({"_cell": [0, 1]})})


def test_the_statement_runs_over_released_values() -> None:
    table = post_process(Memory(), plan_of(stage(2)), Known({"released": RELEASED}))
    assert table.to_pylist() == [
        {"city": "b", "n": None, "total": None, "mean": None, "_cell": 1},
        {"city": "a", "n": 40, "total": 10.5, "mean": 0.2625, "_cell": 0},
    ]


def test_nothing_stays_in_the_engine() -> None:
    engine = Memory()
    post_process(engine, plan_of(stage(2)), Known({"released": RELEASED}))
    assert engine.tables() == []


def test_nothing_stays_in_the_engine_after_a_failure() -> None:
    engine = Memory()
    with pytest.raises(Exception, match="nowhere"):
        post_process(engine, plan_of(stage(2), sql="SELECT * FROM nowhere"), Known({"released": RELEASED}))
    assert engine.tables() == []


def test_jobs_at_once_never_read_each_others_values() -> None:
    engine, plan = Memory(), plan_of(stage(2))

    def job(number: int) -> bool:
        released = RELEASED.set_column(2, "m1", pa.array([float(number), None]))
        return post_process(engine, plan, Known({"released": released})).column("total").to_pylist() == [
            None,
            float(number),
        ]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(job, range(100)))


GOOD = {"city": ["a"], "n": [1], "total": [1.0], "mean": [1.0], "_cell": [0]}


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("schema", {"city": [1]}),
        ("schema", {"n": ["1"]}),
        ("schema", {"total": [True]}),
        ("schema", {"more": [1]}),
        ("cells", {"_cell": [2]}),
        ("cells", {"_cell": [-1]}),
        ("cells", {"_cell": [0.5]}),
    ],
)
def test_a_result_of_another_shape_is_refused(kind: str, change: dict[str, list[object]]) -> None:
    with pytest.raises(ResultInvalid) as caught:
        check_result(plan_of(stage(2)), pa.table(GOOD | change), CELLS)
    assert caught.value.kind == kind


def test_a_result_of_the_promised_shape_passes() -> None:
    check_result(plan_of(stage(2), COLUMNS), pa.table(GOOD), CELLS)
    check_result(plan_of(stage(2), COLUMNS), pa.table(GOOD | {"_cell": pa.nulls(1)}), CELLS)
