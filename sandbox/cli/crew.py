"""The worker processes of one server: started with it, replaced when they die, ended with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from sandbox.settings import Settings

LOOK_SECONDS = 0.5
"""How often the workers are looked after."""
COMMAND = (sys.executable, "-c", "from sandbox.cli import main; main()", "worker", "--with-parent")


@contextmanager
def crew(settings: Settings, size: int) -> Iterator[None]:
    """Run worker processes while the block runs. They end with this process, however it ends."""
    if size == 0:
        yield
        return
    over = threading.Event()
    workers = [_start(settings) for _ in range(size)]

    def look_after() -> None:
        while not over.wait(LOOK_SECONDS):
            for place, each in enumerate(workers):
                if each.poll() is not None:
                    typer.echo("a worker has ended; another takes its place", err=True)
                    _lay_off(each)
                    workers[place] = _start(settings)

    watch = threading.Thread(target=look_after, name="sandbox-crew", daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()
        for each in workers:
            each.terminate()
        for each in workers:
            _lay_off(each)


@dataclass
class Told:
    """What a worker was told: to end, and once more."""

    once: threading.Event = field(default_factory=threading.Event)
    again: threading.Event = field(default_factory=threading.Event)

    def tell(self) -> None:
        """Tell it to end."""
        (self.again if self.once.is_set() else self.once).set()

    def wait(self) -> None:
        """Wait to be told."""
        while not self.once.wait(LOOK_SECONDS):  # in steps: a signal is handled between them
            pass


@contextmanager
def until_told(*, with_parent: bool) -> Iterator[Told]:
    """SIGTERM and SIGINT tell; with a parent its death does, too, at which standard input closes."""
    told = Told()
    former = {
        number: signal.signal(number, lambda *_: told.tell()) for number in (signal.SIGTERM, signal.SIGINT)
    }
    if with_parent:
        threading.Thread(target=_read_to_the_end, args=(told,), daemon=True).start()
    try:
        yield told
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _start(settings: Settings) -> subprocess.Popen[bytes]:
    """A worker with the server's settings. Secrets go by the environment, never as arguments."""
    environment = os.environ | {"SANDBOX_HOME": str(settings.home), "SANDBOX_SLOTS": str(settings.slots)}
    if settings.sources_folder is not None:
        environment["SANDBOX_SOURCES_FOLDER"] = str(settings.sources_folder)
    return subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment)


def _lay_off(worker: subprocess.Popen[bytes]) -> None:
    assert worker.stdin is not None
    worker.wait()
    worker.stdin.close()


def _read_to_the_end(told: Told) -> None:
    while os.read(0, 1):
        pass
    told.tell()
