"""The key behind pseudonyms: given by the environment, or the home folder's own."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from sandbox.errors import Unavailable

KEY_BYTES = 32
"""Least length of a pseudonym key."""


def pseudonym_key(variable: str, home: Path) -> bytes:
    """The key: the environment variable's bytes, else ``<home>/keys/pseudonym.key``, made once.

    Raises:
        Unavailable: ``pseudonym_key_short`` under 32 bytes.
    """
    given = os.environ.get(variable, "").encode()
    if given:
        if len(given) < KEY_BYTES:
            raise Unavailable(
                "pseudonym_key_short",
                f"{variable} holds fewer than {KEY_BYTES} bytes",
                hint="set it to 64 random hex digits, for example from `openssl rand -hex 32`",
            )
        return given
    path = home / "keys" / "pseudonym.key"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        return path.read_bytes()
