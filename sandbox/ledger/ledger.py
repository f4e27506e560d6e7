"""The ledger: budget accounts, jobs, stored releases and the disclosure log, changed all together or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from sandbox.errors import IntegrityBroken, Unavailable
from sandbox.ledger import accounts as budget
from sandbox.ledger import held, jobs, journal, merkle, restored, steps, verify
from sandbox.ledger.accounts import Account
from sandbox.ledger.database import Database, failures, weaknesses
from sandbox.ledger.expected import CAP_SET
from sandbox.ledger.held import Sealed
from sandbox.ledger.journal import Journal, Record
from sandbox.ledger.note import Checkpoint, sign_checkpoint
from sandbox.ledger.schema import record as record_table
from sandbox.ledger.states import JobState, WrongState
from sandbox.ledger.steps import Recovered
from sandbox.ledger.verify import Verification
from sandbox.ledger.witness import Witness
from sandbox.ledger.writer import Writer
from sandbox.nouns.event import Event, Failed, JobHeld, Notice, Released, Submitted
from sandbox.nouns.spend import Spend
from sandbox.seal import Signer
from sandbox.settings import Settings

ORIGIN = "data-sandbox/log"
"""The log's name in its checkpoints."""

Result = TypeVar("Result")


class Ledger:
    """Everything that must be true together, behind one writer thread. Safe to use from several threads.

    Every method raises ``Unavailable("ledger_unavailable")`` when the database fails, without its text.
    """

    def __init__(self, database: Database, signer: Signer, origin: str, witness: Witness) -> None:
        self._database = database
        self._signer = signer
        self._origin = origin
        self._witness = witness
        self._writer = Writer(database.writer)
        self._abandoned: set[str] = set()
        """Jobs of this process whose last step the database did not answer: nobody works on them any more."""

    @classmethod
    def open(
        cls, address: str | Path, signer: Signer, *, origin: str = ORIGIN, checkpoint: Path | None = None
    ) -> Ledger:
        """Open a ledger, make or update its tables, and check the newest head of its log.

        Args:
            address: path of an SQLite file, or a database URL.
            signer: signs the log's checkpoints; its key must be the one that signed the log so far.
            origin: the log's name.
            checkpoint: where the newest checkpoint is kept outside the database; ``log/checkpoint.txt``
                beside an SQLite file, nowhere for a server, unless given.

        Raises:
            Unavailable: ``ledger_unavailable``, ``ledger_newer``, ``database_invalid``,
                ``database_driver_missing``, ``restored_frozen``.
            IntegrityBroken: ``log_broken``.
        """
        database = Database.open(address)
        if checkpoint is None and database.folder is not None:
            checkpoint = database.folder / "log" / "checkpoint.txt"
        ledger = cls(database, signer, origin, Witness(checkpoint))
        try:
            ledger._witness.check_not_restored()
            ledger._check_tip()
        except BaseException:
            ledger.close()
            raise
        return ledger

    @classmethod
    def of(cls, settings: Settings, signer: Signer) -> Ledger:
        """Open an installation's ledger, wherever its settings keep it; raises as ``open``.

        The checkpoint is remembered in the home folder whatever the database: a home folder whose budgets
        were spent in one database does not open an empty other one.
        """
        checkpoint = settings.home / "log" / "checkpoint.txt"
        return cls.open(settings.control_database, signer, checkpoint=checkpoint)

    def close(self) -> None:
        """Finish what is queued and close; idempotent."""
        self._writer.close()
        self._database.dispose()

    def weaknesses(self) -> list[str]:
        """Settings of the database's server under which an acknowledged record may be lost."""
        return self._read(weaknesses)

    # -- budget ----------------------------------------------------------------------------------------------

    def set_cap(self, scope: str, name: str, cap: Spend, *, actor: str = "system") -> None:
        """Make an account or change its cap, and record it. Nothing happens when the cap is already so.

        A cap below what is spent is allowed: then nothing more fits.
        """
        budget.check_account(scope, name)
        kept = budget.kept_cap(cap)
        details = {"scope": scope, "name": name, "rho": str(kept.rho), "delta": str(kept.delta)}

        def work(log: Journal) -> None:
            restored.check_may_begin(log.connection, scope, name)
            if budget.set_cap(log.connection, scope, name, kept):
                log.append(Notice(at=steps.now(), actor=actor, what=CAP_SET, details=details))

        self._write(work)

    def balance(self, scope: str, name: str) -> tuple[Spend, Spend]:
        """(cap, spent) of an account; what is reserved counts as spent. Both nothing for an unknown one."""
        return self._read(lambda connection: budget.balance(connection, scope, name))

    def balances(self, accounts: Sequence[Account]) -> list[tuple[Spend, Spend]]:
        """``balance`` of several accounts, at one moment."""
        return self._read(lambda connection: budget.balances(connection, accounts))

    def accounts(self) -> list[Account]:
        """(scope, name) of every account, in order."""
        return self._read(budget.listed)

    # -- jobs ------------------------------------------------------------------------------------------------

    def reserve(
        self,
        job: str,
        accounts: Sequence[Account],
        price: Spend,
        event: Submitted,
        *,
        replay_key: str | None = None,
    ) -> int:
        """Set a price aside on every account, durably: the one door to data.

        Args:
            job: a name never used before.
            accounts: (scope, name) of each account; every one is charged the whole price.
            price: what the job will cost, whatever comes out.
            event: its record; the same job and price, ``accounts`` is filled in here.
            replay_key: the question's key, if no second job may work on the same question.

        Returns:
            The record's number.

        Raises:
            Refused: ``budget_exhausted``; with ``replay_key`` also ``job_in_progress``, ``already_released``.
                Nothing was written.
        """
        steps.check_submission(job, accounts, price, event)
        return self._step(job, lambda log: steps.reserve(log, accounts, event, replay_key))

    def touch(self, job: str) -> None:
        """Durably note that the job may see data from now on: its price is spent.

        Raises:
            WrongState: the job is not reserved; it must not see data.
        """
        self._step(job, lambda log: jobs.move(log.connection, job, JobState.RESERVED, JobState.TOUCHED))

    def finish(
        self,
        job: str,
        event: Released,
        *,
        replay_key: str,
        path: str,
        result_sha256: str,
        permitted: Callable[[], None] = lambda: None,
    ) -> int:
        """Record a release and make it replayable. Only after this returns may the answer leave.

        Args:
            job: a touched job.
            event: its record; ``result`` is ``result_sha256``, ``stored`` is filled in here.
            replay_key: the question's key.
            path: where the caller stored the sealed release; not shown in the log.
            result_sha256: SHA-256 of the stored release.
            permitted: asked last, with the log locked: a stop or an end recorded before this release is seen.
                Whatever it raises undoes the step.

        Returns:
            The record's number, which is the release's.

        Raises:
            WrongState: the job is not touched (another process may have ended it); release nothing.
        """
        if event.job != job or event.result != result_sha256:
            raise ValueError("the record is of another job or result")

        def work(log: Journal) -> int:
            number = steps.finish(log, event, replay_key, path)
            permitted()
            return number

        return self._step(job, work)

    def hold(
        self,
        event: JobHeld,
        *,
        until: int,
        answer: Sealed | None = None,
        permitted: Callable[[], None] = lambda: None,
    ) -> int:
        """Keep a job back for a reviewer. A measured answer stays paid for, and no process's death ends it.

        Args:
            event: its record; ``result`` is the hash of the answer that was sealed.
            until: UTC milliseconds at which it is refused without a verdict.
            answer: what was measured and sealed; None when no data was touched.
            permitted: as in ``finish``.

        Returns:
            The record's number.

        Raises:
            WrongState: the answer's job is not touched.
        """

        def work(log: Journal) -> int:
            number = held.note(log, event, until, answer)
            permitted()
            return number

        return self._write(work)

    def fail(self, job: str, event: Failed) -> int:
        """End a job without an answer: untouched, its price is given back; touched, it stays spent.

        Args:
            job: a reserved or touched job.
            event: its record; ``touched`` must be so, the amounts are filled in here.

        Raises:
            WrongState: the job is not in the state that ``event.touched`` claims.
        """
        if event.job != job:
            raise ValueError("the record is of another job")
        return self._step(job, lambda log: steps.fail(log, event))

    def state(self, job: str) -> JobState | None:
        """A job's state; None for an unknown one."""
        return self._read(lambda connection: jobs.state_of(connection, job))

    def recover(self, actor: str = "system") -> list[Recovered]:
        """End the open jobs of dead processes, and those that this one had to give up when the database was
        gone: reserved ones get their price back, touched ones do not."""
        left = self._read(jobs.open_jobs)
        ended = []
        for job, state, submitted, owner in left:
            if job in self._abandoned or not owner.alive():
                event = steps.left_behind(self.record(submitted), actor, touched=state is JobState.TOUCHED)
                try:
                    number = self.fail(job, event)
                except WrongState:
                    continue  # another process was faster
                ended.append(Recovered(job, event.touched, number))
        self._abandoned -= {job for job, *_ in left}
        return ended

    # -- log -------------------------------------------------------------------------------------------------

    def append(self, event: Event) -> int:
        """Record any other act; returns its number.

        Raises:
            ValueError: the event moves budget, which only the methods above may.
        """
        moves_budget = isinstance(event, Submitted | Released | Failed)
        if moves_budget or (isinstance(event, Notice) and event.what == CAP_SET):
            raise ValueError(f"a {event.kind} record that moves budget is written with the budget alone")
        return self._write(lambda log: log.append(event))

    def records(self, start: int = 0, limit: int = 100) -> list[Record]:
        """Up to ``limit`` records from number ``start`` on."""
        query = (
            select(record_table.c.number, record_table.c.leaf)
            .where(record_table.c.number >= start)
            .order_by(record_table.c.number)
            .limit(limit)
        )
        return self._read(
            lambda connection: [Record(row.number, row.leaf) for row in connection.execute(query)]
        )

    def seen(self, agreements: Sequence[str], start: int = 0, limit: int = 100) -> list[Record]:
        """Up to ``limit`` records from ``start`` on that the developers of these agreements may see."""
        return self._read(lambda connection: journal.seen(connection, agreements, start, limit))

    def record(self, number: int) -> Record:
        """One record.

        Raises:
            KeyError: there is none of this number.
        """
        found = self._read(lambda connection: journal.one(connection, number))
        if found is None:
            raise KeyError(number)
        return found

    def latest(self, kind: str, dataset: str) -> Mapping[str, Any] | None:
        """The newest record of a kind about a dataset, as plain data; None when there is none."""
        found = self.all_of(kind, dataset, limit=1)
        return found[0] if found else None

    def all_of(self, kind: str, dataset: str, *, limit: int | None = None) -> list[Mapping[str, Any]]:
        """Records of a kind about a dataset, as plain data with their ``number``, newest first."""
        return self._read(lambda connection: list(journal.bodies(connection, kind, dataset, limit)))

    def checkpoint(self) -> str:
        """The newest tree head, signed: a C2SP checkpoint."""

        def work(connection: Connection) -> str:
            size, _ = journal.tree_head(connection)
            note = journal.checkpoint_at(connection, size) if size else self._empty()
            if note is None:
                raise IntegrityBroken("log_broken", "the newest record of the log is missing")
            return note

        return self._read(work)

    def proof(self, number: int) -> str:
        """A C2SP tlog-proof that a record is in the log, for ``verify_proof``.

        Raises:
            KeyError: there is none of this number.
        """
        return self._read(lambda connection: journal.prove(connection, number))

    def copy(self, target: Path) -> str:
        """Copy the database into a new SQLite file, check its head, and return it: a C2SP checkpoint.

        Raises:
            IntegrityBroken: ``log_broken``.
        """
        kept = self._witness.read()  # before the copy, so that the copy may only be later
        self._database.copy(target)
        draft = Ledger(Database.open(target), self._signer, self._origin, Witness(None))
        try:
            draft._check_tip(kept)
            return draft.checkpoint()
        finally:
            draft.close()

    def verify(self) -> Verification:
        """Recompute everything from the leaves; see ``sandbox.ledger.verify``."""
        kept = self._witness.read()
        key, origin, witnessed = self._signer.public_key, self._origin, self._witness.expected
        return self._read(lambda it: verify.verify(it, key, origin, kept, witnessed=witnessed))

    # -- the tables beside the log ---------------------------------------------------------------------------

    def act(self, work: Callable[[Journal], Result], *, beside: bool = False) -> Result:
        """Change other tables and record it, in one transaction. The records must not move budget unless
        ``work`` moves the accounts with them.

        Args:
            work: gets the log.
            beside: keep the writers of ``transact`` waiting too, so that what ``work`` has read of their
                tables is still so when it writes.
        """

        def alone(log: Journal) -> Result:
            self._database.one_at_a_time(log.connection)
            return work(log)

        return self._write(alone if beside else work)

    def transact(self, work: Callable[[Connection], Result]) -> Result:
        """Change tables that are neither budget nor log, in one transaction, one at a time."""

        def unit(connection: Connection) -> Result:
            self._database.one_at_a_time(connection)
            return work(connection)

        return self._writer.run(unit, lambda _: None)

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """Read tables that are neither budget nor log, at one moment."""
        return self._read(work)

    # -- within ----------------------------------------------------------------------------------------------

    def _write(self, work: Callable[[Journal], Result]) -> Result:
        def unit(connection: Connection) -> tuple[Result, str | None]:
            self._witness.settle()
            verify.check_continues(connection, self._witness.read())
            log = Journal(connection, self._signer, self._origin)
            return work(log), log.note

        return self._writer.run(unit, lambda done: self._witness.keep(done[1]))[0]

    def _step(self, job: str, work: Callable[[Journal], Result]) -> Result:
        """A step of a job. Unanswered, nobody knows whether it was taken, so the job goes no further."""
        try:
            return self._write(work)
        except Unavailable:
            self._abandoned.add(job)
            raise

    def _read(self, work: Callable[[Connection], Result]) -> Result:
        with failures(), self._database.reader.begin() as connection:
            return work(connection)

    def _empty(self) -> str:
        return sign_checkpoint(Checkpoint(self._origin, 0, merkle.root(())), self._signer)

    def _check_tip(self, kept: str | None = None) -> None:
        key, origin, witnessed = self._signer.public_key, self._origin, self._witness.expected
        kept = kept or self._witness.read()
        if kept is None and witnessed:
            if self._read(journal.tree_head)[0] == 0:
                self._witness.keep(self._empty())
            kept = self._witness.read()
        found = self._read(lambda it: verify.check_tip(it, key, origin, kept, witnessed=witnessed))
        if not found.ok:
            raise IntegrityBroken(
                "log_broken",
                f"the disclosure log is broken at record {found.number}: {found.reason}",
                hint="run `sandbox log verify`; nothing is answered until this is explained",
            )
