"""Keys are private, made once, told apart, and destroyed for good."""

import hashlib
import multiprocessing
import resource
import shutil
import signal
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sandbox.errors import IntegrityBroken, SandboxError, Unavailable
from sandbox.seal import Keyring

NAME = "snapshot/门诊结算/7"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def keyring(home: Path) -> Keyring:
    return Keyring.open(home)


def code_of(error: pytest.ExceptionInfo[SandboxError]) -> str:
    return error.value.code


def test_a_file_comes_back_as_it_was(keyring: Keyring, tmp_path: Path) -> None:
    data = bytes(range(256)) * 40_000  # more than two chunks
    (tmp_path / "plain").write_bytes(data)
    digest = keyring.seal(tmp_path / "plain", tmp_path / "deep" / "sealed", NAME)
    keyring.unseal(tmp_path / "deep" / "sealed", tmp_path / "again", NAME)
    assert (tmp_path / "again").read_bytes() == data
    assert stat.S_IMODE((tmp_path / "again").stat().st_mode) == 0o600
    assert hashlib.sha256((tmp_path / "deep" / "sealed").read_bytes()).hexdigest() == digest


def test_keys_outlive_the_process_that_made_them(home: Path, tmp_path: Path) -> None:
    first = Keyring.open(home)
    first.seal_bytes(b"data", tmp_path / "sealed", NAME)
    second = Keyring.open(home, create=False)
    assert second.unseal_bytes(tmp_path / "sealed", NAME) == b"data"
    assert second.signer.public_key == first.signer.public_key


def test_suites_live_side_by_side(home: Path, tmp_path: Path) -> None:
    Keyring.open(home, suite="sm4-gcm").seal_bytes(b"data", tmp_path / "sealed", NAME)
    assert Keyring.open(home).unseal_bytes(tmp_path / "sealed", NAME) == b"data"


