"""The first code in a jail: takes its orders from the pipe, locks the door behind itself, then serves.

Order: settle the pipes, die with the parent, resource limits, import the program and let it ``start()``,
Landlock (tier B), first filter (tier B; in tier A bubblewrap loaded it), let it ``prepare``, second filter on
every thread, serve. A program is a module with ``start()``, which reads what it wants of the machine but no
file of ours and leaves one thread, and ``prepare(started, settings, mounts)``, which returns a function of
one ``Channel``. Frame: ``DSJ1``, header length (u32), JSON header. A body follows as chunks, each a u32
length and its bytes; length 0 ends the body, ``ABANDON`` breaks it off.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import struct
import sys
from collections.abc import Callable, Mapping
from typing import Any

MAGIC = b"DSJ1"
HEAD = struct.Struct("<4sI")
CHUNK = struct.Struct("<I")
ABANDON = 0xFFFFFFFF
CHUNK_BYTES = 1 << 20
SECCOMP = {"x86_64": 317, "aarch64": 277}
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446


class Abandoned(Exception):
    """The host broke off the body it was sending."""


class Channel:
    """The two pipes to the host, seen from inside."""

    def __init__(self, source: int, sink: int) -> None:
        self._source = source
        self._sink = sink

    def receive(self) -> dict[str, Any]:
        """The next header; EOFError when the host is gone."""
        magic, length = HEAD.unpack(self.exactly(HEAD.size))
        if magic != MAGIC:
            raise EOFError
        header: dict[str, Any] = json.loads(self.exactly(length))
        return header

    def send(self, header: Mapping[str, Any]) -> None:
        """Send a header; its body, if any, is written by ``write`` and ended by ``finish``."""
        text = json.dumps(header).encode()
        self._push(HEAD.pack(MAGIC, len(text)) + text)

    def body(self) -> Body:
        """The body behind the header just received, as a file."""
        return Body(self)

    def write(self, data: Any) -> int:
        """Send bytes of a body."""
        view = memoryview(data).cast("B")
        for start in range(0, len(view), CHUNK_BYTES):
            part = view[start : start + CHUNK_BYTES]
            self._push(CHUNK.pack(len(part)))
            self._push(part)
        return len(view)

    def finish(self) -> None:
        """End a body."""
        self._push(CHUNK.pack(0))

    def exactly(self, length: int) -> bytes:
        """So many bytes from the host."""
        data = bytearray(length)
        self.fill(memoryview(data))
        return bytes(data)

    def fill(self, view: memoryview) -> None:
        """Fill a buffer from the host."""
        while len(view):
            count = os.readv(self._source, [view])
            if count == 0:
                raise EOFError
            view = view[count:]

    def _push(self, data: Any) -> None:
        view = memoryview(data)
        while len(view):
            view = view[os.write(self._sink, view) :]


class Body:
    """A body that the host sends, as a file Arrow can read."""

    closed = False

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._left = 0
        self._ended = False
        self.abandoned = False
        """True once the host broke the body off."""

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """So many bytes, fewer only at the end; Abandoned when the host broke off."""
        if size < 0:
            size = self._left or CHUNK_BYTES
        data = bytearray(size)
        view = memoryview(data)
        while len(view) and self._more():
            part = view[: min(len(view), self._left)]
            self._channel.fill(part)
            self._left -= len(part)
            view = view[len(part) :]
        return bytes(data[: size - len(view)]) if len(view) else bytes(data)

    def drain(self) -> None:
        """Read and forget the rest."""
        try:
            while self._more():
                self._channel.exactly(self._left)
                self._left = 0
        except Abandoned:
            return

    def close(self) -> None:
        """Nothing to close: the pipe lives on."""

    def _more(self) -> bool:
        if self._left == 0 and not self._ended:
            (length,) = CHUNK.unpack(self._channel.exactly(CHUNK.size))
            self._ended = length in (0, ABANDON)
            self.abandoned = length == ABANDON
            if self.abandoned:
                raise Abandoned
            self._left = length
        return self._left > 0


libc = ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *arguments: Any) -> int:
    """A raw system call; OSError when it fails."""
    answer = int(libc.syscall(ctypes.c_long(number), *arguments))
    if answer < 0:
        raise OSError(ctypes.get_errno(), "system call refused")
    return answer


def limit(limits: Mapping[str, int]) -> None:
    """Set hard resource limits by their names in ``resource``."""
    for name, value in limits.items():
        kind = getattr(resource, name)
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def landlock_version() -> int:
    """Version of Landlock in this kernel; OSError without one."""
    return syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(1))


def landlock(readable: list[str], writable: list[str], listable: list[str]) -> None:
    """Confine this process to these files and folders, and away from TCP, signals and abstract sockets.

    Older kernels know fewer rights: what the kernel's version cannot express stays with the filters.
    """
    version = landlock_version()
    rights = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)
    every = (1 << rights) - 1
    size = 8 if version < 4 else 16 if version < 6 else 24
    attributes = ctypes.create_string_buffer(struct.pack("=QQQ", every, 3, 3), 24)
    ruleset = syscall(LANDLOCK_CREATE, attributes, ctypes.c_size_t(size), ctypes.c_uint(0))
    read_file, read_folder = 1 << 2, 1 << 2 | 1 << 3
    write_file, write_folder = (
        read_file | 1 << 1 | 1 << 14,
        every & ~(1 << 0 | 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11),
    )
    grants = ((readable, read_file, read_folder), (writable, write_file, write_folder), (listable, 0, 1 << 3))
    for paths, file_rights, folder_rights in grants:
        for path in paths:
            handle = os.open(path, os.O_PATH)
            granted = (folder_rights if os.path.isdir(path) else file_rights) & every
            rule = ctypes.create_string_buffer(struct.pack("=Qi", granted, handle), 12)
            syscall(LANDLOCK_ADD, ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint(0))
            os.close(handle)
    syscall(LANDLOCK_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint(0))
    os.close(ruleset)


class Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def confine(filter_bytes: bytes) -> None:
    """Add a system-call filter on every thread of this process."""
    buffer = ctypes.create_string_buffer(filter_bytes, len(filter_bytes))
    program = Program(len(filter_bytes) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    # 1: filter mode; 1: all threads or none
    if syscall(SECCOMP[os.uname().machine], ctypes.c_uint(1), ctypes.c_uint(1), ctypes.byref(program)) != 0:
        raise OSError("a thread stayed outside the filter")


def settle() -> Channel:
    """Move the pipes off standard input and output, so that no library's print breaks a frame."""
    source, sink = os.dup(0), os.dup(1)
    os.dup2(2, 0)
    os.dup2(2, 1)
    return Channel(source, sink)


