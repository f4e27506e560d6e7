"""``sandbox scan``: find and grade sensitive columns, and draft a policy to start from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.errors import LoadFailed

if TYPE_CHECKING:
    import pyarrow as pa

    from sandbox.classify import ColumnEvidence

SAMPLED = 1000
"""Values of each column that are looked at."""
KINDS = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".parquet": "parquet", ".pq": "parquet"}
"""Connector of a file by the end of its name."""
ENCODINGS = ("utf-8", "gb18030")
"""Tried in this order: text in GB 18030 is hardly ever valid UTF-8."""


def scan(
    source: Annotated[Path, typer.Argument(help="A CSV or Parquet file.", exists=True)],
    connector: Annotated[
        str, typer.Option("--connector", help="Kind of source; told from the name if absent.")
    ] = "",
) -> None:
    """Find sensitive columns and draft a policy on stdout. 扫描、起草策略.

    Domains and bounds are left blank, unless a public code list gives them: nothing in a policy may come from
    the rows. A summary of the evidence, without values, goes to stderr.
    """
    from sandbox import classify

    kind = connector or KINDS.get(source.suffix.lower(), "")
    if not kind:
        raise typer.BadParameter("say with --connector what kind of source this is", param_hint="SOURCE")
    options, samples = sample(source, kind)
    evidence = [
        classify.grade_column(
            name, samples.column(name).to_pylist(), type=declared(samples.schema.field(name).type)
        )
        for name in samples.schema.names
    ]
    draft = classify.draft_policy(str(source), kind, table_name(source), evidence)
    typer.echo(with_options(draft, options), nl=False)
    for column in evidence:
        typer.echo(line(column), err=True)
    typer.echo("fill in what is marked, then: sandbox policy check FILE", err=True)


def sample(source: Path, kind: str) -> tuple[dict[str, str], pa.Table]:
    """The first rows of a source, and the options it was read with.

    Raises:
        LoadFailed: the source cannot be read.
    """
    import pyarrow as pa

    from sandbox.source import connector

    for encoding in ENCODINGS if kind == "csv" else ("",):
        options = {"encoding": encoding} if encoding not in ("", "utf-8") else {}
        if kind == "csv" and source.suffix.lower() == ".tsv":
            options["delimiter"] = "tab"
        try:
            reader = connector(kind).open(str(source.resolve()), options)
            batches, rows = [], 0
            for batch in reader.batches(reader.schema.names):
                batches.append(batch.slice(0, SAMPLED - rows))
                rows += batches[-1].num_rows
                if rows >= SAMPLED:
                    break
        except LoadFailed:
            if encoding != ENCODINGS[0]:
                raise
            continue
        if encoding == ENCODINGS[0] and any(reason == "encoding" for _, reason in reader.bad_lines()):
            continue
        return options, pa.Table.from_batches(batches, schema=reader.schema)
    raise LoadFailed(
        "source_unreadable", "the file is neither UTF-8 nor GB 18030", hint="convert it to UTF-8"
    )


def declared(kind: pa.DataType) -> str:
    """An Arrow type in the policy's words."""
    import pyarrow as pa

    checks = (
        ("boolean", pa.types.is_boolean), ("integer", pa.types.is_integer), ("number", pa.types.is_floating),
        ("number", pa.types.is_decimal), ("date", pa.types.is_date), ("timestamp", pa.types.is_timestamp),
    )  # fmt: skip
    return next((word for word, holds in checks if holds(kind)), "text")


def table_name(source: Path) -> str:
    """A name for dataset and table: the file's, with what a name may not hold replaced.

    >>> table_name(Path("2025 门诊.csv")), table_name(Path("my.csv"))
    ('t2025_门诊', 'my')
    """
    name = re.sub(r"[^A-Za-z0-9_一-鿿]+", "_", source.stem).strip("_")[:60]
    return name if name and not name[0].isdigit() else f"t{name}"


def with_options(draft: str, options: dict[str, str]) -> str:
    """The draft with the connector's options beside its path."""
    if not options:
        return draft
    listed = "".join(f", {name}: {value}" for name, value in options.items())
    return re.sub(r"(\n    source: \{.*)\}\n", lambda found: f"{found[1]}{listed}}}\n", draft, count=1)


def line(column: ColumnEvidence) -> str:
    """The evidence for one column, without any of its values."""
    seen = ", ".join(f"{entity} {share:.0%}" for entity, share in column.shares.items())
    why = "; ".join(filter(None, (seen, f"name suggests {column.hint}" if column.hint else "")))
    return f"{column.name:<20} {column.suggested:<10} grade {column.grade}  {why}".rstrip()