def test_only_the_owner_reads_keys_and_sealed_files(keyring: Keyring, home: Path, tmp_path: Path) -> None:
    keyring.seal_bytes(b"data", tmp_path / "sealed", NAME)
    for path in [home / "keys", *(home / "keys").rglob("*"), tmp_path / "sealed"]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_nothing_is_left_beside_the_sealed_file(keyring: Keyring, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    keyring.seal_bytes(b"data", tmp_path / "out" / "sealed", NAME)
    keyring.seal_bytes(b"data again", tmp_path / "out" / "sealed", NAME)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["sealed"]
    assert keyring.unseal_bytes(tmp_path / "out" / "sealed", NAME) == b"data again"


def test_a_failed_seal_leaves_the_former_file(keyring: Keyring, tmp_path: Path) -> None:
    keyring.seal_bytes(b"former", tmp_path / "sealed", NAME)
    with pytest.raises(Unavailable) as caught:
        keyring.seal(tmp_path / "missing", tmp_path / "sealed", NAME)
    assert code_of(caught) == "storage_failed"
    assert "missing" not in str(caught.value)
    assert keyring.unseal_bytes(tmp_path / "sealed", NAME) == b"former"


def test_a_failed_unseal_leaves_nothing(keyring: Keyring, tmp_path: Path) -> None:
    keyring.seal_bytes(bytes(10_000_000), tmp_path / "sealed", NAME)
    whole = bytearray((tmp_path / "sealed").read_bytes())
    whole[-1] ^= 1
    (tmp_path / "sealed").write_bytes(whole)
    with pytest.raises(IntegrityBroken) as caught:
        keyring.unseal(tmp_path / "sealed", tmp_path / "plain", NAME)
    assert code_of(caught) == "sealed_file_broken"
    assert not (tmp_path / "plain").exists()


def test_unsealing_never_writes_over_a_file(keyring: Keyring, tmp_path: Path) -> None:
    keyring.seal_bytes(b"data", tmp_path / "sealed", NAME)
    (tmp_path / "taken").write_bytes(b"mine")
    with pytest.raises(Unavailable):
        keyring.unseal(tmp_path / "sealed", tmp_path / "taken", NAME)
    assert (tmp_path / "taken").read_bytes() == b"mine"


def test_swapped_files_are_found(keyring: Keyring, tmp_path: Path) -> None:
    keyring.seal_bytes(b"one", tmp_path / "one", "snapshot/a/1")
    keyring.seal_bytes(b"two", tmp_path / "two", "snapshot/a/2")
    with pytest.raises(IntegrityBroken) as caught:
        keyring.unseal_bytes(tmp_path / "two", "snapshot/a/1")
    assert code_of(caught) == "sealed_file_broken"


def test_swapped_key_files_are_found(keyring: Keyring, home: Path, tmp_path: Path) -> None:
    keyring.seal_bytes(b"one", tmp_path / "one", "a/1")
    keyring.seal_bytes(b"two", tmp_path / "two", "a/2")
    files = home / "keys" / "files" / "a"
    (files / "2.key").replace(files / "1.key")
    with pytest.raises(IntegrityBroken) as caught:
        keyring.unseal_bytes(tmp_path / "two", "a/1")
    assert code_of(caught) == "sealed_file_broken"


def test_a_destroyed_key_destroys_the_file(keyring: Keyring, home: Path, tmp_path: Path) -> None:
    keyring.seal_bytes(b"data", tmp_path / "sealed", NAME)
    keyring.destroy(NAME)
    keyring.destroy(NAME)
    for opened in (keyring, Keyring.open(home)):
        with pytest.raises(Unavailable) as caught:
            opened.unseal_bytes(tmp_path / "sealed", NAME)
        assert code_of(caught) == "key_missing"


def test_a_name_sealed_after_destruction_does_not_revive_the_old_file(
    keyring: Keyring, tmp_path: Path
) -> None:
    keyring.seal_bytes(b"old", tmp_path / "old", NAME)
    keyring.destroy(NAME)
    keyring.seal_bytes(b"new", tmp_path / "new", NAME)
    with pytest.raises(IntegrityBroken):
        keyring.unseal_bytes(tmp_path / "old", NAME)


def test_another_master_key_is_told_from_a_broken_file(home: Path, tmp_path: Path) -> None:
    Keyring.open(home).seal_bytes(b"data", tmp_path / "sealed", NAME)
    (home / "keys" / "master.key").write_bytes(bytes(32))
    with pytest.raises(IntegrityBroken) as caught:
        Keyring.open(home)
    assert code_of(caught) == "key_wrong"


def test_file_keys_of_another_installation_are_told_from_a_broken_file(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    Keyring.open(theirs).seal_bytes(b"data", tmp_path / "sealed", NAME)
    keyring = Keyring.open(ours)
    shutil.copytree(theirs / "keys" / "files", ours / "keys" / "files")
    with pytest.raises(IntegrityBroken) as caught:
        keyring.unseal_bytes(tmp_path / "sealed", NAME)
    assert code_of(caught) == "key_wrong"


@pytest.mark.parametrize("lost", ["master.key", "master.check", "log.key"])
def test_a_lost_key_is_said_and_never_made_anew(home: Path, tmp_path: Path, lost: str) -> None:
    Keyring.open(home).seal_bytes(b"data", tmp_path / "sealed", NAME)
    (home / "keys" / lost).unlink()
    with pytest.raises(Unavailable) as caught:
        Keyring.open(home)
    assert code_of(caught) == "key_missing"
    assert not (home / "keys" / lost).exists()


def test_without_create_no_keys_are_made(home: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        Keyring.open(home, create=False)
    assert code_of(caught) == "key_missing"
    assert not home.exists()


def test_a_start_that_was_cut_short_is_finished(home: Path) -> None:
    master = Keyring.open(home)
    (home / "keys" / "master.check").unlink()
    assert Keyring.open(home).signer.public_key == master.signer.public_key


@pytest.mark.parametrize(
    "name",
    ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".hidden", "a/.b", "a b", "a\n", "a\0", "a.key/b",
     "b.key", "e\u0301", "x" * 151],
)  # fmt: skip
def test_names_that_are_no_names_are_refused(keyring: Keyring, tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="names of sealed files"):
        keyring.seal_bytes(b"data", tmp_path / "sealed", name)
    assert not (tmp_path / "sealed").exists()


def test_no_key_shows_when_a_keyring_is_printed(keyring: Keyring, home: Path) -> None:
    master = (home / "keys" / "master.key").read_bytes()
    shown = repr(keyring) + repr(keyring.signer)
    assert master.hex() not in shown
    assert repr(master)[2:-1] not in shown


def test_the_signature_verifies_under_the_public_key(keyring: Keyring) -> None:
    public = Ed25519PublicKey.from_public_bytes(keyring.signer.public_key)
    public.verify(keyring.signer.sign(b"checkpoint"), b"checkpoint")
    assert keyring.signer.algorithm == "ed25519"


def _open(home: str, names: "multiprocessing.Queue[bytes]") -> None:
    names.put(Keyring.open(Path(home)).signer.public_key)


def test_processes_that_start_together_get_the_same_keys(home: Path) -> None:
    context = multiprocessing.get_context("spawn")
    found = context.Queue()
    workers = [context.Process(target=_open, args=(str(home), found)) for _ in range(4)]
    for worker in workers:
        worker.start()
    keys = {found.get(timeout=30) for _ in workers}
    for worker in workers:
        worker.join()
    assert len(keys) == 1


def test_no_room_is_said_without_a_path(keyring: Keyring, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    former = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    keyring.seal_bytes(b"", tmp_path / "first", NAME)  # its key exists already
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(Unavailable) as caught:
            keyring.seal_bytes(bytes(100_000), tmp_path / "sealed", NAME)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, former)
    assert code_of(caught) == "no_scratch"
    assert str(tmp_path) not in str(caught.value)
    assert caught.value.__cause__ is None
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["first"]
