"""A restored ledger: what opens it, what is taken for spent, who is shut out."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.errors import Refused, SandboxError, Unavailable
from sandbox.ledger import JobState, Ledger, restored
from sandbox.ledger.ledger import ORIGIN
from sandbox.ledger.restored import MADE, THAWED, Thawed, freeze, thaw
from sandbox.nouns.event import Notice
from sandbox.nouns.spend import Spend
from sandbox.seal import Ed25519Signer
from tests.ledger.makers import ACCOUNTS, PRICE, SIGNER, answer, failed, notice, reserve
from tests.postgres import by_hand

CAP = Spend(70, 30)


def opened(home: Path) -> Ledger:
    return Ledger.open(home / "ledger.db", SIGNER)


def backup(archive: str = "a", **changed: object) -> Notice:
    made = Notice(at="t", actor="local", what=MADE, details={"archive": archive})
    return replace(made, **changed)  # type: ignore[arg-type]


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger that has spent a little, noted a backup, and goes on."""
    ledger = opened(tmp_path / "live")
    for scope, name in ACCOUNTS:
        ledger.set_cap(scope, name, CAP)
    answer(ledger, "before")
    yield ledger
    ledger.close()


@pytest.fixture
def restore(live: Ledger, tmp_path: Path) -> Callable[..., Path]:
    """Make a frozen copy of the ledger as it is now."""

    def copied(name: str = "r", *, noted: bool = True) -> Path:
        if noted:
            live.append(backup())
        home = tmp_path / name
        home.mkdir()
        live.copy(home / "ledger.db")
        freeze(home, "a", name)
        return home

    return copied


def thawed(home: Path, note: str | None, *, forfeit: bool = False) -> Thawed:
    return thaw(home, SIGNER, ORIGIN, note, forfeit=forfeit)


def code(home: Path, note: str | None, *, forfeit: bool = False) -> str:
    """Why a ledger is not thawed; it stays frozen."""
    with pytest.raises(SandboxError) as told:
        thawed(home, note, forfeit=forfeit)
    with pytest.raises(Unavailable):
        opened(home)
    return told.value.code


def balances(home: Path) -> list[tuple[Spend, Spend]]:
    ledger = opened(home)
    found = ledger.balances(ACCOUNTS)
    assert ledger.verify().ok
    ledger.close()
    return found


# -- what opens it -----------------------------------------------------------------------------------------


def test_its_own_newest_checkpoint_opens_it_and_takes_nothing(
    live: Ledger, restore: Callable[..., Path]
) -> None:
    home, note = restore(), live.checkpoint()
    assert thawed(home, note) == Thawed(6, 0)
    assert list(home.glob("ledger.db-*")) == []  # no connection is left open
    assert balances(home) == [(CAP, PRICE)] * 3
    ledger = opened(home)
    told = {"archive": "a", "restore": "r", "records": "6", "forfeited": "0", "proven": "true"}
    assert (ledger.record(6).body["what"], ledger.record(6).body["details"]) == (THAWED, told)
    ledger.close()


def test_no_checkpoint_an_older_and_a_later_one_open_nothing(
    live: Ledger, restore: Callable[..., Path]
) -> None:
    old = live.checkpoint()
    home = restore()
    assert code(home, None) == "checkpoint_needed"
    assert code(home, old) == "checkpoint_older"
    live.append(notice())
    assert code(home, live.checkpoint()) == "records_missing"


@pytest.mark.parametrize("forfeit", [False, True])
def test_a_checkpoint_of_another_key_opens_nothing(
    restore: Callable[..., Path], tmp_path: Path, forfeit: bool
) -> None:
    home = restore()
    other = Ledger.open(tmp_path / "other" / "ledger.db", Ed25519Signer(bytes(32)))
    for number in range(6):
        other.append(notice(str(number)))
    assert code(home, other.checkpoint(), forfeit=forfeit) == "checkpoint_foreign"
    other.close()


@pytest.mark.parametrize("forfeit", [False, True])
def test_a_branch_as_long_as_the_log_is_not_the_log(
    live: Ledger, restore: Callable[..., Path], forfeit: bool
) -> None:
    first, note = restore("first"), live.checkpoint()
    thawed(first, note)
    live.append(notice())
    second = restore("second", noted=False)
    branch = (first / "log" / "checkpoint.txt").read_text()
    assert branch.split("\n")[1] == live.checkpoint().split("\n")[1]
    assert code(second, branch, forfeit=forfeit) == "log_broken"


@pytest.mark.parametrize("forfeit", [False, True])
def test_a_restored_log_that_does_not_verify_is_never_thawed(
    live: Ledger, restore: Callable[..., Path], forfeit: bool
) -> None:
    home = restore()
    with by_hand(home) as connection:
        connection.exec_driver_sql("UPDATE account SET spent_rho = 0")
    assert code(home, live.checkpoint(), forfeit=forfeit) == "log_broken"


@pytest.mark.parametrize("forfeit", [False, True])
@pytest.mark.parametrize(
    "noted",
    [None, {"what": "log_viewed"}, {"details": {"archive": "b"}}, {"details": {}}, {"dataset": "d"}],
)
def test_a_database_that_knows_nothing_of_the_backup_is_not_thawed(
    live: Ledger, restore: Callable[..., Path], noted: dict[str, object] | None, forfeit: bool
) -> None:
    if noted is not None:
        live.append(backup(**noted))
    home = restore(noted=False)
    assert code(home, live.checkpoint(), forfeit=forfeit) == "restored_elsewhere"


