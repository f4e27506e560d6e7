"""One server process: keys, ledger, parties, datasets, queue, lanes, put together."""

from __future__ import annotations

import logging
import math
import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Self

from sandbox import classify, jail, noise, release
from sandbox.errors import IntegrityBroken, Refused, SandboxError, Unavailable
from sandbox.gateway import Gateway
from sandbox.govern import Govern
from sandbox.govern.oidc import provider_of
from sandbox.intake import stamp
from sandbox.jobs.bell import Bell
from sandbox.jobs.datasets import Datasets, quiet
from sandbox.jobs.holding import hold_home
from sandbox.jobs.holds import Holds, approved
from sandbox.jobs.loads import Loads, Task
from sandbox.jobs.opening import balances_of, now, open_gateway, open_rehearsal
from sandbox.jobs.pool import Clock, Pool, question_of
from sandbox.jobs.previews import dump_preview, load_preview
from sandbox.jobs.queue import Most, Queue
from sandbox.jobs.replays import replay
from sandbox.jobs.rows import Ending, Job, Request
from sandbox.jobs.slots import moment, slots_of
from sandbox.jobs.states import State
from sandbox.jobs.workspaces import Workspaces
from sandbox.ledger import Ledger, withdrawals
from sandbox.nouns.agreement import Agreement, AgreementState, Application, effective
from sandbox.nouns.job import Case
from sandbox.nouns.load import Progress, with_columns
from sandbox.nouns.party import LOCAL, Principal
from sandbox.nouns.policy import Policy, Use
from sandbox.nouns.release import Balance, Preview, Release
from sandbox.rehearsal import Rehearsal
from sandbox.seal import Keyring
from sandbox.settings import Settings
from sandbox.workspace.store import Store

SYSTEM = "system"
PATIENCE = 5.0
"""Seconds that running jobs get at the end of a server, at fixed moments after their slot."""
TIDY_SECONDS = 30.0
"""How often ended agreements are looked for. ``still_allowed`` does not wait for it."""
LEAST_ROOM = 16 << 20
"""Bytes that must be free in the home folder before a job touches data."""
log = logging.getLogger("sandbox.jobs")
CANCELLED = Ending(State.CANCELLED, "job_cancelled", "the job was cancelled before it started", "")


