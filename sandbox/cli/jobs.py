"""``sandbox job`` and ``sandbox budget``: jobs and what is spent, of a server or read on its machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sandbox.cli import asking, office, remote
from sandbox.cli.log import AsJson, Home, opened
from sandbox.cli.office import Reason
from sandbox.cli.remote import Server
from sandbox.errors import Unavailable

if TYPE_CHECKING:
    from sandbox.jobs.holds import Holds
    from sandbox.jobs.queue import Queue
    from sandbox.jobs.rows import Job
    from sandbox.nouns.party import Principal

JobId = Annotated[str, typer.Argument(help="Id of a job.")]
app = typer.Typer(help="Jobs of a server: submit, look, fetch, decide. 作业.", no_args_is_help=True)
app.command()(asking.submit)
app.command()(asking.result)
app.command()(asking.cancel)


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Most jobs to list.")] = 50,
    home: Home = None,
    server: Server = "",
    as_json: AsJson = False,
) -> None:
    """List the newest jobs: one's own organisation's, or all for those who watch."""
    if server:
        names = ("id", "state", "dataset", "sql")
        remote.show_list(server, "/v1/jobs", *names, as_json=as_json, most=limit)
        return
    with _queue(home) as queue:
        for job in queue.page(None, before=None, limit=limit):
            typer.echo(_json(job) if as_json else _line(job))


@app.command()
def show(job: JobId, home: Home = None, server: Server = "", as_json: AsJson = False) -> None:
    """Show one job in full."""
    if server:
        remote.show_one(server, f"/v1/jobs/{job}", as_json=as_json)
        return
    with _queue(home) as queue:
        found = queue.get(job)
    if found is None:
        raise Unavailable("job_missing", "there is no job of this id", hint="`sandbox job list` lists them")
    if as_json:
        typer.echo(_json(found))
        return
    for name, value in json.loads(_json(found)).items():
        typer.echo(f"{name:<14} {value}")


@app.command()
def held(home: Home = None, as_json: AsJson = False) -> None:
    """List the jobs that wait for a reviewer's verdict, with what it may rest on. 待审作业."""
    from sandbox.api.views import hold

    with _desk(home) as (holds, who):
        waiting = holds.listed(who)
    for each in waiting:
        findings = ", ".join(f"{name} {count}" for name, count in each.record["findings"].items())
        line = (
            f"{_line(each.job)}\n    {each.record['what']}: {findings}; {each.record['plan']['normalised']}"
        )
        typer.echo(json.dumps(hold(each), ensure_ascii=False) if as_json else line)


@app.command()
def release(job: JobId, reason: Reason = "", home: Home = None) -> None:
    """Let a held job go on; a reviewer of another organisation. 放行."""
    with _desk(home) as (holds, who):
        typer.echo(_line(holds.review(who, job, release=True, reason=reason)))


@app.command()
def refuse(
    job: JobId,
    reason: Reason,
    basis: Annotated[str, typer.Option("--basis", help="The rule that the refusal rests on.")],
    home: Home = None,
) -> None:
    """Refuse a held job; a reviewer of another organisation. 不予放行."""
    with _desk(home) as (holds, who):
        typer.echo(_line(holds.review(who, job, release=False, reason=reason, basis=basis)))


def budget(home: Home = None, server: Server = "", as_json: AsJson = False) -> None:
    """Every account of the budget: its cap and what is spent, in ρ and δ. 隐私预算.

    From a server: the accounts of each agreement that the token sees.
    """
    if server:
        accounts = [each for of in remote.items(server, "/v1/budgets") for each in of["balances"]]
    else:
        accounts = _accounts(home)
    for each in accounts:
        typer.echo(json.dumps(each, ensure_ascii=False) if as_json else _spent(each))


def _accounts(home: Home) -> list[dict[str, Any]]:
    from sandbox.nouns.spend import DELTA_UNIT, RHO_UNIT

    with opened(home) as (ledger, _):
        known = ledger.accounts()
        balances = ledger.balances(known)
    return [
        {
            "scope": scope, "name": name,
            "cap_rho": cap.rho / RHO_UNIT, "spent_rho": spent.rho / RHO_UNIT,
            "cap_delta": cap.delta / DELTA_UNIT, "spent_delta": spent.delta / DELTA_UNIT,
        }
        for (scope, name), (cap, spent) in zip(known, balances, strict=True)
    ]  # fmt: skip


def _spent(account: dict[str, Any]) -> str:
    cap, spent = account["cap_rho"], account["spent_rho"]
    share = f"{100 * spent / cap:.1f} %" if cap else "—"
    return f"{account['scope']:<13} {account['name']:<32} ρ {spent:.4g} of {cap:.4g} ({share})"


@contextmanager
def _desk(home: Home) -> Iterator[tuple[Holds, Principal]]:
    """The reviewers' desk, and who acts at it."""
    from sandbox.jobs.holds import Holds
    from sandbox.jobs.slots import slots_of

    with office.opened(home) as desk:
        slots = slots_of(desk.settings)
        yield Holds(desk.ledger, desk.keyring, desk.settings.home, slots, desk.govern.moment), desk.who


@contextmanager
def _queue(home: Home) -> Iterator[Queue]:
    from sandbox.jobs.queue import Queue

    with opened(home) as (ledger, _):
        yield Queue(ledger)


def _json(job: Job) -> str:
    from dataclasses import asdict

    return json.dumps(asdict(job), ensure_ascii=False)


def _line(job: Job) -> str:
    told = job.code or " ".join(job.sql.split())[:60]
    return f"{job.id}  {job.state:<9}  {job.organisation:<12} {job.dataset:<14} {told}"
