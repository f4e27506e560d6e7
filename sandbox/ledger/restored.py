"""A ledger that came from a backup: frozen until its log is shown to be the newest. 恢复后的冻结与解冻.

A backup knows nothing of what was spent after it. So a restored ledger opens for nobody until somebody
outside supplies the newest checkpoint of its log: where the log is exactly as long and has the same root,
nothing is missing. Where records are missing, what they spent is unknown, and the rule is to take it for
everything: each account is charged in full (``forfeit``), tokens are revoked, agreements suspended, and users
wait for a confirmation, since whoever was shut out may be among what is missing too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select, update

from sandbox.errors import IntegrityBroken, Refused, SandboxError
from sandbox.ledger import jobs, steps, verify
from sandbox.ledger.database import Database, failures
from sandbox.ledger.govern_tables import agreement, departed, member, token, waiting
from sandbox.ledger.journal import Journal, checkpoint_at, tree_head
from sandbox.ledger.note import open_checkpoint
from sandbox.ledger.schema import account, job, record
from sandbox.ledger.states import JobState
from sandbox.ledger.witness import RESTORED, Witness
from sandbox.nouns.event import AgreementChanged, Failed, Notice, Submitted, TokenRevoked, UserHeld
from sandbox.nouns.spend import Spend
from sandbox.seal import Signer

MADE = "backup"
"""``Notice.what`` of a backup."""
THAWED = "restored"
"""``Notice.what`` of the record that a thawed ledger begins with."""
ACTOR = "local"
HELD_BY = "reviewer"
"""Role that must resume the agreements."""
_NOTICES = select(record.c.leaf).where(record.c.kind == Notice.kind, record.c.dataset == "")


@dataclass(frozen=True)
class Thawed:
    """What a thaw found and did."""

    records: int
    """Records of the log as it was restored."""
    forfeited: int
    """Accounts that were charged in full; 0 where nothing was missing."""


def freeze(home: Path, archive: str, restore: str) -> None:
    """Mark a folder's ledger as restored, before the ledger is there."""
    folder = home / "log"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / RESTORED).write_text(json.dumps({"archive": archive, "restore": restore}), encoding="utf-8")


