"""A policy as a person reads it: who is protected, what a developer may do with each column."""

from __future__ import annotations

from sandbox.nouns.mask import Drop
from sandbox.nouns.policy import Column, Policy, Table, Use

HEADINGS = ("column", "class", "mask", "type", "values", "use")


def explain(policy: Policy) -> str:
    """The uses of every column and the budgets, as a text table."""
    title = " / ".join(dict.fromkeys(filter(None, (policy.title.zh, policy.title.en)))) or policy.dataset
    privacy = policy.privacy
    lines = [
        f"{policy.dataset}: {title}",
        f"protects each {policy.unit_type}: over everything ever released ε {privacy.epsilon:f}"
        f" and δ {float(privacy.delta):g}; ε {privacy.per_job.epsilon:f} a job;"
        f" groups under {privacy.min_units} units are not shown",
    ]
    for table in policy.tables:
        lines += ["", *_table(table)]
    return "\n".join(lines) + "\n"


def _table(table: Table) -> list[str]:
    if table.public:
        head = f"{table.name} (public)"
    else:
        through = f" through {table.via.table}" if table.via is not None else ""
        head = f"{table.name} (unit {table.unit}{through}, at most {table.max_rows_per_unit} rows of each)"
    if not table.columns:
        return [head, "  columns as in the source, every use"]
    rows = [HEADINGS, *(_row(table, column) for column in table.columns)]
    widths = [max(_width(row[place]) for row in rows) for place in range(len(HEADINGS))]
    return [head, *("  " + _padded(row, widths) for row in rows)]


def _row(table: Table, column: Column) -> tuple[str, ...]:
    options = column.mask.model_dump(exclude={"op"}, exclude_defaults=True)
    mask = column.mask.op + (
        "(" + ", ".join(f"{key}={value}" for key, value in options.items()) + ")" if options else ""
    )
    uses = ", ".join(use.value for use in Use if use in column.use)
    if column.name == table.unit:
        uses = "the unit: COUNT(DISTINCT …), joins"
    stored = not isinstance(column.mask, Drop)
    kind = column.type.value if stored else "-"
    return column.name, column.kind.value, mask, kind, _values(column), uses or "hidden"


def _values(column: Column) -> str:
    if column.bounds is not None:
        return f"{column.bounds[0]} … {column.bounds[1]}"
    return f"{len(column.domain)} listed" if column.domain is not None else ""


def _padded(row: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(
        cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
    ).rstrip()


def _width(text: str) -> int:
    """Columns of a terminal: a Han character takes two."""
    return sum(2 if ord(letter) >= 0x1100 else 1 for letter in text)
