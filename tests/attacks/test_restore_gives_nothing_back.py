"""A backup is no way to get budget back, to escape its folder, or to be changed unseen."""

from __future__ import annotations

import io
import json
import os
import secrets
import shutil
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from sandbox.backup import create, restore
from sandbox.backup.restoring import Restored
from sandbox.errors import IntegrityBroken, Refused, SandboxError, Unavailable
from sandbox.govern import Govern
from sandbox.govern.parties import of_subject
from sandbox.ledger import Ledger
from sandbox.ledger.ledger import ORIGIN
from sandbox.ledger.restored import Thawed, thaw
from sandbox.ledger.schema import metadata
from sandbox.nouns.party import LOCAL, Role
from sandbox.nouns.spend import Spend
from sandbox.seal import Keyring
from tests.govern.house import build
from tests.ledger.makers import ACCOUNTS, PRICE, answer, notice, reserve
from tests.postgres import EACH, Server, address, by_hand

CAP = Spend(70, 30)
NOTHING_LEFT = [(CAP, CAP)] * len(ACCOUNTS)


SQLITE = pytest.mark.parametrize("live", ["sqlite"], indirect=True)


@dataclass
class Live:
    """An installation that spends, and a backup of it."""

    home: Path
    archive: Path
    keyring: Keyring
    ledger: Ledger
    server: Server | None
    """Where control databases are made; None: they are SQLite files."""

    def reopen(self) -> None:
        self.ledger = Ledger.open(self.home / "ledger.db", self.keyring.signer)


def on(server: Server | None, home: Path) -> None:
    """Note where the control database of a home folder is: an empty one of its own, on a server."""
    if server is not None:
        home.mkdir(exist_ok=True)
        (home / "database.url").write_text(server.url(server.database()))


@pytest.fixture(params=EACH)
def live(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Live]:
    server: Server | None = None if request.param == "sqlite" else request.getfixturevalue("postgres")
    home = tmp_path / "live"
    on(server, home)
    keyring = Keyring.open(home)
    ledger = opened(home)
    for scope, name in ACCOUNTS:
        ledger.set_cap(scope, name, CAP)
    answer(ledger, "before")
    keyring.seal_bytes(b"an answer", home / "releases" / "before", "release/before")
    (home / "sources").mkdir()
    (home / "sources" / "raw.csv").write_text("raw")
    archive = tmp_path / "archive"
    create(home, ledger, keyring, archive)
    yield Live(home, archive, keyring, ledger, server)
    ledger.close()


def master(live: Live) -> bytes:
    return (live.home / "keys" / "master.key").read_bytes()


def restored(live: Live, name: str = "restored") -> Path:
    home = live.home.parent / name
    url = None if live.server is None else live.server.url(live.server.database())
    restore(live.archive, master(live), home, address=url)
    if url is not None:
        (home / "database.url").write_text(url)
    return home


def thawed(home: Path, note: str | None, *, forfeit: bool = False) -> Thawed:
    signer = Keyring.open(home, create=False).signer
    return thaw(home, signer, ORIGIN, note, forfeit=forfeit, address=address(home))


def opened(home: Path) -> Ledger:
    signer = Keyring.open(home, create=False).signer
    return Ledger.open(address(home), signer, checkpoint=home / "log" / "checkpoint.txt")


def balances(ledger: Ledger) -> list[tuple[Spend, Spend]]:
    return [ledger.balance(scope, name) for scope, name in ACCOUNTS]


def code_of(error: pytest.ExceptionInfo[SandboxError]) -> str:
    return error.value.code


# -- restoring an older state ------------------------------------------------------------------------------


def test_a_restored_ledger_opens_for_nobody(live: Live) -> None:
    home = restored(live)
    with pytest.raises(Unavailable) as told:
        opened(home)
    assert code_of(told) == "restored_frozen"


def test_the_newest_checkpoint_opens_it_with_every_spend_kept(live: Live) -> None:
    note, spent = live.ledger.checkpoint(), balances(live.ledger)
    home = restored(live)
    assert thawed(home, note) == Thawed(records=6, forfeited=0)
    ledger = opened(home)
    assert balances(ledger) == spent
    assert ledger.verify().ok
    assert ledger.record(6).body["what"] == "restored"
    keyring = Keyring.open(home, create=False)
    assert keyring.unseal_bytes(home / "releases" / "before", "release/before") == b"an answer"
    ledger.close()