def thaw(
    home: Path,
    signer: Signer,
    origin: str,
    checkpoint: str | None,
    *,
    forfeit: bool = False,
    address: str | Path | None = None,
) -> Thawed:
    """Open a restored ledger for work again.

    Args:
        home: the restored home folder.
        signer: the log's.
        origin: the log's name.
        checkpoint: the newest one that a third party kept; None only with ``forfeit``.
        forfeit: charge every account in full instead of proving that nothing is missing.
        address: where the control database was restored to: a server's URL, or ``ledger.db`` in ``home``.

    Raises:
        Refused: ``not_frozen``, ``restored_elsewhere``, ``checkpoint_needed``, ``checkpoint_older``,
            ``records_missing``.
        IntegrityBroken: ``checkpoint_foreign``; ``log_broken`` when the restored log does not verify.
    """
    marker = home / "log" / RESTORED
    try:
        mark = json.loads(marker.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refused(
            "not_frozen", "this home folder is not frozen", hint="only a restored one is to be thawed"
        ) from None
    database = Database.open(address or home / "ledger.db")
    witness = Witness(home / "log" / "checkpoint.txt")
    try:
        with failures(), database.writer.begin() as connection:
            log = Journal(connection, signer, origin)
            done = _done(connection, mark["restore"])  # a thaw that died just before its last step
            if done is None:
                _check_restored(connection, mark["archive"])
                size = _verified(connection, signer, origin, checkpoint, forfeit=forfeit)
                done = _open(log, size, mark, forfeit=forfeit)
            note = checkpoint_at(connection, tree_head(connection)[0])
    finally:
        database.dispose()
    witness.keep(note)
    witness.settle()
    marker.unlink()
    return done


def check_may_begin(connection: Connection, scope: str, name: str) -> None:
    """A dataset that the restored log did not know may have spent its budget in records that are lost.

    Raises:
        Refused: ``account_unproven``.
    """
    known = select(account.c.name).where(account.c.scope == scope, account.c.name == name)
    if scope != "dataset" or connection.execute(known).first() is not None:
        return
    if any(body["proven"] == "false" for body in _thaws(connection)):
        raise Refused(
            "account_unproven",
            "records of this log were lost: a dataset that it does not know may have spent its budget before",
            hint="make a new installation for it, and tell who watches the log",
        )


def _check_restored(connection: Connection, archive: str) -> None:
    """Raises ``Refused("restored_elsewhere")`` unless this log has the record of the restored backup: of
    another database nothing is known, and an empty one has spent nothing."""
    if not any(
        body["what"] == MADE and body["details"].get("archive") == archive for body in _notices(connection)
    ):
        raise Refused(
            "restored_elsewhere", "this control database is not the one that the backup was restored into",
            hint="set SANDBOX_DATABASE_URL as for the restore, or restore again into an empty folder",
        )  # fmt: skip


def _verified(
    connection: Connection, signer: Signer, origin: str, checkpoint: str | None, *, forfeit: bool
) -> int:
    """The size of the restored log, proven to be the one of the checkpoint."""
    size, _ = tree_head(connection)
    shown = size
    if checkpoint is not None:
        found = open_checkpoint(checkpoint, signer.public_key, origin=origin)
        if found is None:
            raise IntegrityBroken(
                "checkpoint_foreign", "the checkpoint is not signed by this log's key",
                hint="take the text of GET /v1/log/checkpoint of this installation, unchanged",
            )  # fmt: skip
        shown = found.size
    elif not forfeit:
        raise Refused(
            "checkpoint_needed", "without a checkpoint of the log nobody knows what is missing",
            hint="give --checkpoint with the newest one that a third party kept, or --forfeit all budgets",
        )  # fmt: skip
    kept = checkpoint if shown <= size else None  # a later one says nothing of a shorter log
    checked = verify.verify(connection, signer.public_key, origin, kept, witnessed=False)
    if not checked.ok:
        raise IntegrityBroken(
            "log_broken", f"the restored log is broken at record {checked.number}: {checked.reason}",
            hint="restore another backup; keep this one as evidence",
        )  # fmt: skip
    if shown != size and not forfeit:
        raise _not_the_newest(shown, size)
    return size


def _not_the_newest(shown: int, size: int) -> SandboxError:
    if shown < size:
        return Refused(
            "checkpoint_older", f"the checkpoint has {shown} records, the backup has {size}",
            hint="ask who keeps checkpoints for a newer one, or --forfeit all budgets",
        )  # fmt: skip
    return Refused(
        "records_missing", f"the log had {shown} records, the backup has {size}: the rest may have spent",
        hint="restore a newer backup, or --forfeit all budgets",
    )  # fmt: skip


def _open(log: Journal, size: int, mark: dict[str, str], *, forfeit: bool) -> Thawed:
    """Charge what nobody can prove unspent, and record the thaw: two copies of one backup part here."""
    reserved = job.c.state == JobState.RESERVED
    log.connection.execute(
        update(job).where(reserved).values(state=JobState.TOUCHED)
    )  # touch leaves no record
    forfeited = _forfeit(log, mark["restore"]) if forfeit else 0
    if forfeit:
        _restrict(log)
    counts = {"records": str(size), "forfeited": str(forfeited), "proven": str(not forfeit).lower()}
    log.append(Notice(at=steps.now(), actor=ACTOR, what=THAWED, details=mark | counts))
    return Thawed(size, forfeited)


def _forfeit(log: Journal, restore: str) -> int:
    """Charge every account what it has left, by jobs that failed after touch: those are never given back."""
    total = 0
    for row in log.connection.execute(select(account).order_by(*account.primary_key)).all():
        cap, spent = Spend(row.cap_rho, row.cap_delta), Spend(row.spent_rho, row.spent_delta)
        if spent == cap or not spent.within(cap):
            continue  # beyond its cap in one amount it had no room for any job, whatever is missing
        left = Spend(cap.rho - spent.rho, cap.delta - spent.delta)
        name, total = f"forfeit/{restore}/{total}", total + 1
        submission = Submitted(
            at=steps.now(), actor=ACTOR, job=name, agreement="", sql="", rho=left.rho, delta=left.delta
        )
        steps.reserve(log, [(row.scope, row.name)], submission, None)
        jobs.move(log.connection, name, JobState.RESERVED, JobState.TOUCHED)
        steps.fail(
            log,
            Failed(
                at=steps.now(), actor=ACTOR, job=name, agreement="", error="forfeited", touched=True,
                rho=0, delta=0,
            ),
        )  # fmt: skip
    return total


def _restrict(log: Journal) -> None:
    """End every token, suspend every agreement, let every user wait for a confirmation: what is missing may
    have shut them out, and an identity provider would sign them in again."""
    connection, at = log.connection, steps.now()
    in_force = connection.execute(select(token).where(token.c.revoked.is_(None)).order_by(token.c.id)).all()
    for row in in_force:
        connection.execute(update(token).where(token.c.id == row.id).values(revoked=at))
        log.append(TokenRevoked(at=at, actor=ACTOR, token=row.id, user=row.member))
    settled = select(departed.c.member).union(select(waiting.c.name).where(waiting.c.what == "user"))
    known = select(member.c.name).where(member.c.name.not_in(settled)).order_by(member.c.name)
    for name in connection.execute(known).scalars().all():
        connection.execute(insert(waiting).values(what="user", name=name))
        log.append(UserHeld(at=at, actor=ACTOR, user=name))
    active = select(agreement).where(agreement.c.state == "active").order_by(agreement.c.id)
    held = {"state": "suspended", "held_by": HELD_BY}
    for row in connection.execute(active).all():
        connection.execute(update(agreement).where(agreement.c.id == row.id).values(held))
        log.append(
            AgreementChanged(
                at=at, actor=ACTOR, dataset=row.dataset, agreement=row.id, before="active",
                after="suspended", reason="restored without proof", held_by=HELD_BY,
            )
        )  # fmt: skip


def _notices(connection: Connection) -> Iterator[dict[str, Any]]:
    for leaf in connection.execute(_NOTICES).scalars():
        yield json.loads(leaf)


def _thaws(connection: Connection) -> list[dict[str, str]]:
    return [body["details"] for body in _notices(connection) if body["what"] == THAWED]


def _done(connection: Connection, restore: str) -> Thawed | None:
    """What this very thaw did, if it is already on the log."""
    for details in _thaws(connection):
        if details.get("restore") == restore:
            return Thawed(int(details["records"]), int(details["forfeited"]))
    return None
