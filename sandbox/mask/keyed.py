"""Keyed hashing in SQL: HMAC-SHA256 (RFC 2104) with the key bound as two prepared parameters.

The engine has no HMAC, so the two pads are made here and the SQL text only names ``$1`` and ``$2``:
``sha256($2 ‖ unhex(sha256($1 ‖ message)))``.
"""

from __future__ import annotations

import hashlib

from sandbox.errors import Unavailable
from sandbox.mask.text import literal

BLOCK = 64
"""Block size of SHA-256 in bytes."""
SHORTEST_KEY = 16
"""Shortest pseudonym key accepted, bytes."""


def pads(key: bytes) -> tuple[bytes, bytes]:
    """Inner and outer pad of an HMAC-SHA256 key, 64 bytes each."""
    block = (hashlib.sha256(key).digest() if len(key) > BLOCK else key).ljust(BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


def parameters(key: bytes) -> tuple[bytes, ...]:
    """Values to bind to ``$1`` and ``$2`` of a masking statement that is ``keyed``.

    Raises:
        Unavailable: ``key_too_short``, under 16 bytes.
    """
    if len(key) < SHORTEST_KEY:
        raise Unavailable(
            "key_too_short",
            f"the pseudonym key has fewer than {SHORTEST_KEY} bytes",
            hint="make one with `openssl rand -hex 32` and put it where the policy's key.env says",
        )
    return pads(key)


def scope(*parts: str) -> str:
    """Prefix that separates the uses of one key; ``|`` and ``%`` inside a part are escaped.

    >>> scope("unit", "person")
    'unit|person|'
    >>> scope("a|b")
    'a%7Cb|'
    """
    return "".join(part.replace("%", "%25").replace("|", "%7C") + "|" for part in parts)


def digest(prefix: str, text: str) -> str:
    """HMAC-SHA256 of ``prefix ‖ text`` as 64 hexadecimal characters; NULL for NULL."""
    return f"sha256($2 || unhex(sha256($1 || encode({literal(prefix)} || {text}))))"
