"""Checkpoints and proofs of the log as text that anyone can verify offline.

Formats: signed note (C2SP signed-note), checkpoint (C2SP tlog-checkpoint) and tlog-proof@v1 (C2SP
tlog-proof), with Ed25519 signatures (type 0x01). Needs no database, only the log's public key.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sandbox.ledger.merkle import HASH, check_inclusion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.seal import Signer

_ED25519 = b"\x01"
_HEADING = "c2sp.org/tlog-proof@v1"
_LONGEST_PATH = 63


@dataclass(frozen=True)
class Checkpoint:
    """A tree head that the log has signed."""

    origin: str
    """The log's name, also the name of its key."""
    size: int
    """Leaves in the tree."""
    root: bytes
    """Root of the tree, 32 bytes."""


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> str:
    """The signed note of a tree head.

    Its body is three lines: origin, size, root in base64. The signature line holds the key's name and, in
    base64, four bytes of key id followed by the signature over the body.
    """
    if signer.algorithm != "ed25519":
        raise ValueError("checkpoints are signed with Ed25519")
    body = f"{checkpoint.origin}\n{checkpoint.size}\n{_encode(checkpoint.root)}\n"
    signature = _key_id(checkpoint.origin, signer.public_key) + signer.sign(body.encode())
    return f"{body}\n— {checkpoint.origin} {_encode(signature)}\n"


def open_checkpoint(note: str, public_key: bytes, *, origin: str | None = None) -> Checkpoint | None:
    """The tree head of a signed note, or None unless this key signed it (for ``origin``, when given)."""
    body, separator, signatures = note.partition("\n\n")
    lines = body.split("\n")
    if not separator or len(lines) != 3 or not signatures.endswith("\n"):
        return None
    name, size, root = lines[0], _size(lines[1]), _decode(lines[2])
    if not name or size is None or root is None or len(root) != HASH or origin not in (None, name):
        return None
    signed = f"{body}\n".encode()
    if not any(_signed_by(line, name, signed, public_key) for line in signatures[:-1].split("\n")):
        return None
    return Checkpoint(name, size, root)


def format_proof(index: int, path: Sequence[bytes], note: str) -> str:
    """A tlog-proof file: the leaf's index, its audit path and the checkpoint that it leads to."""
    return "\n".join([_HEADING, f"index {index}", *map(_encode, path), "", note])


def verify_proof(proof: str, record: bytes, public_key: bytes, *, origin: str | None = None) -> bool:
    """Whether a proof shows that ``record`` is in the log of this public key. Never raises for bad input.

    Args:
        proof: text of a ``.tlog-proof`` file.
        record: the record's canonical JSON, byte for byte.
        public_key: the log's raw Ed25519 public key, 32 bytes.
        origin: the log's name, where the verifier knows it.
    """
    head, separator, note = proof.partition("\n\n")
    lines = head.split("\n")
    if not separator or lines[0] != _HEADING:
        return False
    rest = lines[2:] if len(lines) > 1 and lines[1].startswith("extra ") else lines[1:]
    if not rest or not rest[0].startswith("index ") or len(rest) - 1 > _LONGEST_PATH:
        return False
    index, path = _size(rest[0].removeprefix("index ")), [_decode(line) for line in rest[1:]]
    checkpoint = open_checkpoint(note, public_key, origin=origin)
    if index is None or checkpoint is None:
        return False
    hashes = [item for item in path if item is not None and len(item) == HASH]
    return len(hashes) == len(path) and check_inclusion(
        record, index, checkpoint.size, hashes, checkpoint.root
    )


def _signed_by(line: str, name: str, signed: bytes, public_key: bytes) -> bool:
    mark, _, rest = line.partition(" ")
    signer, _, encoded = rest.rpartition(" ")
    signature = _decode(encoded)
    if mark != "—" or signer != name or signature is None or signature[:4] != _key_id(name, public_key):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature[4:], signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _key_id(name: str, public_key: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:4]


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: str) -> bytes | None:
    """Base64 in its one canonical spelling: otherwise one proof would have many texts."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return data if _encode(data) == text else None


def _size(text: str) -> int | None:
    """A decimal number without sign or leading zeros."""
    canonical = text.isascii() and text.isdigit() and (text == "0" or text[0] != "0") and len(text) <= 19
    return int(text) if canonical else None
