"""A sealed stream: chunks of authenticated encryption that can be neither changed, moved nor cut.

Layout: a header of 48 bytes, then chunks of ``CHUNK`` plain bytes (the last one shorter, possibly empty),
each followed by its tag.

    header = "DSXSEAL1" | suite, 1 byte | 0, 3 bytes | chunk size, 4 bytes | salt, 32 bytes
    key | prefix = HKDF-SHA256(file key, salt, "data-sandbox sealed stream" | suite)
    nonce of chunk i = prefix, 7 bytes | i, 4 bytes | 1 if last else 0, 1 byte

That is the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015, "Online Authenticated-Encryption
and its Nonce-Reuse Misuse-Resistance"): the counter fixes the order, the flag finds a cut at a chunk's
border. The salt gives every stream a key of its own, so one file key may seal its name again. Header and name
are authenticated with every chunk, so a stream cannot pass for one of another name.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sandbox.errors import IntegrityBroken
from sandbox.seal.suites import BY_NUMBER, TAG, Aead, Bytes, Suite

CHUNK = 4 << 20
"""Plain bytes in a chunk."""
_LARGEST_CHUNK = 64 << 20
_HEADER = struct.Struct(">8sB3xI32s")
_MAGIC = b"DSXSEAL1"
_PREFIX = 7
_MOST_CHUNKS = 1 << 32


def broken() -> IntegrityBroken:
    """The one answer to a sealed file that is not what was sealed, whatever is wrong with it."""
    return IntegrityBroken(
        "sealed_file_broken",
        "a sealed file is not what was sealed",
        hint="restore it from a backup, or load the data again",
    )


def seal_stream(
    source: BinaryIO,
    write: Callable[[bytes], object],
    file_key: bytes,
    name: str,
    suite: Suite,
    chunk: int = CHUNK,
) -> None:
    """Read ``source`` to its end and hand the sealed bytes to ``write``.

    Raises:
        OSError: from ``source`` or ``write``.
    """
    salt = os.urandom(32)
    header = _HEADER.pack(_MAGIC, suite.number, chunk, salt)
    cipher, prefix = _cipher(file_key, salt, suite)
    associated = _associated(header, name)
    write(header)
    for number, data, last in _numbered(source, chunk):
        write(cipher.encrypt(_nonce(prefix, number, last), data, associated))


def unseal_stream(source: BinaryIO, write: Callable[[bytes], object], file_key: bytes, name: str) -> None:
    """Read a sealed ``source`` to its end and hand each chunk to ``write`` once it is proven genuine.

    What was written is whole only when this returns: until then the end may be missing.

    Raises:
        IntegrityBroken: ``sealed_file_broken``.
        OSError: from ``source`` or ``write``.
    """
    header = source.read(_HEADER.size)
    if len(header) != _HEADER.size:
        raise broken()
    magic, number, chunk, salt = _HEADER.unpack(header)
    suite = BY_NUMBER.get(number)
    if magic != _MAGIC or header[9:12] != bytes(3) or suite is None or not 0 < chunk <= _LARGEST_CHUNK:
        raise broken()
    cipher, prefix = _cipher(file_key, salt, suite)
    associated = _associated(header, name)
    for place, data, last in _numbered(source, chunk + TAG):
        try:
            plain = cipher.decrypt(_nonce(prefix, place, last), data, associated)
        except (InvalidTag, ValueError):
            raise broken() from None
        write(plain)


def _cipher(file_key: bytes, salt: bytes, suite: Suite) -> tuple[Aead, bytes]:
    info = b"data-sandbox sealed stream" + bytes([suite.number])
    derived = HKDF(SHA256(), suite.key_bytes + _PREFIX, salt, info).derive(file_key)
    return suite.cipher(derived[: suite.key_bytes]), derived[suite.key_bytes :]


def _associated(header: bytes, name: str) -> bytes:
    return header + hashlib.sha256(name.encode()).digest()


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])


def _numbered(source: BinaryIO, size: int) -> Iterator[tuple[int, Bytes, bool]]:
    """Pieces of ``size`` bytes with their place and whether they are the last; one empty piece of nothing."""
    piece = _read(source, size)
    for number in range(_MOST_CHUNKS):
        following = _read(source, size) if len(piece) == size else b""
        yield number, piece, not following
        if not following:
            return
        piece = following
    raise broken()


def _read(source: BinaryIO, size: int) -> bytes:
    """Exactly ``size`` bytes unless the source ends: an unbuffered file may return less."""
    piece = source.read(size)
    while 0 < len(piece) < size:
        more = source.read(size - len(piece))
        if not more:
            break
        piece += more
    return piece
