"""One file: a tar stream inside a sealed stream. Packed and unpacked piece by piece, in bounded memory."""

from __future__ import annotations

import os
import shutil
import tarfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sandbox.backup.contents import belongs
from sandbox.errors import IntegrityBroken, SandboxError
from sandbox.seal import Keyring
from sandbox.seal.files import exclusive, make_folder

LONGEST = 1 << 40
"""Bytes of the largest file that is unpacked."""


def pack(folder: Path, names: Sequence[str], keyring: Keyring, target: BinaryIO) -> None:
    """Write an archive of some files of a folder, in this order.

    Raises:
        OSError: the file system failed.
    """

    def entries(pipe: BinaryIO) -> None:
        with tarfile.open(fileobj=pipe, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            for name in names:
                info = tarfile.TarInfo(name)  # no owner, no times: they are nobody's business
                info.size, info.mode = (folder / name).stat().st_size, 0o600
                with (folder / name).open("rb") as stream:
                    tar.addfile(info, stream)

    with _piped(entries) as source:
        keyring.seal_backup(source, target.write)


def unpack(source: BinaryIO, keyring: Keyring, folder: Path) -> list[str]:
    """Unpack an archive into an empty folder; returns the names.

    Only regular files of known names are made, each new, for their owner alone. The archive is proven whole
    only when this returns: the caller throws the folder away on failure.

    Raises:
        IntegrityBroken: ``backup_broken``: changed, cut, another installation's, or with a foreign entry.
        OSError: the file system failed.
    """
    names: list[str] = []
    try:
        with _piped(lambda pipe: keyring.unseal_backup(source, pipe.write)) as stream:
            with tarfile.open(fileobj=stream, mode="r|") as tar:
                for entry in tar:
                    _check(entry, names)
                    names.append(entry.name)
                    _write(tar, entry, folder / entry.name)
            while stream.read(1 << 20):  # to the end, which proves that nothing was cut
                continue
    except (tarfile.TarError, EOFError, UnicodeError, SandboxError):
        raise broken() from None
    return names


def broken() -> IntegrityBroken:
    """The one answer to an archive that is not what was made here."""
    return IntegrityBroken(
        "backup_broken", "the backup is not what was made with these keys: changed, cut, or of another key",
        hint="take another copy of it, or the keys that belong to it; nothing was restored",
    )  # fmt: skip


def _check(entry: tarfile.TarInfo, names: Sequence[str]) -> None:
    """Only whoever holds the master key can make an entry; still nothing may leave the folder."""
    if not entry.isreg() or not belongs(entry.name) or entry.name in names or entry.size > LONGEST:
        raise broken()


def _write(tar: tarfile.TarFile, entry: tarfile.TarInfo, path: Path) -> None:
    make_folder(path.parent)
    content = tar.extractfile(entry)
    assert content is not None
    with exclusive(path) as stream:
        shutil.copyfileobj(content, stream, 1 << 20)
        stream.flush()
        os.fsync(stream.fileno())


@contextmanager
def _piped(producer: Callable[[BinaryIO], object]) -> Iterator[BinaryIO]:
    """What ``producer`` writes, as a stream to read. Its failure is raised when the block has ended.

    A block that failed because its stream ended early is thus told by the producer's own error.
    """
    reading, writing = os.pipe()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with open(writing, "wb") as sink:
                producer(sink)
        except BaseException as error:  # crosses to the reader's thread
            failures.append(error)

    worker = threading.Thread(target=work, name="sandbox-backup")
    worker.start()
    try:
        with open(reading, "rb") as stream:
            yield stream
    except (tarfile.TarError, EOFError):
        worker.join()
        if failures:
            raise failures[0] from None
        raise
    finally:
        worker.join()
    if failures:
        raise failures[0]
