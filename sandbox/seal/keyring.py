"""The keys of one installation: a master key, a key for each sealed file, the log's signing key.

    home/keys/master.key            32 random bytes; losing it loses the data
    home/keys/log.key               the log's Ed25519 seed, wrapped by the master key
    home/keys/master.check          made last: tells another master key from a broken file
    home/keys/files/<name>.key      one file key each, wrapped by the master key

A wrapped key is ``check (16) | nonce (12) | AES-256-GCM(wrapping key, key, name)``. Wrapping key and check
are derived from the master key by HKDF-SHA256 (RFC 5869) under labels of their own.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import os
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sandbox.errors import IntegrityBroken, Unavailable
from sandbox.seal import escrow
from sandbox.seal.files import appearing, erase, exclusive, make_folder, storage_errors
from sandbox.seal.signer import Ed25519Signer, Signer
from sandbox.seal.stream import broken, seal_stream, unseal_stream
from sandbox.seal.suites import NONCE, SUITES, TAG

_KEY = 32
_CHECK = 16
_WRAPPED = _CHECK + NONCE + _KEY + TAG
_ARCHIVE = "backup"
_NAME = re.compile(r"(?!.*\.key(/|$))[\w-][\w.-]*(/[\w-][\w.-]*)*")
_LONGEST_NAME = 150  # code points: below 255 bytes of UTF-8 for a segment, with room for the draft's suffix


class Keyring:
    """Seals and unseals files by name, and holds the log's signer. Key material never leaves it."""

    signer: Signer
    """Signs the checkpoints of the log."""

    def __init__(self, folder: Path, master: bytes, *, suite: str = "aes-256-gcm") -> None:
        self._folder = folder
        self._suite = SUITES[suite]
        self._check = _derive(master, b"check", _CHECK)
        self._wrapping = AESGCM(_derive(master, b"wrap", _KEY))
        self._backup = _derive(master, b"backup", _KEY)

    def __repr__(self) -> str:
        return f"Keyring(suite={self._suite.name})"

    @classmethod
    def open(cls, home: Path, *, create: bool = True, suite: str = "aes-256-gcm") -> Keyring:
        """Open the keys under ``home``, or make them on first use.

        Args:
            home: the installation's folder.
            create: make new keys where none have ever been.
            suite: a name in ``SUITES``, for what is sealed from now on; unsealing follows the file.

        Raises:
            Unavailable: ``key_missing`` (none, or a part of them is gone), ``storage_failed``.
            IntegrityBroken: ``key_wrong``, the master key is not the one these keys were wrapped by.
        """
        folder = home / "keys"
        with storage_errors():
            complete = (folder / "master.check").exists()
            if not complete:
                if not create or _has_orphans(folder):
                    raise _missing()
                make_folder(folder)
                folder.chmod(0o700)
                _create_once(folder / "master.key", os.urandom(_KEY))
            master = _read(folder / "master.key")
            if len(master) != _KEY:
                raise _wrong()
            keyring = cls(folder, master, suite=suite)
            if not complete:
                _create_once(folder / "log.key", keyring._wrap(os.urandom(_KEY), "log"))
                _create_once(folder / "master.check", keyring._check)
            if not hmac.compare_digest(_read(folder / "master.check"), keyring._check):
                raise _wrong()
            keyring.signer = Ed25519Signer(keyring._unwrap(_read(folder / "log.key"), "log"))
        return keyring

    def seal(self, source: Path, target: Path, name: str) -> str:
        """Seal a file: ``target`` appears whole and durable, or not at all.

        Args:
            source: the plain file.
            target: where the sealed file goes; an older one there is replaced.
            name: what the file is, such as ``snapshot/outpatient/7``. A name sealed again keeps its key.

        Returns:
            SHA-256 of the sealed file, in hexadecimal.

        Raises:
            Unavailable: ``storage_failed``, ``no_scratch``.
        """
        with storage_errors(), source.open("rb", buffering=0) as stream:
            return self._seal(stream, target, name)

    def unseal(self, source: Path, target: Path, name: str) -> None:
        """Unseal into a new file (0600); on any failure ``target`` is gone again.

        Raises:
            IntegrityBroken: ``sealed_file_broken`` (changed, cut, moved, another name), ``key_wrong``.
            Unavailable: ``key_missing`` (destroyed), ``storage_failed`` (or target exists), ``no_scratch``.
        """
        with storage_errors():
            key = self._file_key(name)
            with source.open("rb", buffering=0) as stream, exclusive(target) as plain:
                unseal_stream(stream, plain.write, key, name)

    def seal_bytes(self, data: bytes, target: Path, name: str) -> str:
        """``seal`` for data in memory."""
        with storage_errors():
            return self._seal(io.BytesIO(data), target, name)

    def unseal_bytes(self, source: Path, name: str) -> bytes:
        """``unseal`` into memory."""
        plain = bytearray()
        with storage_errors():
            key = self._file_key(name)
            with source.open("rb", buffering=0) as stream:
                unseal_stream(stream, plain.extend, key, name)
        return bytes(plain)

    def destroy(self, name: str) -> None:
        """Destroy the key of a name: what was sealed under it is unreadable for ever. Idempotent."""
        with storage_errors():
            erase(self._key_path(name))

    def seal_backup(self, source: BinaryIO, write: Callable[[bytes], object]) -> None:
        """Seal a stream under the backup key, which the master key alone gives back."""
        seal_stream(source, write, self._backup, _ARCHIVE, self._suite)

    def unseal_backup(self, source: BinaryIO, write: Callable[[bytes], object]) -> None:
        """Unseal what ``seal_backup`` made; whole only when this returns. Raises as ``unseal``."""
        unseal_stream(source, write, self._backup, _ARCHIVE)

    def locked_master(self, passphrase: str) -> bytes:
        """The master key, locked by a passphrase. Raises as ``escrow.lock``."""
        with storage_errors():
            return escrow.lock(_read(self._folder / "master.key"), passphrase)

    def _seal(self, source: BinaryIO, target: Path, name: str) -> str:
        key = self._file_key(name, create=True)
        digest = hashlib.sha256()
        with appearing(target) as sealed:

            def write(piece: bytes) -> None:
                sealed.write(piece)
                digest.update(piece)

            seal_stream(source, write, key, name, self._suite)
        return digest.hexdigest()

    def _file_key(self, name: str, *, create: bool = False) -> bytes:
        path = self._key_path(name)
        if create and not path.exists():
            _create_once(path, self._wrap(os.urandom(_KEY), f"file/{name}"))
        return self._unwrap(_read(path), f"file/{name}")

    def _key_path(self, name: str) -> Path:
        return self._folder / "files" / f"{_checked(name)}.key"

    def _wrap(self, key: bytes, label: str) -> bytes:
        nonce = os.urandom(NONCE)
        return self._check + nonce + self._wrapping.encrypt(nonce, key, label.encode())

    def _unwrap(self, wrapped: bytes, label: str) -> bytes:
        if len(wrapped) != _WRAPPED:
            raise broken()
        if not hmac.compare_digest(wrapped[:_CHECK], self._check):
            raise _wrong()
        nonce, sealed = wrapped[_CHECK : _CHECK + NONCE], wrapped[_CHECK + NONCE :]
        try:
            return self._wrapping.decrypt(nonce, sealed, label.encode())
        except InvalidTag:
            raise broken() from None


