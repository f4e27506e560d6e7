"""A jailed process: started, asked, killed."""

from __future__ import annotations

import os
import subprocess
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.errors import Unavailable
from sandbox.jail import cell, filters, frames
from sandbox.jail.cell import Mount
from sandbox.jail.frames import Deadline, InmateFailure, Pipe

if TYPE_CHECKING:
    import pyarrow as pa

PIPE_BYTES = 1 << 20
F_SETPIPE_SZ = 1031


class Tier(StrEnum):
    """How an inmate is isolated."""

    TIER_A = "tier_a"
    """Namespaces with an empty root (bubblewrap), two filters, resource limits."""
    TIER_B = "tier_b"
    """Landlock, two filters, resource limits. File sizes and process numbers stay visible."""
    OFF = "off"
    """Resource limits only. Development."""


@dataclass(frozen=True)
class Limits:
    """Hard limits of one inmate, set before it sees a request."""

    memory_bytes: int
    """Address space: more than the program's own budget, since libraries are mapped too."""
    file_bytes: int = 0
    """Largest file it may write."""
    open_files: int = 64
    cpu_seconds: int | None = None
    """Processor time of the whole life; None for inmates bounded by a deadline per request."""

    def named(self) -> dict[str, int]:
        """As names and values of the ``resource`` module."""
        named = {
            "RLIMIT_AS": self.memory_bytes,
            "RLIMIT_FSIZE": self.file_bytes,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_CORE": 0,
        }
        return named if self.cpu_seconds is None else named | {"RLIMIT_CPU": self.cpu_seconds}


@dataclass(frozen=True)
class Reply:
    """What an inmate answered: a checked header, and a table when it sent one."""

    header: Mapping[str, Any]
    table: pa.Table | None = None


class Inmate:
    """A running jailed process. Any failure but ``rejected`` and ``space`` leaves it dead.

    One thread at a time. The process dies when it is closed, collected, or when this process ends.
    """

    def __init__(
        self,
        tier: Tier,
        program: Path,
        *,
        modules: tuple[str, ...] = (),
        settings: Mapping[str, Any] | None = None,
        mounts: Sequence[Mount] = (),
        limits: Limits,
        stage: str = "query",
        seconds: float,
    ) -> None:
        """Start a program in a jail and wait until it is ready.

        Args:
            tier: which jail.
            program: a file with ``start`` and ``prepare``; see ``inside/boot.py``.
            modules: installed packages that the program imports.
            settings: JSON values for ``prepare``; cross in the pipe, never in arguments or environment.
            mounts: the files it may see.
            limits: hard limits.
            stage: second filter, ``query`` or ``build``.
            seconds: deadline for being ready.

        Raises:
            InmateFailure: ``died`` or ``deadline`` when it does not come up.
            Unavailable: ``isolation_unavailable`` when the machine lacks a part of the jail.
        """
        found = cell.interpreter(modules)
        orders = _orders(tier, found, program, mounts, limits, stage) | {"settings": dict(settings or {})}
        self._process = _spawner().submit(_start, tier, found, program, mounts).result()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._pipe = Pipe(os.dup(self._process.stdout.fileno()), os.dup(self._process.stdin.fileno()))
        self._process.stdout.close()
        self._process.stdin.close()
        self._end = weakref.finalize(self, _end, self._process, self._pipe, os.getpid())
        if self.ask(orders, seconds=seconds).header["status"] != "ready":
            self.kill()
            raise InmateFailure("died")

    @property
    def alive(self) -> bool:
        """Whether it can still be asked: not ended by us, and not by the machine meanwhile."""
        return self._end.alive and self._process.poll() is None

    def ask(self, header: Mapping[str, Any], *, seconds: float) -> Reply:
        """One request, one reply.

        Raises:
            InmateFailure: of the kind the inmate named, or ``deadline`` or ``died``.
        """
        return self._talk(header, seconds, lambda _: None)

    def feed(
        self,
        header: Mapping[str, Any],
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        *,
        seconds: float,
    ) -> Reply:
        """One request with a table streamed behind it.

        An error raised by ``batches`` breaks the request off on the inmate's side, too, and is raised again.
        """
        return self._talk(header, seconds, lambda deadline: self._stream(schema, batches, deadline))

    def kill(self) -> None:
        """End the process; idempotent."""
        self._end()

    def _talk(
        self, header: Mapping[str, Any], seconds: float, body: Callable[[Deadline], Exception | None]
    ) -> Reply:
        if not self.alive:
            raise InmateFailure("died")
        try:
            deadline = Deadline(seconds)
            self._pipe.send(header, deadline)
            error = body(deadline)
            if error is None:
                return self._reply(deadline)
            self._pipe.receive(deadline)
        except InmateFailure as failure:
            if failure.kind not in ("rejected", "space"):
                self.kill()
            raise
        except BaseException:
            self.kill()  # interrupted between frames: nobody knows what the pipe would say next
            raise
        raise error

    def _reply(self, deadline: Deadline) -> Reply:
        header = self._pipe.receive(deadline)
        match header["status"]:
            case "ready" | "done":
                return Reply(header)
            case "rows":
                return Reply(header, frames.table(self._pipe.body(deadline)))
            case "failed" if header.get("kind") in ("rejected", "space", "memory"):
                raise InmateFailure(header["kind"])
        raise InmateFailure("died")

    def _stream(
        self, schema: pa.Schema, batches: Iterable[pa.RecordBatch], deadline: Deadline
    ) -> Exception | None:
        """Send batches until they end or the inmate answers early.

        Returns:
            The error of ``batches`` itself, after the body was broken off; the inmate undoes its statement.
        """
        import pyarrow as pa

        writer = pa.ipc.new_stream(pa.PythonFile(_Body(self._pipe, deadline), mode="w"), schema)
        source = iter(batches)
        while not self._pipe.answered():
            try:
                batch = next(source, None)
            except Exception as error:
                self._pipe.finish(deadline, abandon=True)
                return error
            if batch is None:
                writer.close()
                break
            writer.write_batch(batch)
        self._pipe.finish(deadline)
        return None