def test_a_backup_from_before_a_spend_stays_frozen_under_the_later_checkpoint(live: Live) -> None:
    answer(live.ledger, "after")
    home = restored(live)
    with pytest.raises(Refused) as told:
        thawed(home, live.ledger.checkpoint())
    assert code_of(told) == "records_missing"
    with pytest.raises(Unavailable):
        opened(home)


def test_an_old_checkpoint_shows_nothing(live: Live, tmp_path: Path) -> None:
    old = live.ledger.checkpoint()
    answer(live.ledger, "after")
    live.archive = tmp_path / "later"
    create(live.home, live.ledger, live.keyring, live.archive)
    with pytest.raises(Refused) as told:
        thawed(restored(live), old)
    assert code_of(told) == "checkpoint_older"


def test_without_a_checkpoint_nothing_opens(live: Live) -> None:
    with pytest.raises(Refused) as told:
        thawed(restored(live), None)
    assert code_of(told) == "checkpoint_needed"


@pytest.mark.parametrize("later", [True, False])
def test_what_cannot_be_proven_is_charged_in_full(live: Live, later: bool) -> None:
    if later:
        answer(live.ledger, "after")
    home = restored(live)
    assert thawed(home, live.ledger.checkpoint() if later else None, forfeit=True).forfeited == len(ACCOUNTS)
    ledger = opened(home)
    assert balances(ledger) == NOTHING_LEFT
    assert ledger.verify().ok
    with pytest.raises(Refused) as told:
        reserve(ledger, "again")
    assert code_of(told) == "budget_exhausted"
    with pytest.raises(Refused) as told:
        ledger.set_cap("dataset", "a dataset of the lost records", CAP)
    assert code_of(told) == "account_unproven"
    ledger.set_cap("agreement", "new", CAP)
    ledger.close()


def test_without_proof_no_token_signs_in_and_no_agreement_runs(tmp_path: Path) -> None:
    house = build(tmp_path / "live")
    agreement = house.agreement()
    secret = house.govern.issue_token(LOCAL, "developer")
    create(house.home, house.ledger, house.keyring, tmp_path / "archive")
    house.ledger.close()
    home = tmp_path / "home"
    restore(tmp_path / "archive", (house.home / "keys" / "master.key").read_bytes(), home)
    thawed(home, None, forfeit=True)
    ledger = opened(home)
    govern = Govern(
        ledger, policies=lambda _: house.policy, home=home, keyring=house.keyring, now=lambda: house.clock[0]
    )
    with pytest.raises(Refused) as told:
        govern.authenticate(secret)
    assert code_of(told) == "unauthenticated"
    with pytest.raises(Refused) as told:
        govern.still_allowed(agreement.id)
    assert code_of(told) == "agreement_suspended"
    reviewer = next(each for each in govern.users(LOCAL) if each.user == "reviewer")
    assert govern.resume(reviewer, agreement.id, "looked at").id == agreement.id
    assert ledger.verify().ok
    ledger.close()


def test_whoever_was_shut_out_after_the_backup_is_not_back_through_an_identity_provider(
    tmp_path: Path,
) -> None:
    house = build(tmp_path / "live")
    issuer = "https://id.example"
    for name, home, role in (("watcher", "卫健委", "reviewer"), ("leaver", "甲公司", "developer")):
        house.govern.add_user(LOCAL, name, home, Role(role), subject=f"{issuer}#{name}")
        if role == "reviewer":
            house.govern.confirm(house.who("regulator"), "user", name)
    create(house.home, house.ledger, house.keyring, tmp_path / "archive")
    house.govern.end_user(LOCAL, "leaver")
    house.ledger.close()
    home = tmp_path / "home"
    restore(tmp_path / "archive", (house.home / "keys" / "master.key").read_bytes(), home)
    thawed(home, None, forfeit=True)
    ledger = opened(home)
    for name in ("watcher", "leaver"):
        assert ledger.read(lambda it, name=name: of_subject(it, f"{issuer}#{name}")) is None
    govern = Govern(
        ledger, policies=lambda _: house.policy, home=home, keyring=house.keyring, now=lambda: house.clock[0]
    )
    assert ledger.verify().ok
    govern.add_user(LOCAL, "first", "卫健委", Role.REVIEWER)
    first = govern.authenticate(govern.issue_token(LOCAL, "first"))
    assert {each.name for each in govern.waiting(first)} >= {"watcher", "leaver"}
    govern.confirm(first, "user", "watcher")
    assert ledger.read(lambda it: of_subject(it, f"{issuer}#watcher")) is not None
    assert ledger.read(lambda it: of_subject(it, f"{issuer}#leaver")) is None
    assert ledger.verify().ok
    ledger.close()


