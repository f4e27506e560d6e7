"""``sandbox serve`` and ``sandbox worker``: the REST face of a home folder. 服务."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.crew import crew, until_told
from sandbox.cli.failure import leave_if_told
from sandbox.cli.listening import listening

if TYPE_CHECKING:
    from sandbox.cli.bootstrap import FirstRun
    from sandbox.settings import Settings

PORT = 8470
ONE_PROCESS = (
    "the control database is SQLite, so one server process does all the work; several need PostgreSQL, to be "
    "named by SANDBOX_DATABASE_URL. More jobs at once in this process: SANDBOX_LANES"
)
Home = Annotated[
    Path | None, typer.Option("--home", file_okay=False, help="Home folder; SANDBOX_HOME if absent.")
]


def serve(
    policy: Annotated[
        Path | None,
        typer.Argument(help="With --demo: a policy to load and grant.", exists=True, dir_okay=False),
    ] = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port.")] = PORT,
    workers: Annotated[
        int,
        typer.Option(
            "--workers",
            min=0,
            help="Processes that work off jobs: 1 is the server itself, 0 leaves it to `sandbox worker`.",
        ),
    ] = 1,
    demo: Annotated[
        bool, typer.Option("--demo", help="First run: make one user a role and print their tokens.")
    ] = False,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", exists=True, dir_okay=False, help="TLS certificate (PEM).")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", exists=True, dir_okay=False, help="Key of the certificate (PEM).")
    ] = None,
    behind_proxy: Annotated[
        str | None,
        typer.Option(
            "--behind-proxy", help="Addresses of the proxy that ends TLS; its headers are believed."
        ),
    ] = None,
    home: Home = None,
) -> None:
    """Serve the REST face of a home folder until interrupted. 启动服务.

    Answers appear at fixed moments, unless SANDBOX_SLOTS=false. An address that other machines reach needs
    TLS, or a proxy that ends it. The password of an encrypted key is in SANDBOX_TLS_PASSWORD.
    """
    place = listening(host, port, certificate, key, behind_proxy)
    settings = settings_of(home, policy)
    if workers != 1 and settings.database_url is None:
        raise typer.BadParameter(ONE_PROCESS, param_hint="--workers")
    if policy is not None and not demo:
        raise typer.BadParameter("a policy goes with --demo; otherwise send it to POST /v1/datasets")
    import uvicorn

    from sandbox.api import create_app, wire
    from sandbox.cli.bootstrap import first_run
    from sandbox.jobs.service import Service

    service = Service.open(settings, works=workers == 1)
    try:
        made = first_run(service, policy) if demo else None
        app = create_app(service)
        config = uvicorn.Config(
            app, log_level="warning", timeout_graceful_shutdown=5, **wire.OPTIONS, **place.options(),
        )  # fmt: skip
        config.load()
        leave_if_told()
    except BaseException:
        service.close()
        raise
    address = place.address
    typer.echo(f"serving {address} (addresses: {address}/docs); stop with Ctrl-C")
    if made is not None:
        _introduce(made, address)
    with crew(settings, workers if workers > 1 else 0):
        uvicorn.Server(config).run()


def worker(
    home: Home = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Work off jobs and loads of a home folder, beside a server on the same machine. 独立工作进程.

    Needs PostgreSQL as the control database. Ends at SIGTERM, once the jobs that run have ended; a second one
    kills them. Any number of workers share the jobs, SANDBOX_LANES at once over all of them.
    """
    settings = settings_of(home, None)
    if settings.database_url is None:
        raise typer.BadParameter(ONE_PROCESS, param_hint="worker")
    from sandbox.jobs.service import Service

    with until_told(with_parent=with_parent) as told:
        leave_if_told()
        service = Service.open(settings)
        try:
            service.warm()
            service.start()
            typer.echo("working; stop with Ctrl-C")
            told.wait()
            service.drain(unless=told.again)
        finally:
            service.close()


def settings_of(home: Path | None, policy: Path | None) -> Settings:
    """Settings of a server: slots on unless they say otherwise; a demo's policy has its sources beside it."""
    from sandbox.settings import Settings

    found = Settings() if home is None else Settings(home=home)
    changes: dict[str, object] = {} if "slots" in found.model_fields_set else {"slots": True}
    if policy is not None and found.sources_folder is None:
        changes["sources_folder"] = policy.resolve().parent
    return found.model_copy(update=changes)


def _introduce(made: FirstRun, address: str) -> None:
    """Print the tokens, once, and a first question."""
    for role, token in made.tokens.items():
        typer.echo(f"{role:<10} {token}")
    if made.agreement:
        typer.echo(f"agreement  {made.agreement}")
    typer.echo(
        f'Python: Sandbox.connect("{address}", token="<developer\'s token>").tables()\n'
        f'curl:   curl -H "Authorization: Bearer <token>" {address}/v1/agreements'
    )
