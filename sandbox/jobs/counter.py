"""The counter of a server: what its faces ask for people, from a submission to its result. 受理."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sandbox import release
from sandbox.errors import Refused
from sandbox.jobs.bell import Bell
from sandbox.jobs.holds import Holds
from sandbox.jobs.house import House
from sandbox.jobs.loads import Loads, Task
from sandbox.jobs.opening import balances_of
from sandbox.jobs.pool import question_of
from sandbox.jobs.previews import dump_preview, load_preview
from sandbox.jobs.queue import Most, Queue
from sandbox.jobs.replays import replay
from sandbox.jobs.rows import Ending, Job, Request
from sandbox.jobs.slots import moment
from sandbox.jobs.states import State
from sandbox.ledger import withdrawals
from sandbox.nouns.agreement import Agreement, Application
from sandbox.nouns.load import LAYOUT
from sandbox.nouns.party import Principal
from sandbox.nouns.release import Balance, Preview, Release
from sandbox.workspace.store import Store

CANCELLED = Ending(State.CANCELLED, "job_cancelled", "the job was cancelled before it started", "")


class Counter(House):
    """What a face asks; ``Service`` is one."""

    queue: Queue
    bell: Bell
    loads: Loads
    holds: Holds

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
        dataset, number = job.dataset, job.number
        return self.ledger.read(lambda it: withdrawals.category_of(it, dataset, number))

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
        """Load now, unless the load in force is of the policy in force, and of this version's layout."""
        policy = self.datasets.policy(dataset)
        manifest = Store(self.settings.home, dataset).manifest()
        if manifest is None or manifest.layout != LAYOUT or manifest.policy != policy.sha256:
            self._load(dataset, actor)

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

    def balances(self, agreement: Agreement) -> list[Balance]:
        """The accounts that a job of this agreement charges."""
        policy = self.datasets.policy(agreement.dataset)
        accounts = (
            ("agreement", agreement.id), ("organisation", agreement.organisation_account),
            ("dataset", agreement.account),
        )  # fmt: skip
        return balances_of(self.ledger, policy, accounts)

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
            return self.queue.record(request, Ending.refused(refusal), now=moment())
        finally:
            self.done(gateway)
        job = self.queue.record(request, Ending(State.RELEASED), now=moment())
        self.keyring.seal_bytes(dump_preview(preview), self._result(job.id), f"result/{job.id}")
        return job

    def _result(self, job: str) -> Path:
        folder = self.settings.home / "results"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / job
