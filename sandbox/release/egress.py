"""The last look at text that leaves: identity numbers, phones, names inside released group keys.

The scanner is handed in by the caller. It sees released text only; what it finds is masked in place, and two
keys masked to one text stay two rows, because merging them would be a computation nobody asked for.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.nouns.plan import OutputColumn
from sandbox.nouns.policy import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

Scan = Callable[[str], tuple[str, Mapping[str, int]]]
"""Text → (masked text, entity class → findings)."""


def egress(table: pa.Table, columns: Sequence[OutputColumn], scan: Scan) -> tuple[pa.Table, dict[str, int]]:
    """Mask identities in every TEXT column of an answer; a number of rows that is one becomes NULL.

    Args:
        table: the answer, in the order of ``columns`` (``_cell`` may follow).
        columns: what the columns are.
        scan: the masker; asked once per distinct text.

    Returns:
        The table, and entity class → masked cells.
    """
    import pyarrow as pa

    findings: Counter[str] = Counter()
    seen: dict[str, tuple[str, Mapping[str, int]]] = {}
    for place, column in enumerate(columns):
        if column.type is not ColumnType.TEXT and not column.from_rows:
            continue
        values = table.column(place).to_pylist()
        texts = values if column.type is ColumnType.TEXT else [digits(value) for value in values]
        for text in texts:
            if text is not None and text not in seen:
                seen[text] = scan(text)
            if text is not None:
                findings.update({entity: 1 for entity, count in seen[text][1].items() if count})
        if column.type is ColumnType.TEXT:
            shown = pa.array([None if text is None else seen[text][0] for text in texts], type=pa.string())
        else:
            hidden = [text is not None and any(seen[text][1].values()) for text in texts]
            kept = [None if hide else value for value, hide in zip(values, hidden, strict=True)]
            shown = pa.array(kept, type=table.column(place).type)
        table = table.set_column(place, column.name, shown)
    return table, dict(sorted(findings.items()))


def digits(value: object) -> str | None:
    """A whole number as it would be written; None for anything else, which is no identity number.

    >>> digits(13800138000.0), digits(0.5)
    ('13800138000', None)
    """
    if not isinstance(value, int | float | Decimal) or not math.isfinite(value) or value != int(value):
        return None
    return str(int(value))