def _derive(master: bytes, label: bytes, size: int) -> bytes:
    return HKDF(SHA256(), size, None, b"data-sandbox keyring " + label).derive(master)


def _checked(name: str) -> str:
    """A name that is a relative path below our own folder and nothing else."""
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name) or unicodedata.normalize("NFC", name) != name:
        raise ValueError("names of sealed files are words of letters, digits, '_', '-', '.' joined by '/'")
    return name


def _has_orphans(folder: Path) -> bool:
    """Whether keys exist that a lost master key once wrapped: then a new master would only hide the loss."""
    if (folder / "files").is_dir():
        return True
    return (folder / "log.key").exists() and not (folder / "master.key").exists()


def _create_once(path: Path, data: bytes) -> None:
    """Write a key unless another process was first."""
    try:
        with appearing(path, replace=False) as stream:
            stream.write(data)
    except FileExistsError:
        return


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise _missing() from None


def _missing() -> Unavailable:
    return Unavailable(
        "key_missing",
        "a key is missing: it was never made here, or it was destroyed",
        hint="restore the folder `keys` from its backup; without it the sealed data is lost",
    )


def _wrong() -> IntegrityBroken:
    return IntegrityBroken(
        "key_wrong",
        "the master key is not the one that sealed this installation",
        hint="restore the folder `keys` that belongs to this home folder",
    )