class _Body:
    """A request's body as a file that Arrow can write."""

    closed = False

    def __init__(self, pipe: Pipe, deadline: Deadline) -> None:
        self._pipe = pipe
        self._deadline = deadline

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pipe.write(data, self._deadline)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """The pipe lives on."""


def _orders(
    tier: Tier,
    found: cell.Interpreter,
    program: Path,
    mounts: Sequence[Mount],
    limits: Limits,
    stage: str,
) -> dict[str, Any]:
    """The first frame: everything the boot code has to know."""
    namespaced, jailed = tier is Tier.TIER_A, tier is not Tier.OFF
    return {
        "parent": 0 if namespaced else os.getpid(),
        "limits": limits.named(),
        "landlock": tier is Tier.TIER_B,
        "readable": [*cell.readable(found, program), *(str(m.path) for m in mounts if not m.writable)],
        "writable": [str(mount.path) for mount in mounts if mount.writable],
        "stage1": filters.load("stage1").hex() if tier is Tier.TIER_B else "",
        "stage2": filters.load(stage).hex() if jailed else "",
        "path": cell.inside_roots(found) if namespaced else [str(root) for root in found.roots],
        "program": f"{cell.PROGRAM}/program.py" if namespaced else str(program),
        "mounts": {m.name: cell.inside_path(m) if namespaced else str(m.path) for m in mounts},
    }


def _start(
    tier: Tier, found: cell.Interpreter, program: Path, mounts: Sequence[Mount]
) -> subprocess.Popen[bytes]:
    if tier is not Tier.TIER_A:
        command = cell.command(found, str(cell.INSIDE / "boot.py"))
        return _popen(command, cell.environment(found), ())
    bubblewrap = cell.bubblewrap()
    if bubblewrap is None:
        raise Unavailable(
            "isolation_unavailable", "bubblewrap is not installed", hint="apt install bubblewrap"
        )
    stage1 = _sealed(filters.load("stage1"))
    arguments = _sealed(
        b"".join(word.encode() + b"\0" for word in cell.namespace_arguments(found, program, mounts, stage1))
    )
    try:
        command = [bubblewrap, "--args", str(arguments), *cell.command(found, f"{cell.PROGRAM}/boot.py")]
        return _popen(command, {}, (stage1, arguments))
    finally:
        os.close(stage1)
        os.close(arguments)


def _popen(
    command: list[str], environment: dict[str, str], handles: tuple[int, ...]
) -> subprocess.Popen[bytes]:
    """Start with two pipes, no standard error, nothing inherited."""
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            pipesize=PIPE_BYTES,
            env=environment,
            cwd="/",
            pass_fds=handles,
            start_new_session=True,
        )
    except OSError:
        raise InmateFailure("died") from None


def _sealed(data: bytes) -> int:
    """A descriptor to read these bytes from, which no file system knows."""
    handle = os.memfd_create("jail", os.MFD_CLOEXEC)
    os.write(handle, data)
    os.lseek(handle, 0, os.SEEK_SET)
    return handle


def _end(process: subprocess.Popen[bytes], pipe: Pipe, owner: int) -> None:
    """Kill and reap; nothing in a fork of the owner, whose inmate it is not."""
    if os.getpid() != owner:
        return
    process.kill()
    process.wait()
    pipe.close()


_spawners: dict[int, ThreadPoolExecutor] = {}


def _spawner() -> ThreadPoolExecutor:
    """The one thread of this process that starts inmates.

    "Die with the parent" means the thread that forked, so no inmate may be forked by a thread that ends
    before this process does.
    """
    return _spawners.setdefault(os.getpid(), ThreadPoolExecutor(1, thread_name_prefix="jail"))
