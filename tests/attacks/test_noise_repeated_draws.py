"""Attack: several draws for one charge, averaged until the noise is gone.

A gateway that measures once for the price, once for the error bars and once for the answer, or draws again
after a group was dropped, hands out three measurements and charges one. Every invocation of an OpenDP
measurement is counted here, below all of our own code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from sandbox.noise import calibrate, measure, price, primitives
from sandbox.nouns.release import Cost
from sandbox.release import Known, egress, post_process, shape, to_release
from tests.release.answers import COLUMNS, Memory, exact, plan_of, stage


@pytest.fixture
def invocations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Length of every vector that an OpenDP measurement was invoked on."""
    seen: list[int] = []
    original: Callable[..., Any] = primitives.mechanism_of

    class Counted:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def map(self, distance: float) -> float:
            return float(self.inner.map(distance))

        def __call__(self, values: list[int]) -> Any:
            seen.append(len(values))
            return self.inner(values)

    monkeypatch.setattr(primitives, "mechanism_of", lambda *key: Counted(original(*key)))
    return seen


@pytest.mark.parametrize("discovered", [False, True])
def test_a_job_draws_each_measure_exactly_once(invocations: list[int], discovered: bool) -> None:
    plan = plan_of(stage(20, discovered=discovered))
    noise = calibrate(plan.stages[0], 0.05, 1e-8, min_units=10)
    price(noise)
    assert invocations == []
    noisy = measure(plan.stages[0], noise, exact(20, 5000, 10**7))
    released = shape(plan.stages[0], noisy, noise, min_units=10)
    result, _ = egress(
        post_process(Memory(), plan, Known({"released": released})), COLUMNS, lambda text: (text, {})
    )
    release = to_release(plan, [noise], Known({"released": released}), result, cost=Cost(0.05, 1e-8, 1.0))
    release.error(0.9)
    release.to_arrow()
    release._repr_html_()
    assert invocations == [20, 20]


def test_groups_below_the_threshold_are_not_drawn_again(invocations: list[int]) -> None:
    part = stage(0, discovered=True)
    noise = calibrate(part, 0.05, 1e-8, min_units=10)
    small = exact(500, 1, 100)
    large = exact(3, 10**6, 100).set_column(0, "k0", pa.array(["x", "y", "z"]))
    noisy = measure(part, noise, pa.concat_tables([small, large]))
    assert noisy.keys == (("x",), ("y",), ("z",))
    assert invocations == [503, 3]
