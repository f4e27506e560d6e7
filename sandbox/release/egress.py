"""The last look at text that leaves: identity numbers, phones, names inside released group keys.

The scanner is handed in by the caller. It sees released text only; what it finds is masked in place, and two
keys masked to one text stay two rows, because merging them would be a computation nobody asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from sandbox.nouns.plan import OutputColumn
from sandbox.nouns.policy import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

Scan = Callable[[str], tuple[str, Mapping[str, int]]]
"""Text → (masked text, entity class → findings)."""


def egress(table: pa.Table, columns: Sequence[OutputColumn], scan: Scan) -> tuple[pa.Table, dict[str, int]]:
    """Mask identities in every TEXT column of an answer.

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
        if column.type is not ColumnType.TEXT:
            continue
        texts = table.column(place).to_pylist()
        for text in texts:
            if text is not None and text not in seen:
                seen[text] = scan(text)
            if text is not None:
                findings.update({entity: 1 for entity, count in seen[text][1].items() if count})
        masked = [None if text is None else seen[text][0] for text in texts]
        table = table.set_column(place, column.name, pa.array(masked, type=pa.string()))
    return table, dict(sorted(findings.items()))
