"""A copy of the master key that a passphrase locks, for a safe elsewhere.

    "DSXKEYS1" | salt, 16 bytes | nonce, 12 bytes | AES-256-GCM(scrypt(passphrase, salt), master key)

scrypt (RFC 7914) with N = 2¹⁷, r = 8, p = 1: 128 MiB and a good tenth of a second for each guess. The eight
bytes and the salt are authenticated with the key.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from sandbox.errors import IntegrityBroken, Refused
from sandbox.seal.suites import NONCE, TAG

KEY_BYTES = 32
"""Length of a master key."""
SHORTEST = 12
"""Least characters of a passphrase."""
_MAGIC = b"DSXKEYS1"
_SALT = 16
_LENGTH = len(_MAGIC) + _SALT + NONCE + KEY_BYTES + TAG


def lock(master: bytes, passphrase: str) -> bytes:
    """Lock a master key.

    Raises:
        Refused: ``passphrase_short``.
    """
    if len(passphrase) < SHORTEST:
        raise Refused(
            "passphrase_short", f"a passphrase has at least {SHORTEST} characters",
            hint="take six words drawn by dice; whoever guesses it can read the data",
        )  # fmt: skip
    head, nonce = _MAGIC + os.urandom(_SALT), os.urandom(NONCE)
    return head + nonce + _cipher(head, passphrase).encrypt(nonce, master, head)


def unlock(locked: bytes, passphrase: str) -> bytes:
    """The master key of a locked copy.

    Raises:
        IntegrityBroken: ``keys_unreadable``: another passphrase, or not what ``lock`` made.
    """
    if len(locked) != _LENGTH or not locked.startswith(_MAGIC):
        raise _unreadable()
    cut = len(_MAGIC) + _SALT
    head, nonce, sealed = locked[:cut], locked[cut : cut + NONCE], locked[cut + NONCE :]
    try:
        return _cipher(head, passphrase).decrypt(nonce, sealed, head)
    except InvalidTag:
        raise _unreadable() from None


def _cipher(head: bytes, passphrase: str) -> AESGCM:
    salt = head[len(_MAGIC) :]
    return AESGCM(Scrypt(salt=salt, length=32, n=1 << 17, r=8, p=1).derive(passphrase.encode()))


def _unreadable() -> IntegrityBroken:
    return IntegrityBroken(
        "keys_unreadable", "the copy of the keys cannot be opened: another passphrase, or another file",
        hint="check the passphrase and that the file is one that `sandbox backup keys` made",
    )  # fmt: skip