def test_one_backup_among_others_is_found(live: Ledger, restore: Callable[..., Path]) -> None:
    live.append(backup("b"))
    live.append(backup("a"))
    live.append(backup("c"))
    assert thawed(restore(noted=False), live.checkpoint()).records == 8


def test_nothing_is_forfeited_unless_asked_and_nothing_is_thawed_that_is_not_frozen(
    live: Ledger, restore: Callable[..., Path]
) -> None:
    home, note = restore(), live.checkpoint()
    with pytest.raises(Refused) as told:
        thaw(home, SIGNER, ORIGIN, None)
    assert told.value.code == "checkpoint_needed"
    thawed(home, note)
    with pytest.raises(Refused) as told:
        thawed(home, None, forfeit=True)
    assert told.value.code == "not_frozen"


def test_a_ledger_elsewhere_is_thawed_where_it_is(
    live: Ledger, restore: Callable[..., Path], tmp_path: Path
) -> None:
    home, note = restore(), live.checkpoint()
    (home / "ledger.db").rename(tmp_path / "elsewhere.db")
    assert thaw(home, SIGNER, ORIGIN, note, address=tmp_path / "elsewhere.db") == Thawed(6, 0)
    assert not (home / "ledger.db").exists()


def test_a_thaw_whose_checkpoint_cannot_be_kept_is_no_thaw(
    live: Ledger, restore: Callable[..., Path]
) -> None:
    home, note = restore(), live.checkpoint()
    (home / "log" / "checkpoint.new").mkdir()
    assert code(home, note) == "ledger_unavailable"
    (home / "log" / "checkpoint.new").rmdir()
    assert thawed(home, note) == Thawed(6, 0)
    assert balances(home) == [(CAP, PRICE)] * 3


def test_the_mark_of_a_restored_folder_is_for_its_owner(restore: Callable[..., Path]) -> None:
    assert stat.S_IMODE((restore() / "log").stat().st_mode) == 0o700


# -- what is spent -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shown", ["none", "older", "later"])
def test_without_proof_every_account_is_charged_what_it_has_left(
    live: Ledger, restore: Callable[..., Path], shown: str
) -> None:
    live.set_cap(*ACCOUNTS[0], Spend(3, 30))  # below what is spent of ρ: no job fits
    live.set_cap(*ACCOUNTS[1], Spend(70, 3))
    live.set_cap(*ACCOUNTS[2], PRICE)  # nothing left
    live.set_cap("dataset", "untouched", Spend(1, 1))
    older = live.checkpoint()
    home = restore()
    live.append(notice())
    note = {"none": None, "older": older, "later": live.checkpoint()}[shown]
    assert thawed(home, note, forfeit=True) == Thawed(10, 2)
    assert balances(home) == [(Spend(3, 30), PRICE), (Spend(70, 3), Spend(70, 3)), (PRICE, PRICE)]
    ledger = opened(home)
    assert ledger.balance("dataset", "untouched")[1] == Spend(1, 1)
    assert [ledger.state(f"forfeit/r/{number}") for number in range(3)] == [JobState.FAILED] * 2 + [None]
    details = ledger.records(10, 100)[-1].body["details"]
    assert (details["forfeited"], details["proven"]) == ("2", "false")
    ledger.close()


def test_what_was_reserved_may_have_seen_data_and_what_ended_stays_ended(
    live: Ledger, restore: Callable[..., Path]
) -> None:
    for job in ("open", "failed"):
        reserve(live, job)
    live.fail("failed", failed("failed", touched=False))
    home = restore()
    thawed(home, live.checkpoint())
    ledger = opened(home)
    assert [ledger.state(job) for job in ("before", "open", "failed")] == [
        JobState.RELEASED, JobState.TOUCHED, JobState.FAILED,
    ]  # fmt: skip
    ledger.close()
    assert balances(home) == [(CAP, PRICE + PRICE)] * 3


def test_after_losses_no_unknown_dataset_begins_even_if_a_later_restore_is_proven(
    live: Ledger, restore: Callable[..., Path]
) -> None:
    home = restore()
    thawed(home, live.checkpoint())
    ledger = opened(home)
    ledger.set_cap("dataset", "new", CAP)  # nothing was lost so far
    ledger.append(backup("b"))
    note = ledger.checkpoint()
    ledger.close()
    freeze(home, "b", "lost")
    thawed(home, None, forfeit=True)
    assert note != (home / "log" / "checkpoint.txt").read_text()
    freeze(home, "b", "proven")
    thawed(home, (home / "log" / "checkpoint.txt").read_text())
    ledger = opened(home)
    with pytest.raises(Refused) as told:
        ledger.set_cap("dataset", "newer", CAP)
    assert told.value.code == "account_unproven"
    with pytest.raises(Refused):
        ledger.set_cap("dataset", "a1", CAP)  # only an agreement has this name
    ledger.set_cap("dataset", "new", Spend(71, 31))
    ledger.set_cap("agreement", "newer", CAP)
    ledger.close()


def test_a_thaw_that_was_cut_off_is_not_done_twice_and_another_one_is_done(
    live: Ledger, restore: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, note = restore(), live.checkpoint()
    with monkeypatch.context() as patch:
        patch.setattr(restored.Witness, "keep", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            thawed(home, None, forfeit=True)
    assert thawed(home, note) == Thawed(6, 3)
    size = int((home / "log" / "checkpoint.txt").read_text().split("\n")[1])
    freeze(home, "a", "again")
    assert thawed(home, None, forfeit=True) == Thawed(size, 0)
