"""The stages of one statement: how a job's budget is split over them, and how they run, one after another.

Every boundary of a statement is charged together. The job's ρ is split by weight: each thing that the
statement measures gets the same share, in whichever boundary it stands. The job's δ is split evenly over the
boundaries whose keys are discovered. The shares are fixed before data is touched, so a later stage costs the
same whatever an earlier one released.

A stage that reads what an earlier one released gets it as a temporary table beside the workspace. Only noisy
values are in it, and it is gone before the next statement.
"""

from __future__ import annotations

from fractions import Fraction

import pyarrow as pa

from sandbox import noise, release
from sandbox.noise.primitives import round_down
from sandbox.nouns.job import Offer
from sandbox.nouns.plan import Calibrated, Plan
from sandbox.nouns.spend import DELTA_UNIT, RHO_UNIT, Spend
from sandbox.workspace.opened import OpenWorkspace


def calibrate(
    plan: Plan, rho: float, delta: float, *, min_units: int
) -> tuple[tuple[tuple[Calibrated, ...], ...], Spend]:
    """The noise of every stage, and what all of it costs together.

    Args:
        plan: the statement.
        rho: loss that the job may have, > 0.
        delta: δ of key discovery that it may have, ≥ 0.
        min_units: floor on shown unit counts.

    Returns:
        Per stage its measures with their noise, and the price: at most ``rho`` and ``delta``.

    Raises:
        Refused: ``noise_too_large``.
    """
    room = Spend.cap(rho, delta)
    total = sum(stage.weight for stage in plan.stages)
    discovered = max(1, sum(stage.discovered for stage in plan.stages))
    share = round_down(Fraction(room.delta // discovered, DELTA_UNIT))
    parts = [round_down(Fraction(room.rho * stage.weight // total, RHO_UNIT)) for stage in plan.stages]
    found = tuple(
        noise.calibrate(stage, part, share, min_units=min_units)
        for stage, part in zip(plan.stages, parts, strict=True)
    )
    price = sum((noise.price(stage) for stage in found), Spend(0))
    if not price.within(room):
        raise AssertionError("the maps charge more than the job asked for")
    return found, price


def measure(
    offer: Offer, workspace: OpenWorkspace, *, min_units: int
) -> tuple[pa.Table, release.Known | None]:
    """Run a statement once: every stage in turn, then what follows from their values.

    Returns:
        The answer, and the released values that it rests on (None over public tables alone).

    Raises:
        EngineFailure, ExactTableInvalid, ResultInvalid: something failed; nothing leaves, and whatever the
            earlier stages measured is dropped.
    """
    plan = offer.plan
    if plan.public:
        return workspace.exact(plan.post.sql), None
    released: dict[str, pa.Table] = {}
    public = {(load.schema, load.table): workspace.exact(load.sql) for load in plan.post.loads}
    known = release.Known(released, public)
    try:
        for stage, calibrated in zip(plan.stages, offer.calibrated, strict=True):
            beside = {item.name: release.come_back(workspace.released(), item, known) for item in stage.needs}
            exact = workspace.exact(stage.exact_sql, beside)
            noisy = noise.measure(stage, calibrated, exact)
            released[stage.released] = release.shape(stage, noisy, calibrated, min_units=min_units)
        return release.post_process(workspace.released(), plan, known), known
    except Exception:
        workspace.drop_released()
        raise
