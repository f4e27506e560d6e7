"""Try to escape: the self-test's inmate. Answers which cheap escapes worked.

Every attempt is the shortest way to one thing a jail forbids; ``True`` means that it worked.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import socket
from collections.abc import Callable, Mapping
from typing import Any

libc = ctypes.CDLL(None, use_errno=True)


def _happens(attempt: Callable[[], object]) -> bool:
    """Whether an attempt came through; a system call that returns a negative number did not."""
    try:
        outcome = attempt()
    except (OSError, ValueError, MemoryError):
        return False
    return not (isinstance(outcome, int) and outcome < 0)


def _fork() -> int:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return child


def _reaches(call: Callable[..., int], *arguments: object) -> int:
    """0 when a call reaches the kernel, even if it is of no use there; -1 when it is refused at the door."""
    ctypes.set_errno(0)
    return -1 if call(*arguments) < 0 and ctypes.get_errno() == errno.EPERM else 0


def _lower_limit() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))


def attempts(host: int) -> dict[str, Callable[[], object]]:
    """Name of each promise, and how to break it."""
    return {
        "other files": lambda: os.open("/etc/passwd", os.O_RDONLY),
        "process table": lambda: os.listdir("/proc"),
        "writing": lambda: os.open("/tmp/jail-probe", os.O_WRONLY | os.O_CREAT, 0o600),  # noqa: S108
        "network": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "local sockets": lambda: socket.socket(socket.AF_UNIX),
        "new processes": _fork,
        "new programs": lambda: _reaches(libc.execve, b"/nowhere", None, None),
        "signals": lambda: os.kill(host or 1, 0),
        "tracing": lambda: _reaches(libc.ptrace, 3, 1, 0, 0),  # a look at a process it does not trace
        "shared memory": lambda: os.memfd_create("probe"),
        "new namespaces": lambda: libc.unshare(0x10000000),
        "limits": _lower_limit,
    }


def start() -> None:
    """Nothing to start."""


def prepare(started: None, settings: Mapping[str, Any], mounts: Mapping[str, str]) -> Callable[[Any], None]:
    """Serve one request: try everything."""
    del started, mounts

    def serve(channel: Any) -> None:
        channel.receive()
        worked = {name: _happens(attempt) for name, attempt in attempts(settings["host"]).items()}
        channel.send({"status": "done", "worked": worked})

    return serve
