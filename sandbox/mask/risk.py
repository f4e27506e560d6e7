"""Re-identification risk as SQL text: k-anonymity over quasi-identifiers. For operators alone.

A report, or a load that stops; it never changes a stored row (Samarati & Sweeney 1998; GB/T 42460-2023).
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.mask.text import identifier


def risk_sql(qualified_name: str, quasi: Sequence[str], *, k: int) -> str:
    """One row of integers about the classes of equal quasi-identifiers in a masked table.

    Size of a class is its number of *units*, not rows. Columns: ``classes``, ``smallest_class``,
    ``single_unit_classes``, ``classes_below_k``, ``units_below_k`` (a unit counts in each class it is in),
    ``rows_below_k``, ``rows``.
    """
    if not quasi or k < 2:
        raise ValueError("k-anonymity needs quasi-identifiers and k of at least 2")
    keys = ", ".join(identifier(name) for name in quasi)
    return (
        "SELECT count(*)::BIGINT AS classes, coalesce(min(units), 0)::BIGINT AS smallest_class, "
        "count(*) FILTER (WHERE units = 1)::BIGINT AS single_unit_classes, "
        f"count(*) FILTER (WHERE units < {k})::BIGINT AS classes_below_k, "
        f"coalesce(sum(units) FILTER (WHERE units < {k}), 0)::BIGINT AS units_below_k, "
        f"coalesce(sum(total) FILTER (WHERE units < {k}), 0)::BIGINT AS rows_below_k, "
        "coalesce(sum(total), 0)::BIGINT AS rows "
        "FROM (SELECT count(DISTINCT _key) AS units, count(*) AS total "
        f"FROM {qualified_name} GROUP BY {keys})"
    )
