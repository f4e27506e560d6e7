"""A plan as a person reads it: what is measured, how much one unit can change, and how keys are found."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.nouns.plan import Calibrated, Measure, Plan, Stage


def explain(plan: Plan, calibrated: Sequence[Sequence[Calibrated]] | None = None) -> str:
    """Short text of a plan; with ``calibrated`` (one sequence a stage), each measure's noise as well."""
    if plan.public:
        return "public tables only: exact, no noise, no charge"
    lines = [f"tables: {', '.join(sorted(plan.tables))}", *plan.notes]
    for stage, found in zip(plan.stages, calibrated or ((),) * len(plan.stages), strict=True):
        noise = {item.measure.name: item for item in found}
        lines.append(_keys(stage))
        lines.extend(_measure(measure, noise.get(measure.name)) for measure in stage.measures)
    return "\n".join(lines)


def _keys(stage: Stage) -> str:
    if not stage.keys:
        return "one row: no grouping"
    names = ", ".join(key.label for key in stage.keys)
    if stage.discovered:
        return f"groups by {names}: keys are discovered; a group is shown when enough units are in it"
    return f"groups by {names}: {stage.cells} declared cells, each with its own noise"


def _measure(measure: Measure, noise: Calibrated | None) -> str:
    if measure.choice is not None:
        return _pick(measure, noise)
    change = measure.sensitivity.linf * measure.quantum
    text = f"{measure.label}: one unit changes it by at most {float(change):g}"
    if noise is None:
        return text
    spread = noise.variance**0.5 * float(measure.quantum)
    return f"{text}; {noise.mechanism.value} noise, standard deviation {spread:g}"


def _pick(measure: Measure, noise: Calibrated | None) -> str:
    """A pick among candidates: its scores count rows, whatever the measure's unit is."""
    assert measure.choice is not None
    rows = measure.sensitivity.linf // measure.choice.step
    text = f"{measure.label}: picked by noisy max; one unit stands for at most {rows} rows"
    if noise is None:
        return text
    return f"{text}; noise of scale {noise.scale / measure.choice.step:g} rows on each score"
