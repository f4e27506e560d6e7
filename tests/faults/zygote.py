"""Starts whole ``sandbox`` processes quickly: forks of one process that has imported everything.

A process that Python starts afresh spends seconds on imports, so that a thousand kills would take hours. This
one reads a line of JSON for each process it is to start, ``{"arguments", "environment", "log"}``, and answers
with its number. It has no threads and opens nothing, so that a child is what a fresh process is after its
imports; a child is killed by its number, whoever knows it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any


def main() -> None:
    """Serve requests until standard input ends; children outlive it."""
    _import()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the dead at once
    print("ready", flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _become(json.loads(line))
        print(pid, flush=True)


def _import() -> None:
    import sandbox.api
    import sandbox.cli.app
    import sandbox.cli.bootstrap
    import sandbox.cli.serving  # noqa: F401
    from sandbox.jobs.service import Service

    Service.warm()


def _become(wanted: dict[str, Any]) -> None:
    """Be the wanted process; does not return."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for place, target in enumerate((os.open(os.devnull, os.O_RDONLY), log, log)):
            os.dup2(target, place)
        os.environ.clear()
        os.environ.update(wanted["environment"])
        from sandbox.cli import main

        main(wanted["arguments"])
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