class Service:
    """Everything behind the REST face, or a worker beside it. One per home folder with SQLite, several with
    PostgreSQL; ``open`` sees to it."""

    def __init__(
        self, settings: Settings, keyring: Keyring, ledger: Ledger, lock: int, *, works: bool = True
    ) -> None:
        self._works = works
        self.settings, self.keyring, self.ledger = settings, keyring, ledger
        standing = jail.choose(settings.engine_jail, development=settings.development)
        self.datasets = Datasets(settings, standing, keyring, ledger)
        self.govern = Govern(
            ledger, policies=self.datasets.policy, home=settings.home, keyring=keyring,
            provider=provider_of(settings),
        )  # fmt: skip
        self.queue = Queue(ledger)
        self.bell = Bell(self.queue.ended)
        self.loads = Loads(ledger, self._load)
        self._lock = lock
        self._clock = Clock()
        slots = slots_of(settings)
        self.holds = Holds(ledger, keyring, settings.home, slots, self.govern.moment)
        self.pool = Pool(self.queue, self, self._clock, slots, works=works)
        self.workspaces = Workspaces(self._open_gateway, most=2 * slots.lanes, busy=self.pool.busy)
        self.dummies = Workspaces(self._open_rehearsal, most=slots.lanes, busy=self.pool.busy)
        self._over = threading.Event()
        self._tidying = threading.Thread(target=self._tidy, name="sandbox-tidy", daemon=True)

    @classmethod
    def open(cls, settings: Settings, *, works: bool = True) -> Self:
        """Open a home folder for serving or working.

        Args:
            settings: of this installation.
            works: whether this process takes jobs and loads; otherwise workers do.

        Raises:
            Unavailable: ``server_running`` when the home folder is held by a server that must be the only
                one; no jail, no keys, no database.
            IntegrityBroken: the log does not verify.
        """
        lock = hold_home(settings.home, alone=settings.database_url is None)
        try:
            keyring = Keyring.open(settings.home)
            ledger = Ledger.of(settings, keyring.signer)
        except BaseException:
            os.close(lock)
            raise
        try:
            ledger.recover()
            return cls(settings, keyring, ledger, lock, works=works)
        except BaseException:
            ledger.close()
            os.close(lock)
            raise

    def start(self) -> None:
        """Begin to work off jobs and loads."""
        alone = self.settings.database_url is None
        if self._works:
            self.loads.work(alone=alone)
            noise.warm()
        self.pool.start(alone=alone)
        self.bell.start()
        self._tidying.start()

    @staticmethod
    def warm() -> None:
        """Import what the first answer needs, which would otherwise count as its own time."""
        _warm()

    def drain(self, unless: threading.Event, seconds: float = math.inf) -> None:
        """Take no more jobs and let those that run end, ``unless`` something is set; then ``close``."""
        self.pool.drain(unless, seconds)

    @property
    def patience(self) -> float:
        """Seconds that a server which ends gives the jobs that run."""
        return PATIENCE + (self.pool.slots.length / 1000 if self.pool.slots.fixed else 0)

    def close(self) -> None:
        """Stop working, end all engines, release the home folder."""
        self._over.set()
        self.bell.close()
        if self._tidying.is_alive():
            self._tidying.join()
        self.pool.close()
        self.loads.close()
        self.workspaces.close()
        self.dummies.close()
        with suppress(SandboxError):  # a ledger that cannot be written now loses a count of failures, no more
            self.govern.settle(everything=True)
        self.ledger.close()
        os.close(self._lock)

    # -- what the lanes ask ----------------------------------------------------------------------------------

    def gateway(self, agreement: str, *, dummy: bool = False) -> Gateway:
        """The open gateway of an agreement, or of its dummy, none under a policy since replaced.

        ``done`` gives it back.

        Raises:
            Refused: ``workspace_missing``.
        """
        self._require_workspace(self.govern.agreement(LOCAL, agreement))
        if dummy:
            return self.dummies.take(agreement)
        self.workspaces.drop_other(agreement, self.govern.workspace_in_force(agreement))
        return self.workspaces.take(agreement)

    def done(self, gateway: Gateway) -> None:
        """A job no longer uses a gateway; one that was replaced meanwhile is closed with its last job."""
        (self.dummies if isinstance(gateway, Rehearsal) else self.workspaces).done(gateway)

    def still_allowed(self, agreement: str, job: str = "") -> None:
        """Raises Refused when the agreement has ended or a stop is in force."""
        self.govern.still_allowed(agreement, job=job)

    def check_room(self) -> None:
        """Whether the home folder can take an answer: a job whose answer cannot be sealed is paid and lost.

        Raises:
            Unavailable: ``no_scratch``.
        """
        if shutil.disk_usage(self.settings.home).free < LEAST_ROOM:
            raise Unavailable(
                "no_scratch", "there is no room to write a file",
                hint="free space under SANDBOX_HOME; `sandbox doctor` shows it",
            )  # fmt: skip

    def check_ready(self) -> None:
        """Whether jobs can be taken and answered now.

        Raises:
            Unavailable: ``ledger_unavailable``, ``no_scratch``.
        """
        self.ledger.checkpoint()
        self.check_room()

    def keep(self, job: Job, answer: Release) -> None:
        """Seal an answer from invented rows for its developer; a release is sealed where it was recorded."""
        if job.mode == "dummy":
            self.keyring.seal_bytes(release.dump(answer), self._result(job.id), f"result/{job.id}")

    def ended(self, job: Job) -> None:
        """Wake who waits for a job."""
        self.bell.ring(job.id)

    def case(self, job: Job) -> Case:
        """The job as reviewers know it: until when a hold of it lasts, and whether it may go on."""
        until = job.visible_at + round(3_600_000 * self.settings.hold_hours)
        return Case(job.id, until, approved=self.ledger.read(lambda it: approved(it, job.id)))

    def let_go(self, job: Job, permitted: Callable[[], None], hold: Callable[[], None]) -> Release | None:
        """Release the answer that a reviewer let go, at its booked moment; None when none waits.

        Raises:
            IntegrityBroken: ``job_foreign``.
        """
        self._check_own(job)
        return self.holds.let_go(job, permitted, hold, lambda: stamp(self._clock.now()))

    def failed(self, job: Job) -> None:
        """Hold the agreement of a job that failed after data was touched, until a reviewer resumes it."""
        self.govern.hold(job.agreement, reason="job_failed")

    def drop(self, agreement: str) -> None:
        """Close the agreement's workspace; the next job opens the one in force."""
        for opened in (self.workspaces, self.dummies):
            opened.drop(agreement)

    # -- what ends by itself --------------------------------------------------------------------------------

    def end_overdue(self) -> None:
        """End agreements whose term is over, destroy their workspaces, and close engines that have them open,
        also of agreements that another process ended; then end holds that nobody may decide any more."""
        self.govern.expire()
        live = (AgreementState.ACTIVE, AgreementState.SUSPENDED)
        for number in {*self.workspaces.held(), *self.dummies.held()}:
            if self.govern.agreement(LOCAL, number).at(now()) not in live:
                self.drop(number)
        self.holds.tidy()

    def _tidy(self) -> None:
        while not self._over.wait(TIDY_SECONDS):
            try:
                self.end_overdue()
                self.govern.settle()
            except Exception as error:
                log.error("tidy: %s", type(error).__name__)

    # -- what the faces ask ----------------------------------------------------------------------------------

    def submit(self, agreement: Agreement, actor: str, sql: str, epsilon: str, mode: str) -> Job:
        """Admit a job, or answer it at once: a preview, or what is out already.

        Raises:
            Refused: the agreement may not run, or has no workspace yet; ``too_many_jobs``.
            Unavailable: ``no_scratch``.
        """
        self.still_allowed(agreement.id)
        self.check_room()
        self._require_workspace(agreement)
        request = Request(
            organisation=agreement.organisation, actor=actor, agreement=agreement.id,
            dataset=agreement.dataset, mode=mode, sql=sql, epsilon=epsilon,
        )  # fmt: skip
        if mode == "preview":
            return self._preview(request, agreement)
        slots, most = self.pool.slots, Most(self.settings.jobs_per_agreement, self.settings.jobs_per_user)
        if (replayed := self._replay(request, most)) is not None:
            return replayed
        job = self.queue.enqueue(
            request, now=moment(), slot=slots.length, lanes=slots.booked, most=most
        )  # fmt: skip
        self.pool.wake()
        return job

    def result(self, job: Job) -> Release | Preview:
        """What a released job answered.

        Raises:
            Refused: ``withdrawn``.
            IntegrityBroken: ``release_broken``, ``job_foreign``.
        """
        self._check_own(job)
        if job.mode == "run":
            shelf = release.Shelf(self.keyring, self.ledger, Store(self.settings.home, job.dataset))
            return replace(shelf.fetch(job.number or 0, job.agreement), replayed=job.replayed)
        data = self.keyring.unseal_bytes(self._result(job.id), f"result/{job.id}")
        return load_preview(data) if job.mode == "preview" else release.load(data)

    def withdrawn(self, job: Job) -> str | None:
        """Category under which a released job's answer was taken back; None when it was not."""
        if job.state is not State.RELEASED or job.number is None:
            return None
        return withdrawals.category_of(self.ledger, job.dataset, job.number)

    def cancel(self, job: Job) -> Job:
        """Cancel a queued job.

        Raises:
            Refused: ``job_not_queued``.
        """
        if not self.queue.cancel([job.id], CANCELLED):
            raise Refused(
                "job_not_queued", "only a job that waits, in the queue or for a reviewer, can be cancelled",
                hint="a running job has its price reserved; wait for its answer", status=409,
            )  # fmt: skip
        self.bell.ring(job.id)
        self.holds.tidy()
        found = self.queue.get(job.id)
        assert found is not None
        return found

    def load(self, dataset: str, actor: str) -> Task:
        """Begin a load; at its end the workspaces of the dataset's agreements are built anew."""
        self.datasets.policy(dataset)
        return self.loads.start(dataset, actor)

    def ensure_loaded(self, dataset: str, actor: str) -> None:
        """Load now, unless the load in force is of the policy in force."""
        policy = self.datasets.policy(dataset)
        manifest = Store(self.settings.home, dataset).manifest()
        if manifest is None or manifest.policy != policy.sha256:
            self._load(dataset, actor)

    def build_workspace(self, agreement: Agreement) -> None:
        """Build an agreement's workspace from the snapshot in force, if there is one, and open it."""
        if self.datasets.loaded(agreement.dataset):
            self.datasets.intake(agreement.dataset, SYSTEM).build_workspace(agreement, self.govern)
            self.drop(agreement.id)
            if self._works:
                gateway = self.gateway(agreement.id)
                try:
                    gateway.workspace.data()
                finally:
                    self.done(gateway)

    def review_job(self, who: Principal, job: str, *, release: bool, reason: str, basis: str) -> Job:
        """Let a held job go on, or refuse it; raises as ``Holds.review``."""
        decided = self.holds.review(who, job, release=release, reason=reason, basis=basis)
        self.pool.wake()
        return decided

    def review(
        self, who: Principal, application: str, *, approve: bool, reason: str, basis: str
    ) -> Application:
        """Decide an application; an approval builds the agreement's workspace."""
        decided = self.govern.review(who, application, approve=approve, reason=reason, basis=basis)
        if decided.agreement:
            self.build_workspace(self.govern.agreement(who, decided.agreement))
        return decided

    def granted(self, agreement: Agreement) -> tuple[Policy, dict[str, dict[str, frozenset[Use]]]]:
        """The policy in force, and what the agreement grants under it now."""
        policy = self.datasets.policy(agreement.dataset)
        manifest = self.govern.agreed(agreement.id).manifest()
        if manifest is not None:
            policy = with_columns(policy, manifest)
        return policy, effective(policy, agreement.grants)

    def balances(self, agreement: Agreement) -> list[Balance]:
        """The accounts that a job of this agreement charges."""
        policy = self.datasets.policy(agreement.dataset)
        accounts = (
            ("agreement", agreement.id), ("organisation", agreement.organisation_account),
            ("dataset", agreement.account),
        )  # fmt: skip
        return balances_of(self.ledger, policy, accounts)

    def _load(self, dataset: str, actor: str, progress: Progress = quiet) -> None:
        self.datasets.load(dataset, actor, progress)
        moment = now()
        for agreement in self.govern.agreements(LOCAL):
            live = agreement.at(moment) in (AgreementState.ACTIVE, AgreementState.SUSPENDED)
            if agreement.dataset == dataset and live:
                self.build_workspace(agreement)

    def _open_gateway(self, number: str) -> Gateway:
        """Open the workspace in force, if it is the one that the log names.

        Raises:
            Refused: ``workspace_missing``.
            IntegrityBroken: ``manifest_broken``.
        """
        agreement = self.govern.agreement(LOCAL, number)
        self._require_workspace(agreement)
        agreed = self.govern.agreed(number)
        manifest = agreed.manifest()
        if manifest is None or manifest.workspace_sha256 != self.govern.workspace_in_force(number):
            raise IntegrityBroken(
                "manifest_broken", "the workspace in place is not the one that the log names",
                hint="load the dataset again",
            )  # fmt: skip
        intake = self.datasets.intake(agreement.dataset, SYSTEM)
        return open_gateway(
            intake, manifest, self.granted(agreement)[1],
            sealed=agreed.sealed(manifest.workspace), clock=self._clock.now,
        )  # fmt: skip

    def _open_rehearsal(self, number: str) -> Gateway:
        """The same on invented rows, whether or not the real workspace is open."""
        agreement = self.govern.agreement(LOCAL, number)
        intake = self.datasets.intake(agreement.dataset, SYSTEM)
        return open_rehearsal(self._open_gateway(number), intake)

    def _check_own(self, job: Job) -> None:
        """A job is of its agreement's organisation and dataset, as the log has them: a row that says
        otherwise was made by hand, and is neither run nor shown."""
        agreement = self.govern.agreement(LOCAL, job.agreement)
        if (job.organisation, job.dataset) != (agreement.organisation, agreement.dataset):
            raise IntegrityBroken(
                "job_foreign", "the job is not of its agreement's organisation and dataset",
                hint="somebody changed the table of jobs by hand; find out who",
            )  # fmt: skip

    def _require_workspace(self, agreement: Agreement) -> None:
        """A workspace of the policy in force: a plan relies on the masks and bounds of that load."""
        manifest = self.govern.agreed(agreement.id).manifest()
        if manifest is None or manifest.policy != self.datasets.policy(agreement.dataset).sha256:
            raise Refused(
                "workspace_missing", "the policy in force of this agreement's dataset is not loaded yet",
                hint="ask the operator to load it, then submit again", status=409,
            )  # fmt: skip

    def _replay(self, request: Request, most: Most) -> Job | None:
        if self.pool.slots.fixed or request.mode != "run":
            return None
        number = request.agreement
        gateway = self.workspaces.opened(number, self.govern.workspace_in_force(number))
        if gateway is None:
            return None
        try:
            return replay(
                request, gateway, self.queue, self.pool.slots, most, lambda: self.still_allowed(number)
            )  # fmt: skip
        finally:
            self.done(gateway)

    def _preview(self, request: Request, agreement: Agreement) -> Job:
        gateway = self.gateway(agreement.id)
        try:
            preview = gateway.preview(question_of(request, gateway))
        except Refused as refusal:
            why = Ending(State.REFUSED, refusal.code, refusal.reason, refusal.hint, refusal.position)
            return self.queue.record(request, why, now=moment())
        finally:
            self.done(gateway)
        job = self.queue.record(request, Ending(State.RELEASED), now=moment())
        self.keyring.seal_bytes(dump_preview(preview), self._result(job.id), f"result/{job.id}")
        return job

    def _result(self, job: str) -> Path:
        folder = self.settings.home / "results"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / job


@cache
def _warm() -> None:
    """OpenDP, Presidio's recognizers, and pandas, which Arrow's first column of Python values brings in: none
    may be imported between touching data and an answer's booked moment. An idle server has none of them."""
    import pyarrow as pa

    noise.warm().join()
    pa.array([0])
    classify.mask_text("13800138000")
