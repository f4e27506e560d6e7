"""The rooms of a server: each agreement's workspace, built, opened and given to its jobs. 作业环境."""

from __future__ import annotations

import shutil

from sandbox import jail
from sandbox.errors import IntegrityBroken, Refused, Unavailable
from sandbox.gateway import Gateway
from sandbox.govern import Govern
from sandbox.govern.oidc import provider_of
from sandbox.jobs.datasets import Datasets, quiet
from sandbox.jobs.opening import now, open_gateway, open_rehearsal
from sandbox.jobs.pool import Clock, Pool
from sandbox.jobs.rows import Job
from sandbox.jobs.slots import slots_of
from sandbox.jobs.workspaces import Workspaces
from sandbox.ledger import Ledger
from sandbox.nouns.agreement import Agreement, AgreementState, effective
from sandbox.nouns.load import LAYOUT, Progress, with_columns
from sandbox.nouns.party import LOCAL
from sandbox.nouns.policy import Policy, Use
from sandbox.rehearsal import Rehearsal
from sandbox.seal import Keyring
from sandbox.settings import Settings

SYSTEM = "system"
LEAST_ROOM = 16 << 20
"""Bytes that must be free in the home folder before a job touches data."""


class House:
    """Keys, ledger, parties, datasets, and the gateways that are open. Safe to use from several threads."""

    def __init__(self, settings: Settings, keyring: Keyring, ledger: Ledger, *, works: bool = True) -> None:
        self._works = works
        self.settings, self.keyring, self.ledger = settings, keyring, ledger
        standing = jail.choose(settings.engine_jail, development=settings.development)
        self.datasets = Datasets(settings, standing, keyring, ledger)
        self.govern = Govern(
            ledger, policies=self.datasets.policy, home=settings.home, keyring=keyring,
            provider=provider_of(settings),
        )  # fmt: skip
        self._clock = Clock()
        self.pool: Pool
        """The lanes, which a service opens."""
        lanes = slots_of(settings).lanes

        def busy(agreement: str) -> bool:
            return self.pool.busy(agreement)

        self.workspaces = Workspaces(self._open_gateway, most=2 * lanes, busy=busy)
        self.dummies = Workspaces(self._open_rehearsal, most=lanes, busy=busy)

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

    def drop(self, agreement: str) -> None:
        """Close the agreement's workspace; the next job opens the one in force."""
        for opened in (self.workspaces, self.dummies):
            opened.drop(agreement)

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

    def granted(self, agreement: Agreement) -> tuple[Policy, dict[str, dict[str, frozenset[Use]]]]:
        """The policy in force, and what the agreement grants under it now."""
        policy = self.datasets.policy(agreement.dataset)
        manifest = self.govern.agreed(agreement.id).manifest()
        if manifest is not None:
            policy = with_columns(policy, manifest)
        return policy, effective(policy, agreement.grants)

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
        """A workspace of the policy and layout in force: a plan relies on what that load enforces."""
        manifest = self.govern.agreed(agreement.id).manifest()
        policy = self.datasets.policy(agreement.dataset).sha256
        if manifest is None or (manifest.layout, manifest.policy) != (LAYOUT, policy):
            raise Refused(
                "workspace_missing", "the policy in force of this agreement's dataset is not loaded yet",
                hint="ask the operator to load it, then submit again", status=409,
            )  # fmt: skip
