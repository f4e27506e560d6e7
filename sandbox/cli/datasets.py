"""``sandbox dataset``: policies and their loads, on this machine or on a server. 数据集."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sandbox.cli import office, remote
from sandbox.cli.office import AsJson, Home
from sandbox.cli.progress import progress
from sandbox.cli.remote import Server
from sandbox.errors import LoadFailed, Unavailable

if TYPE_CHECKING:
    from sandbox.jobs.datasets import Datasets
    from sandbox.jobs.loads import Loads
    from sandbox.nouns.policy import Policy

LOOK_SECONDS = 0.2
"""How often a load that another process does is looked at."""
app = typer.Typer(help="Datasets: their policies and loads. 数据集.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Name of the dataset.")]


@app.command("list")
def list_(home: Home = None, server: Server = "", as_json: AsJson = False) -> None:
    """List the datasets."""
    if server:
        remote.show_list(server, "/v1/datasets", "name", "loaded", "policy", as_json=as_json)
        return
    with office.opened(home) as desk:
        datasets = desk.datasets()
        found = [_head(datasets, datasets.policy(name)) for name in datasets.names()]
    office.show(found, _line, as_json=as_json)


@app.command()
def show(name: Name, home: Home = None, server: Server = "", as_json: AsJson = False) -> None:
    """Show what a policy makes public, as JSON: tables, columns, uses, domains, bounds, budget."""
    if server:
        remote.show_one(server, f"/v1/datasets/{name}", as_json=as_json)
        return
    with office.opened(home) as desk:
        datasets = desk.datasets()
        policy = datasets.policy(name)
        found = {**_head(datasets, policy), **_public(policy)}
    office.show_one(found, as_json=as_json)


@app.command()
def register(
    policy: Annotated[Path, typer.Argument(help="Policy file (YAML).", exists=True, dir_okay=False)],
    home: Home = None,
    server: Server = "",
) -> None:
    """Take a policy in: a new dataset, or a new version of one. 登记策略.

    Its sources are looked for in SANDBOX_SOURCES_FOLDER of the server, never beside the file.
    """
    text = policy.read_text(encoding="utf-8")
    if server:
        remote.send(server, "/v1/datasets", {"policy": text}, lambda it: str(it["name"]))
        return
    from sandbox.govern.permissions import Act, check

    with office.opened(home) as desk:
        check(desk.who, Act.ADD_DATASET)
        typer.echo(desk.datasets().register(text, desk.who.user).dataset)


@app.command()
def load(name: Name, home: Home = None, server: Server = "") -> None:
    """Load a registered dataset's sources and put them in force, with the workspaces of its agreements. 装载.

    A server that runs does it; otherwise this command. A failed load leaves the former one in force.
    """
    if server:
        _load_there(server, name)
        return
    from sandbox.govern.permissions import Act, check

    with office.opened(home) as desk:
        check(desk.who, Act.LOAD)
        desk.datasets().policy(name)
        with _loads(desk) as loads, progress() as show:
            task = loads.start(name, desk.who.user)
            while task.state == "running":
                time.sleep(LOOK_SECONDS)
                found = loads.get(task.id)
                assert found is not None
                task = found
                if task.step:
                    show(task.step, task.percent or 0, None if task.percent is None else 100)
    _say(task.state, task.code, task.reason, task.hint)


@contextmanager
def _loads(desk: office.Office) -> Iterator[Loads]:
    """Loads of a home folder: of this process, unless a server has it for itself and does them."""
    from sandbox.jobs.loads import Loads
    from sandbox.jobs.service import Service

    try:
        service = Service.open(desk.settings)
    except Unavailable as taken:
        if taken.code != "server_running":
            raise
        yield Loads(desk.ledger, lambda *_: None)
        return
    try:
        service.loads.work(alone=desk.settings.database_url is None)
        yield service.loads
    finally:
        service.close()


def _load_there(server: str, name: str) -> None:
    from sandbox.client.flows import get, post

    with remote.asked(server) as line, progress() as show:
        task = line.carry_out(post(f"/v1/datasets/{name}/load", None))
        while task["state"] == "running":
            time.sleep(LOOK_SECONDS)
            task = line.carry_out(get(f"/v1/tasks/{task['id']}"))
            if at := task["progress"]:
                show(at["step"], at["percent"] or 0, None if at["percent"] is None else 100)
    problem = task["problem"] or {"code": "", "reason": "", "hint": ""}
    _say(task["state"], **problem)


def _say(state: str, code: str, reason: str, hint: str) -> None:
    """Say that a load is done; raises LoadFailed otherwise."""
    if state != "done":
        raise LoadFailed(code, reason, hint=hint)
    typer.echo("loaded")


def _head(datasets: Datasets, policy: Policy) -> dict[str, Any]:
    return {
        "name": policy.dataset, "title": {"zh": policy.title.zh, "en": policy.title.en},
        "unit_type": policy.unit_type, "account": policy.account, "policy": policy.sha256,
        "loaded": datasets.loaded(policy.dataset),
    }  # fmt: skip


def _public(policy: Policy) -> dict[str, Any]:
    from dataclasses import asdict

    from sandbox.intake import every_use
    from sandbox.nouns.catalogue import catalogue

    privacy = policy.privacy
    return {
        "epsilon": str(privacy.epsilon), "delta": str(privacy.delta),
        "epsilon_per_job": str(privacy.per_job.epsilon), "min_units": privacy.min_units,
        "tables": [asdict(each) for each in catalogue(policy, every_use(policy))],
    }  # fmt: skip


def _line(it: dict[str, Any]) -> str:
    state = "loaded" if it["loaded"] else "not loaded"
    return f"{it['name']}  {state}  {it['title']['zh']} {it['title']['en']}".rstrip()