def test_a_job_that_was_reserved_at_the_backup_stays_spent(live: Live, tmp_path: Path) -> None:
    reserve(live.ledger, "open")
    live.archive = tmp_path / "open"
    create(live.home, live.ledger, live.keyring, live.archive)
    live.ledger.touch("open")  # leaves no record: the checkpoint stays the same
    spent = balances(live.ledger)
    home = restored(live)
    thawed(home, live.ledger.checkpoint())
    _as_of_a_dead_process(home)
    ledger = opened(home)
    assert [each.touched for each in ledger.recover()] == [True]
    assert balances(ledger) == spent
    assert spent[0][1] == PRICE + PRICE
    ledger.close()


def _as_of_a_dead_process(home: Path) -> None:
    with by_hand(home) as connection:
        connection.exec_driver_sql("UPDATE job SET boot = 'another'")


# -- other hands -------------------------------------------------------------------------------------------


def test_removing_the_mark_by_hand_opens_nothing(live: Live) -> None:
    home = restored(live)
    (home / "log" / "restored.json").unlink()
    with pytest.raises(IntegrityBroken) as told:
        opened(home)
    assert code_of(told) == "log_broken"


@SQLITE
def test_an_older_database_copied_over_the_newer_is_found(live: Live) -> None:
    home = restored(live)
    answer(live.ledger, "after")
    live.ledger.close()
    shutil.copyfile(home / "ledger.db", live.home / "ledger.db")
    for companion in ("ledger.db-wal", "ledger.db-shm"):
        (live.home / companion).unlink(missing_ok=True)
    with pytest.raises(IntegrityBroken) as told:
        live.reopen()
    assert code_of(told) == "log_broken"


def test_a_checkpoint_of_another_installation_is_refused(live: Live, tmp_path: Path) -> None:
    other = Keyring.open(tmp_path / "other")
    ledger = Ledger.open(tmp_path / "other" / "ledger.db", other.signer)
    for number in range(6):
        ledger.append(notice(str(number)))
    with pytest.raises(IntegrityBroken) as told:
        thawed(restored(live), ledger.checkpoint())
    ledger.close()
    assert code_of(told) == "checkpoint_foreign"


@pytest.mark.parametrize("forfeit", [False, True])
def test_a_forged_checkpoint_is_refused(live: Live, forfeit: bool) -> None:
    answer(live.ledger, "after")
    note = live.ledger.checkpoint()
    home = restored(live)
    for forged in (note.replace("\n8\n", "\n6\n", 1), "", "nonsense", note[:-9]):
        with pytest.raises(IntegrityBroken) as told:
            thawed(home, forged, forfeit=forfeit)
        assert code_of(told) == "checkpoint_foreign"


def test_two_restores_part_at_once_so_that_whoever_keeps_checkpoints_sees_it(live: Live) -> None:
    note = live.ledger.checkpoint()
    first, second = restored(live, "first"), restored(live, "second")
    thawed(first, note)
    thawed(second, note)
    one, two = opened(first), opened(second)
    sizes = [each.checkpoint().split("\n")[1] for each in (one, two)]
    roots = [each.checkpoint().split("\n")[2] for each in (one, two)]
    one.close()
    two.close()
    assert sizes[0] == sizes[1]
    assert roots[0] != roots[1]
    third = restored(live, "third")
    with pytest.raises(Refused):
        thawed(third, (first / "log" / "checkpoint.txt").read_text())


def test_a_thaw_happens_once(live: Live) -> None:
    home = restored(live)
    thawed(home, live.ledger.checkpoint())
    with pytest.raises(Refused) as told:
        thawed(home, live.ledger.checkpoint(), forfeit=True)
    assert code_of(told) == "not_frozen"