def load(path: str) -> Any:
    """The program file as a module."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("program", path)
    if spec is None or spec.loader is None:
        raise ImportError
    module = module_from_spec(spec)
    sys.modules["program"] = module
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Boot, lock, serve."""
    channel = settle()
    orders = channel.receive()
    if orders["parent"]:
        libc.prctl(1, 9, 0, 0, 0)  # SIGKILL when the thread that started us is gone
        if os.getppid() != orders["parent"]:
            return
    limit(orders["limits"])
    if libc.prctl(38, 1, 0, 0, 0) != 0:
        raise OSError("privileges could still grow")
    sys.path[:0] = orders["path"]
    program = load(orders["program"])
    started = program.start()
    if orders["landlock"]:
        if len(os.listdir("/proc/self/task")) != 1:
            raise OSError("a thread would stay outside Landlock")
        landlock(orders["readable"], orders["writable"], orders["path"])
    if orders["stage1"]:
        confine(bytes.fromhex(orders["stage1"]))
    serve: Callable[[Channel], None] = program.prepare(started, orders["settings"], orders["mounts"])
    if orders["stage2"]:
        confine(bytes.fromhex(orders["stage2"]))
    channel.send({"status": "ready"})
    serve(channel)


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        os._exit(1)  # no text: it could hold data
    os._exit(0)
