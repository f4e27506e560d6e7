"""``sandbox job submit | result | cancel``: a developer's jobs, on a server. 提交作业."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sandbox.cli.attempt import Mode, keys_of, show_answer, statements_of
from sandbox.cli.remote import HERE, Place, asked, send

if TYPE_CHECKING:
    from sandbox.client.transport import Line

JobId = Annotated[str, typer.Argument(help="Id of a job.")]


class Format(StrEnum):
    """Formats of a result."""

    JSON = "json"
    CSV = "csv"
    ARROW = "arrow"
    PARQUET = "parquet"


def submit(
    sql: Annotated[str | None, typer.Option("--sql", help="The statement.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", exists=True, dir_okay=False, help="A file with one statement.")
    ] = None,
    agreement: Annotated[
        str | None, typer.Option("--agreement", help="Its number; the only one in force if absent.")
    ] = None,
    epsilon: Annotated[
        str | None, typer.Option("--epsilon", help="ε of the job; the policy's per_job.epsilon if absent.")
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option("--keys", exists=True, dir_okay=False, help="A JSON file: GROUP BY item → its values."),
    ] = None,
    mode: Annotated[Mode, typer.Option("--mode", help="run, preview or dummy; the last two are free.")] = (
        Mode.RUN
    ),
    wait: Annotated[
        bool,
        typer.Option("--wait/--no-wait", help="Print the answer when it is there, or the job's id now."),
    ] = True,
    server: Place = HERE,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Submit a job to a server as the developer whose token is in SANDBOX_TOKEN. 提交作业.

    Exit code 3 if it was refused, 1 if it failed. Ctrl-C while waiting cancels it.
    """
    from sandbox.client.desk import opened
    from sandbox.client.flows import post
    from sandbox.nouns.keys import with_keys

    statement = _statement(sql, file)
    with asked(server) as line:
        desk = line.carry_out(opened(agreement))
        body = {
            "agreement": desk.agreement, "kind": "sql", "sql": with_keys(statement, keys_of(keys)),
            "mode": mode.value, "epsilon": epsilon,
        }  # fmt: skip
        job = line.carry_out(post("/v1/jobs", body))
        if wait:
            _wait(line, job, mode, as_json=as_json)
        else:
            typer.echo(json.dumps(job, ensure_ascii=False) if as_json else job["id"])


def result(
    job: JobId,
    format: Annotated[Format, typer.Option("--format", help="Of what is written.")] = Format.CSV,
    output: Annotated[Path | None, typer.Option("--output", help="A file; stdout if absent.")] = None,
    server: Place = HERE,
) -> None:
    """Fetch what a job released, in a format. 下载结果."""
    from sandbox.client.desk import FORMATS
    from sandbox.client.flows import fetch

    with asked(server) as line:
        found = line.carry_out(fetch(f"/v1/jobs/{job}/result", FORMATS[format.value]))
    if output is not None:
        output.write_bytes(found)
    else:
        sys.stdout.buffer.write(found)
        sys.stdout.buffer.flush()


def cancel(job: JobId, server: Place = HERE) -> None:
    """Cancel a job that waits, in the queue or for a reviewer. 取消作业."""
    send(server, f"/v1/jobs/{job}/cancel", None, lambda it: f"{it['id']}  {it['state']}")


def _statement(sql: str | None, file: Path | None) -> str:
    if (sql is None) == (file is None):
        raise typer.BadParameter("give --sql or --file", param_hint="--sql")
    if file is None:
        return sql or ""
    found = statements_of(file)
    if len(found) != 1:
        raise typer.BadParameter("the file holds several statements; a job is one", param_hint="--file")
    return found[0]


def _wait(line: Line, job: dict[str, Any], mode: Mode, *, as_json: bool) -> None:
    """Print a job's answer when it is there; raises why there is none."""
    from sandbox.client.flows import finished, get
    from sandbox.client.progress import Progress
    from sandbox.client.reading import preview_of, release_of

    with Progress() as tell:
        ended = line.carry_out(finished(job, tell, watched=tell.watched))
    answer = line.carry_out(get(f"/v1/jobs/{ended['id']}/result"))
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        show_answer(preview_of(answer) if mode is Mode.PREVIEW else release_of(answer))
