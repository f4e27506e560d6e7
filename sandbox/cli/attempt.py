"""``sandbox try``: answer statements as a developer would get them, in a throw-away workspace."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sandbox.errors import Refused, SandboxError

if TYPE_CHECKING:
    from sandbox.local import LocalSandbox
    from sandbox.nouns.release import Cost, Preview, Release


class Mode(StrEnum):
    """What to do with a statement."""

    RUN = "run"
    PREVIEW = "preview"
    DUMMY = "dummy"


@dataclass(frozen=True)
class Outcome:
    """What became of one statement."""

    sql: str
    result: Release | Preview | SandboxError

    @property
    def status(self) -> str:
        """``answered``, ``refused`` or ``failed``."""
        if isinstance(self.result, SandboxError):
            return "refused" if isinstance(self.result, Refused) else "failed"
        return "answered"


def attempt(
    policy: Annotated[Path, typer.Argument(help="Policy file (YAML).", exists=True, dir_okay=False)],
    sql: Annotated[list[str] | None, typer.Option("--sql", help="A statement; may repeat.")] = None,
    file: Annotated[
        list[Path] | None,
        typer.Option(
            "--file", exists=True, dir_okay=False, help="A file of statements parted by ';'; may repeat."
        ),
    ] = None,
    epsilon: Annotated[
        str | None,
        typer.Option("--epsilon", help="ε of each statement; the policy's per_job.epsilon if absent."),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option("--keys", exists=True, dir_okay=False, help="A JSON file: GROUP BY item → its values."),
    ] = None,
    mode: Annotated[
        Mode,
        typer.Option(
            "--mode",
            help="run: answer. preview: price and predicted error. dummy: answer from invented rows.",
        ),
    ] = Mode.RUN,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")] = False,
) -> None:
    """Load a policy into a throw-away workspace and answer statements. 试用策略.

    The ledger is fresh each time, under the policy's caps. Nothing is kept. Exit code 3 if any statement was
    refused, else 1 if any failed.
    """
    statements = [*(sql or ()), *(each for path in file or () for each in statements_of(path))]
    if not statements:
        raise typer.BadParameter("give at least one --sql or --file", param_hint="--sql")
    listed = keys_of(keys)
    outcomes = []
    with throwaway(policy) as box:
        for statement in statements:
            outcome = Outcome(statement, _ask(box, statement, epsilon, listed, mode))
            outcomes.append(outcome)
            if as_json:
                typer.echo(json.dumps(record(outcome), ensure_ascii=False, allow_nan=False))
            else:
                _show(outcome)
    statuses = {outcome.status for outcome in outcomes}
    raise typer.Exit(3 if "refused" in statuses else 1 if "failed" in statuses else 0)


@contextmanager
def throwaway(policy: Path) -> Iterator[LocalSandbox]:
    """A sandbox whose keys, ledger and sealed files live in a private folder that is destroyed at the end.

    After a ``kill -9`` the next load or call destroys it.
    """
    from sandbox.cli.progress import progress
    from sandbox.local import LocalSandbox
    from sandbox.policy import load_policy
    from sandbox.settings import Settings
    from sandbox.workspace.scratch import Scratch

    settings = Settings()
    with Scratch(settings.memory_folder, declared=settings.scratch_folder) as scratch:
        key = None
        variable = load_policy(policy).key.env
        if not os.environ.get(variable):
            key = secrets.token_bytes(32)
            typer.echo(
                f"{variable} is not set: pseudonyms of this call use a key that is then forgotten", err=True
            )
        own = settings.model_copy(update={"home": scratch.folder("home"), "database_url": None})
        with progress() as show:
            box = LocalSandbox.open(policy, settings=own, progress=show, key=key)
        with box:
            yield box


def statements_of(path: Path) -> list[str]:
    """The statements of a file, as written. What cannot be read as SQL is one statement, to be refused.

    Raises:
        typer.BadParameter: not UTF-8, or no statement at all.
    """
    from sqlglot.dialects.duckdb import DuckDB
    from sqlglot.errors import SqlglotError

    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise typer.BadParameter("the file is not UTF-8", param_hint="--file") from None
    try:
        tokens = DuckDB().tokenize(text)
    except SqlglotError:
        return [text.strip()]
    cuts = [-1, *(token.start for token in tokens if token.token_type.name == "SEMICOLON"), len(text)]
    found = [
        text[start + 1 : end].strip()
        for start, end in pairwise(cuts)
        if any(start < token.start < end for token in tokens)
    ]
    if not found:
        raise typer.BadParameter("the file holds no statement", param_hint="--file")
    return found


def record(outcome: Outcome) -> dict[str, Any]:
    """An outcome as the fields that scripts may rely on.

    ``columns`` are names; ``rows`` and ``error95`` have one list a row. A preview has the measured columns
    and one row of ``error95``, the predicted half-widths. An answer from invented rows also
    has ``dummy: true``.
    """
    from sandbox.nouns.release import Preview, Release

    result = outcome.result
    fields: dict[str, Any] = dict.fromkeys(
        ("sql", "status", "code", "reason", "hint", "columns", "rows", "error95", "cost")
    )
    fields |= {"sql": outcome.sql, "status": outcome.status}
    if isinstance(result, Release) and result.dummy:
        fields["dummy"] = True
    if isinstance(result, SandboxError):
        where = f"{result.position}: " if result.position else ""
        return fields | {"code": result.code, "reason": where + result.reason, "hint": result.hint}
    if isinstance(result, Preview):
        names = [column.name for column in result.columns]
        halves = [[column.half_width for column in result.columns]]
        return fields | {"columns": names, "rows": [], "error95": halves, "cost": price(result.cost)}
    return fields | {
        "columns": [column.name for column in result.columns],
        "rows": [[plain(cell) for cell in row] for row in result.data],
        "error95": [list(row) for row in result.half_widths],
        "cost": price(result.cost),
    }


def price(cost: Cost) -> dict[str, float]:
    """A cost as JSON."""
    return {"rho": cost.rho, "delta": cost.delta, "epsilon": cost.epsilon}


def plain(cell: object) -> object:
    """A cell as JSON: dates as ISO 8601 text, decimals as numbers."""
    if isinstance(cell, Decimal):
        return float(cell)
    return cell.isoformat() if isinstance(cell, dt.date) else cell


def keys_of(path: Path | None) -> object:
    """What a file of keys holds; None without one."""
    if path is None:
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise typer.BadParameter("the file is not JSON", param_hint="--keys") from None


def _ask(
    box: LocalSandbox, sql: str, epsilon: str | None, keys: object, mode: Mode
) -> Release | Preview | SandboxError:
    try:
        return box.query(sql, epsilon=epsilon, keys=keys, mode=mode.value)
    except SandboxError as error:
        return error


def _show(outcome: Outcome) -> None:
    """Print an outcome for people: the answer on stdout, a refusal on stderr."""
    from sandbox.cli.failure import describe

    if isinstance(outcome.result, SandboxError):
        typer.echo(describe(outcome.result), err=True)
    else:
        show_answer(outcome.result)


def show_answer(result: Release | Preview) -> None:
    """Print an answer for people, with its price."""
    from rich.console import Console

    from sandbox.cli.table import as_table
    from sandbox.nouns.release import Preview

    console = Console(highlight=False)
    if isinstance(result, Preview):
        for column in result.columns:
            half = "unknown" if column.half_width is None else f"± {column.half_width:,.4g}"
            console.print(f"{column.name}: {half} (95 %)", markup=False)
        console.print(f"price ρ {result.cost.rho:.3g}; the budget pays for {result.affordable} such jobs")
        return
    console.print(as_table(result))
    for note in result.notes:
        console.print(f"· {note}", style="dim", markup=False)
    console.print(
        f"price ε {result.cost.epsilon:g} (ρ {result.cost.rho:.3g}); errors hold with 95 % confidence"
    )