def test_a_thaw_that_died_before_its_last_step_is_finished_by_the_next(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, note = restored(live), live.ledger.checkpoint()
    with monkeypatch.context() as patch:
        patch.setattr("sandbox.ledger.witness.Witness.keep", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            thawed(home, note)
    with pytest.raises(Unavailable):
        opened(home)
    assert thawed(home, note).records == 6
    ledger = opened(home)
    assert ledger.verify().records == 7
    ledger.close()


# -- databases ---------------------------------------------------------------------------------------------


def rows(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every table of a control database, in an order of their own."""
    with by_hand(home) as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


@pytest.mark.parametrize("other", EACH)
def test_every_row_moves_from_either_kind_of_database_to_either(
    live: Live, other: str, postgres: Server
) -> None:
    answer(live.ledger, "chinese 郑州市")
    live.archive = live.home.parent / "whole"
    create(live.home, live.ledger, live.keyring, live.archive)
    live.server = None if other == "sqlite" else postgres
    home = restored(live, "moved")
    assert rows(home) == rows(live.home)
    assert sum(map(len, rows(home).values())) > 20
    thawed(home, live.ledger.checkpoint())
    ledger = opened(home)
    assert ledger.verify().ok
    assert balances(ledger) == balances(live.ledger)
    ledger.close()
    assert (home / "ledger.db").exists() == (other == "sqlite")


def test_a_backup_made_while_others_write_is_of_one_moment(live: Live) -> None:
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            answer(live.ledger, secrets.token_hex(4), price=Spend(0))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for turn in range(3):
            live.archive = live.home.parent / f"turn{turn}"
            made = create(live.home, live.ledger, live.keyring, live.archive)
            home = restored(live, f"home{turn}")
            assert thawed(home, made.checkpoint).records == int(made.checkpoint.split("\n")[1])
            ledger = opened(home)
            assert ledger.verify().ok
            ledger.close()
    finally:
        over.set()
        writer.join()


THEIRS = "CREATE TABLE theirs (a int)"
OURS = "INSERT INTO organisation (name, type, credit_code, added) VALUES ('甲', 'owner', '', '')"


@SQLITE
@pytest.mark.parametrize("held", [THEIRS, OURS, "UPDATE head SET size = 1"])
def test_a_restore_writes_into_no_database_that_holds_anything(
    live: Live, postgres: Server, held: str
) -> None:
    name = postgres.database() if held == THEIRS else postgres.migrated()
    postgres.execute(held, name)
    target = live.home.parent / "target"
    with pytest.raises(Refused) as told:
        restore(live.archive, master(live), target, address=postgres.url(name))
    assert code_of(told) == "database_not_empty"
    assert list(target.iterdir()) == []


@SQLITE
def test_a_restore_whose_server_is_gone_leaves_nothing(live: Live, tmp_path: Path) -> None:
    target = tmp_path / "target"
    with pytest.raises(Unavailable) as told:
        restore(live.archive, master(live), target, address=f"postgresql://nobody@/none?host={tmp_path}")
    assert code_of(told) == "ledger_unavailable"
    assert str(tmp_path) not in str(told.value)
    assert list(target.iterdir()) == []


@pytest.mark.parametrize("forfeit", [False, True])
def test_an_empty_database_is_not_thawed_in_place_of_the_restored_one(
    live: Live, postgres: Server, forfeit: bool
) -> None:
    home = restored(live)
    (home / "database.url").write_text(postgres.url(postgres.database()))
    with pytest.raises(Refused) as told:
        thawed(home, live.ledger.checkpoint(), forfeit=forfeit)
    assert code_of(told) == "restored_elsewhere"
    with pytest.raises(Unavailable) as told:
        opened(home)
    assert code_of(told) == "restored_frozen"


# -- the archive -------------------------------------------------------------------------------------------


def failed_restore(live: Live, archive: bytes, key: bytes | None = None) -> str:
    """The code of a restore that must fail and leave nothing."""
    path, home = live.home.parent / "changed", live.home.parent / "target"
    path.write_bytes(archive)
    with pytest.raises(SandboxError) as told:
        restore(path, key or master(live), home)
    assert list(home.iterdir()) == []
    assert str(live.home.parent) not in str(told.value)
    return told.value.code


@SQLITE
def test_any_flipped_bit_is_found(live: Live) -> None:
    good = live.archive.read_bytes()
    for place in (0, 9, 20, 48, len(good) // 2, len(good) - 1):
        changed = bytearray(good)
        changed[place] ^= 4
        assert failed_restore(live, bytes(changed)) == "backup_broken"


@SQLITE
def test_a_cut_archive_is_found(live: Live) -> None:
    good = live.archive.read_bytes()
    for length in (0, 47, 48, 4096, len(good) - 1, len(good) - 16):
        assert failed_restore(live, good[:length]) == "backup_broken"
    assert failed_restore(live, good + b"x") == "backup_broken"


@SQLITE
def test_another_key_opens_nothing(live: Live) -> None:
    assert failed_restore(live, live.archive.read_bytes(), os.urandom(32)) == "backup_broken"


def crafted(live: Live, *entries: tarfile.TarInfo) -> bytes:
    """An archive that a holder of the master key made by hand."""
    plain, sealed = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for entry in entries:
            tar.addfile(entry, io.BytesIO(b"x" * entry.size))
    plain.seek(0)
    live.keyring.seal_backup(plain, sealed.write)
    return sealed.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, target, 1 if kind == tarfile.REGTYPE else 0
    return info


@SQLITE
@pytest.mark.parametrize(
    "name",
    ["../out", "/tmp/out", "keys/../../out", "keys/files/../../../out.key", "./ledger.db", "keys/master.key",
     "log/checkpoint.txt", "log/restored.json", "sandbox.toml", "releases/.hidden", "releases/a\n",
     "releases//a", "sealed/", "releases"],
)  # fmt: skip
def test_no_entry_leaves_the_folder_or_brings_what_a_backup_has_not(live: Live, name: str) -> None:
    assert failed_restore(live, crafted(live, entry(name))) == "backup_broken"
    assert not Path("/tmp/out").exists()


@SQLITE
@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_no_link_or_device_is_made(live: Live, kind: bytes) -> None:
    link = entry("releases/link", kind, "../../../etc")
    assert failed_restore(live, crafted(live, link, entry("releases/link/passwd"))) == "backup_broken"


@SQLITE
def test_an_entry_comes_once(live: Live) -> None:
    twice = crafted(live, entry("ledger.db"), entry("ledger.db"))
    assert failed_restore(live, twice) == "backup_broken"


@SQLITE
def test_a_link_in_the_home_folder_is_not_followed_into_the_backup(live: Live, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (live.home / "releases" / "link").symlink_to(secret)
    live.archive = tmp_path / "linked"
    create(live.home, live.ledger, live.keyring, live.archive)
    assert not (restored(live) / "releases" / "link").exists()


# -- what is in it, and how it is made ---------------------------------------------------------------------


def test_the_master_key_and_the_sources_are_not_in_the_archive(live: Live) -> None:
    plain = io.BytesIO()
    with live.archive.open("rb") as stream:
        live.keyring.unseal_backup(stream, plain.write)
    assert master(live) not in plain.getvalue()
    plain.seek(0)
    with tarfile.open(fileobj=plain) as tar:
        names = tar.getnames()
    assert "keys/master.key" not in names
    assert not [name for name in names if name.startswith(("sources", "log", "."))]
    assert {"ledger.db", "keys/log.key", "keys/files/release/before.key", "releases/before"} <= set(names)


@SQLITE
def test_the_archive_is_sealed_private_and_takes_no_name_twice(live: Live) -> None:
    data = live.archive.read_bytes()
    assert b"ledger.db" not in data
    assert b"SQLite format" not in data
    assert live.archive.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Refused) as told:
        create(live.home, live.ledger, live.keyring, live.archive)
    assert code_of(told) == "backup_exists"
    assert live.archive.read_bytes() == data


@SQLITE
def test_a_failed_backup_leaves_nothing(live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device: /secret/path")

    monkeypatch.setattr("sandbox.seal.keyring.seal_stream", full)
    folder = tmp_path / "elsewhere"
    with pytest.raises(Unavailable) as told:
        create(live.home, live.ledger, live.keyring, folder / "archive")
    assert code_of(told) == "no_scratch"
    assert list(folder.iterdir()) == []
    assert not list(live.home.glob(".backup-*"))


@SQLITE
def test_a_restore_never_mixes_with_what_is_there(live: Live) -> None:
    with pytest.raises(Refused) as told:
        restore(live.archive, master(live), live.home)
    assert code_of(told) == "home_not_empty"
    assert balances(live.ledger)[0][1] == PRICE


@SQLITE
def test_a_restore_that_dies_half_way_leaves_nothing_that_opens(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, real, moved = live.home.parent / "half", os.rename, []

    def dying(source: Path, target: Path) -> None:
        if len(moved) == 2:
            raise KeyboardInterrupt
        moved.append(target.name)
        real(source, target)

    monkeypatch.setattr("sandbox.backup.restoring.os.rename", dying)
    with pytest.raises(KeyboardInterrupt):
        restore(live.archive, master(live), home)
    assert moved[0] == "log"
    with pytest.raises(Unavailable) as told:
        Ledger.open(home / "ledger.db", live.keyring.signer)
    assert code_of(told) == "restored_frozen"


@SQLITE
def test_facts_say_where_the_backup_stands(live: Live) -> None:
    home = live.home.parent / "told"
    told = restore(live.archive, master(live), home)
    assert isinstance(told, Restored)
    assert told.checkpoint == live.ledger.checkpoint()
    mark = json.loads((home / "log" / "restored.json").read_text())
    assert mark["archive"] == told.archive == live.ledger.record(5).body["details"]["archive"]
