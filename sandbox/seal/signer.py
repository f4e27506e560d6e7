"""Who signs the checkpoints of the disclosure log."""

from __future__ import annotations

from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class Signer(Protocol):
    """A signing key that never leaves its holder: software here, a hardware module elsewhere."""

    algorithm: str
    """``ed25519``."""

    @property
    def public_key(self) -> bytes:
        """The raw public key; 32 bytes for Ed25519."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature over ``message``; 64 bytes for Ed25519."""
        ...


class Ed25519Signer:
    """Ed25519 (RFC 8032) with the key in memory.

    >>> signer = Ed25519Signer(bytes(32))
    >>> len(signer.sign(b"a checkpoint")), len(signer.public_key)
    (64, 32)
    """

    algorithm = "ed25519"

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._key.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return f"Ed25519Signer(public_key={self._public.hex()})"

    @property
    def public_key(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """The signature over ``message``, 64 bytes."""
        return self._key.sign(message)
