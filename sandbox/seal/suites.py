"""Crypto suites: which authenticated cipher seals a file.

A suite has a name for people, a number that stands in every sealed file, and one function that makes the
cipher from a key. ``aes-256-gcm`` (NIST SP 800-38D) is the default, ``sm4-gcm`` (GB/T 32907, RFC 8998) serves
where the national suite is asked for. Both have a 12-byte nonce and a 16-byte tag.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12
"""Bytes of a nonce."""
TAG = 16
"""Bytes of an authentication tag; sealed text is this much longer than the plain text."""

Bytes = bytes | bytearray | memoryview


class Aead(Protocol):
    """Authenticated encryption of one message."""

    def encrypt(self, nonce: bytes, data: Bytes, associated: bytes) -> bytes:
        """The sealed text, ``TAG`` bytes longer than ``data``."""
        ...

    def decrypt(self, nonce: bytes, data: Bytes, associated: bytes) -> bytes:
        """The plain text; raises ``InvalidTag`` for anything that was not sealed just so."""
        ...


class _AesGcm:
    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def encrypt(self, nonce: bytes, data: Bytes, associated: bytes) -> bytes:
        return self._cipher.encrypt(nonce, data, associated)

    def decrypt(self, nonce: bytes, data: Bytes, associated: bytes) -> bytes:
        return self._cipher.decrypt(nonce, data, associated)


class _Sm4Gcm:
    def __init__(self, key: bytes) -> None:
        self._key = key

    def encrypt(self, nonce: bytes, data: Bytes, associated: bytes) -> bytes:
        encryptor = Cipher(algorithms.SM4(self._key), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated)
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: Bytes, associated: bytes) -> bytes:
        if len(data) < TAG:
            raise InvalidTag
        tag = bytes(data[-TAG:])
        decryptor = Cipher(algorithms.SM4(self._key), modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(associated)
        return decryptor.update(data[:-TAG]) + decryptor.finalize()


@dataclass(frozen=True)
class Suite:
    """One way to seal."""

    name: str
    number: int
    """What a sealed file says, 1..255; never given to another suite."""
    key_bytes: int
    cipher: Callable[[bytes], Aead]
    """From a key of ``key_bytes`` bytes to the cipher."""


SUITES: dict[str, Suite] = {
    suite.name: suite for suite in (Suite("aes-256-gcm", 1, 32, _AesGcm), Suite("sm4-gcm", 2, 16, _Sm4Gcm))
}
"""Every suite by its name."""

BY_NUMBER: dict[int, Suite] = {suite.number: suite for suite in SUITES.values()}
"""Every suite by the number in a sealed file."""
