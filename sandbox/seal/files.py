"""Files that appear whole or not at all, for their owner alone."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from sandbox.errors import Unavailable

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOMEM}


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn a failing file system into ``Unavailable`` without its text, which holds paths."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise Unavailable(
                "no_scratch",
                "there is no room to write a file",
                hint="free space under SANDBOX_HOME and SANDBOX_MEMORY_FOLDER; `sandbox doctor` shows both",
            ) from None
        raise Unavailable(
            "storage_failed",
            "a file could not be read or written",
            hint="run `sandbox doctor` to see which folder is at fault",
        ) from None


def make_folder(path: Path) -> None:
    """Create a folder and its parents, readable by the owner alone."""
    if not path.is_dir():
        make_folder(path.parent)  # not by parents=True: that would leave the parents open to all
        path.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def appearing(target: Path, *, replace: bool = True) -> Iterator[BinaryIO]:
    """A file (0600) that takes its name only when the block ends well, and then durably.

    Raises:
        FileExistsError: the name is taken and ``replace`` is False.
        OSError: the file system failed; no partial file is left.
    """
    make_folder(target.parent)
    draft = target.parent / f".{target.name[:100]}.{secrets.token_hex(8)}"
    try:
        with _create(draft) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if replace:
            draft.replace(target)
        else:
            target.hardlink_to(draft)
        sync_folder(target.parent)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


@contextmanager
def exclusive(target: Path) -> Iterator[BinaryIO]:
    """A new file (0600) under its own name at once; removed when the block fails.

    Raises:
        FileExistsError: the name is taken; the file there is left alone.
    """
    stream = _create(target)
    try:
        with stream:
            yield stream
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def erase(path: Path) -> None:
    """Overwrite a small file and remove it, durably. What copies a disk or a backup keeps is beyond us."""
    with suppress(FileNotFoundError):
        with path.open("r+b", buffering=0) as stream:
            stream.write(os.urandom(os.fstat(stream.fileno()).st_size))
            os.fsync(stream.fileno())
        path.unlink()
        sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")
