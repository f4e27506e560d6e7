"""Attack: a short statement whose planning takes time without end, because a part is looked at twice a level.

``x + x + … + x`` of thirty terms was translated 2³⁰ times; a server that plans it answers nobody else.
"""

from __future__ import annotations

from contextlib import suppress

import pytest

from sandbox.errors import SandboxError
from sandbox.plan import plan
from sandbox.plan.scalars import registry
from tests.plan.world import FACTS

NUMBERS = (
    "{0} + 1", "1 + {0}", "{0} - days", "{0} * 1", "{0} / 2", "{0} % 7", "{0} // 2", "-({0})", "abs({0})",
    "round({0})", "floor({0})", "greatest({0}, 1)", "least(1, {0})", "coalesce({0}, 1)", "nullif({0}, 1)",
    "CASE WHEN {0} > 1 THEN 1 END", "CASE WHEN days > 1 THEN {0} END", "CASE {0} WHEN 1 THEN 2 END",
    "if({0} > 1, 1, 2)", "({0})::bigint", "sqrt({0})", "ln({0})", "log({0})", "power({0}, 2)", "sign({0})",
    "trunc({0})", "sin({0})", "exp({0})", "clamp({0}, 0, 1)", "width_bucket({0}, 0, 10, 5)",
    "length(CAST({0} AS VARCHAR))", "({0} = 1)::int", "({0} BETWEEN 1 AND 2)::int", "({0} IN (1, 2))::int",
    "({0} IS NULL)::int", "({0} IS DISTINCT FROM 1)::int", "(NOT ({0} > 1))::int",
)  # fmt: skip
TEXTS = (
    "lower({0})", "trim({0})", "left({0}, 3)", "substr({0}, 1, 2)", "replace({0}, 'a', 'b')",
    "{0} || ''", "concat({0}, '')", "concat_ws('-', {0}, '')", "split_part({0}, 'a', 1)",
    "regexp_extract({0}, 'a')", "regexp_replace({0}, 'a', 'b')", "CASE WHEN {0} LIKE 'a' THEN 'x' END",
    "CASE WHEN {0} ILIKE 'a' THEN 'x' END", "coalesce({0}, 'x')", "nullif({0}, 'x')",
)  # fmt: skip
DAYS = (
    "{0} + 1", "{0} - 1", "{0} + INTERVAL 1 DAY", "date_trunc('month', {0})", "last_day({0})",
    "CAST(CAST({0} AS VARCHAR) AS DATE)", "greatest({0}, visited_on)",
    "CASE WHEN {0} IS NULL THEN visited_on END",
)  # fmt: skip
CONDITIONS = ("NOT ({0})", "({0}) AND days > 1", "({0}) OR days > 1", "days > 1 OR ({0})", "({0}) IS NULL",
              "({0}) = (days > 1)", "CASE WHEN {0} THEN days > 1 END")  # fmt: skip
DEPTH = 12
FORMS = [
    *((form, "days", "COUNT(*) FILTER (WHERE {0} IS NULL)") for form in NUMBERS),
    *((form, "hospital", "COUNT(*) FILTER (WHERE {0} IS NULL)") for form in TEXTS),
    *((form, "visited_on", "COUNT(*) FILTER (WHERE {0} IS NULL)") for form in DAYS),
    *((form, "days > 1", "COUNT(*) FILTER (WHERE {0})") for form in CONDITIONS),
    *((form, "days", "SUM(clamp({0}, 0, 1))") for form in NUMBERS),
]
RELATIONS = {
    "subqueries": ("(SELECT * FROM {0} x WHERE days > 1)", "visits", "SELECT COUNT(*) FROM {0} v"),
    "released": (
        "(SELECT MAX(n) AS n FROM {0} x)", "(SELECT COUNT(*) AS n FROM visits)", "SELECT n FROM {0} v",
    ),
    "sums of subqueries": (
        "{0} + (SELECT COUNT(*) FROM visits)", "(SELECT COUNT(*) FROM visits)", "SELECT {0} AS n",
    ),
    "conditions of subqueries": (
        "(SELECT COUNT(*) FROM visits WHERE amount > {0})", "1", "SELECT {0} AS n",
    ),
    "exists": (
        "EXISTS (SELECT 1 FROM drugs d WHERE d.person = v.id_card AND d.price > 1) AND {0}", "days > 1",
        "SELECT COUNT(*) FROM visits v WHERE {0}",
    ),
    "matches": (
        "(SELECT city FROM (SELECT city, city IN {0} AS e FROM visits GROUP BY city HAVING e ORDER BY e) x)",
        "(SELECT region FROM hospitals)", "SELECT city FROM visits GROUP BY city HAVING city IN {0}",
    ),
    "unions": (
        "(SELECT id_card, days FROM {0} x UNION ALL SELECT id_card, days FROM visits)", "visits",
        "SELECT COUNT(*) FROM {0} v",
    ),
    "joins": (
        "{0} JOIN hospitals h ON h.hospital = v.hospital", "visits v", "SELECT COUNT(*) FROM {0}",
    ),
}  # fmt: skip


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many expressions were translated."""
    count = [0]
    real = dict(registry.REGISTRY)

    def counting(cls: type) -> registry.Translator:
        def translator(node: object, env: object) -> object:
            count[0] += 1
            return real[cls](node, env)  # type: ignore[arg-type]

        return translator  # type: ignore[return-value]

    monkeypatch.setattr(registry, "REGISTRY", {cls: counting(cls) for cls in real})
    return count


def translations(sql: str, looked_at: list[int]) -> int:
    looked_at[0] = 0
    with suppress(SandboxError):  # refused is as good; only the work counts
        plan(sql, FACTS)
    return looked_at[0]


def nested(form: str, inner: str, depth: int) -> str:
    for _ in range(depth):
        inner = form.format(inner)
    return inner


@pytest.mark.parametrize(("form", "inner", "whole"), FORMS)
def test_the_work_of_planning_grows_with_the_depth_and_not_as_its_power(
    form: str, inner: str, whole: str, looked_at: list[int]
) -> None:
    less, more = (
        translations(f"SELECT {whole.format(nested(form, inner, depth))} FROM visits", looked_at)
        for depth in (DEPTH // 2, DEPTH)
    )
    assert more <= 4 * less + 20


@pytest.mark.parametrize(("form", "inner", "whole"), RELATIONS.values(), ids=RELATIONS)
def test_the_work_of_nested_relations_grows_with_the_depth_and_not_as_its_power(
    form: str, inner: str, whole: str, looked_at: list[int]
) -> None:
    less, more = (
        translations(whole.format(nested(form, inner, depth)), looked_at) for depth in (DEPTH // 2, DEPTH)
    )
    assert more <= 5 * less + 20
