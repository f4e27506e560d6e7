"""``sandbox scan``: find and grade sensitive columns, and draft a policy to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def scan(
    source: Annotated[Path, typer.Argument(help="A CSV or Parquet file.", exists=True, dir_okay=False)],
) -> None:
    """Find sensitive columns and draft a policy on stdout. 扫描、起草策略.

    Domains and bounds are left blank, unless a public code list gives them: nothing in a policy may come from
    the rows. The evidence goes to stderr.
    """
    from sandbox import classify

    typer.echo(classify.draft_policy(source))
