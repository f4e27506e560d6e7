"""``Sandbox.local``: an operator's own machine. Load, then query; no server, one built-in agreement."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, overload

from sandbox import jail, noise
from sandbox.dummy import sample
from sandbox.errors import IntegrityBroken, detached
from sandbox.gateway import Gateway
from sandbox.intake import Intake, every_use, stamp
from sandbox.jobs.opening import balances_of, claim_account, dataset_cap, now, open_gateway, open_rehearsal
from sandbox.ledger import Ledger
from sandbox.ledger.holds import REVIEWED, touched_failures, unreviewed_failures
from sandbox.nouns.asking import check_asked
from sandbox.nouns.catalogue import Catalogue, catalogue
from sandbox.nouns.event import Loaded, Notice, PolicyAccepted
from sandbox.nouns.job import Question, to_epsilon
from sandbox.nouns.keys import with_keys
from sandbox.nouns.load import LAYOUT, LoadReport, Manifest, Progress, with_columns
from sandbox.nouns.policy import Policy
from sandbox.nouns.release import BudgetView, Preview, Release
from sandbox.nouns.spend import Spend
from sandbox.policy import load_policy
from sandbox.rehearsal import Rehearsal
from sandbox.seal import Keyring, pseudonym_key
from sandbox.settings import Settings
from sandbox.source.match import source_fingerprint
from sandbox.workspace.store import Store


class LocalSandbox:
    """A dataset on this machine, loaded and ready to be asked.

    Use ``Sandbox.local``; a context manager. Safe to call from several threads.
    """

    def __init__(self, policy: Policy, gateway: Gateway, rehearsal: Rehearsal, report: LoadReport) -> None:
        self.policy = policy
        self.report = report
        """What the load did: exact counts, for the operator."""
        self.ledger = gateway.ledger
        """Budget accounts and the disclosure log."""
        self._gateway, self._rehearsal = gateway, rehearsal
        self._last_price: Spend | None = None

    @classmethod
    @detached()
    def open(
        cls,
        policy: str | Path,
        *,
        home: str | Path | None = None,
        replay: bool = True,
        progress: Progress | None = None,
        key: bytes | None = None,
        settings: Settings | None = None,
    ) -> Self:
        """Load the policy's sources, unless the load in force is of the same policy and sources.

        Args:
            policy: path of the policy file.
            home: folder of keys, ledger and sealed files; ``SANDBOX_HOME`` or ``~/.data-sandbox`` when None.
            replay: answer an identical query from its stored release, free.
            progress: called as ``progress(step, done, total)`` during a load.
            key: pseudonym key for this process alone, instead of the policy's variable or the home's key.

            settings: instead of those of the environment; ``home`` still wins.

        Raises:
            PolicyInvalid, LoadFailed, Unavailable, IntegrityBroken.
        """
        checked = load_policy(policy)
        settings = settings or Settings()
        settings = settings if home is None else settings.model_copy(update={"home": Path(home)})
        standing = jail.choose(settings.engine_jail, development=settings.development)
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _warm()
        keyring = Keyring.open(settings.home)
        ledger = Ledger.of(settings, keyring.signer)
        try:
            store = Store(settings.home, checked.dataset)
            for ended in ledger.recover():
                drop_release(keyring, store, ended.job)
            _announce(ledger, checked, standing)
            intake = Intake(
                policy=checked, settings=settings, standing=standing,
                store=store, keyring=keyring, ledger=ledger,
                key=key or pseudonym_key(checked.key.env, settings.home), actor=ACTOR, now=now,
                progress=progress or _quiet,
            )  # fmt: skip
            manifest, report = load_or_reuse(intake)
            gateway = build_gateway(intake, manifest, replay=replay)
            set_caps(ledger, checked)
        except BaseException:
            ledger.close()
            raise
        return cls(checked, gateway, open_rehearsal(gateway, intake), report)

    @overload
    def query(
        self, sql: str, *, epsilon: object = ..., keys: object = ..., mode: Literal["run", "dummy"] = ...
    ) -> Release: ...
    @overload
    def query(
        self, sql: str, *, epsilon: object = ..., keys: object = ..., mode: Literal["preview"]
    ) -> Preview: ...
    @overload
    def query(
        self, sql: str, *, epsilon: object = ..., accuracy: object = ..., keys: object = ..., mode: str
    ) -> Release | Preview: ...
    @detached()
    def query(
        self,
        sql: str,
        *,
        epsilon: object = None,
        accuracy: object = None,
        keys: object = None,
        mode: str = "run",
    ) -> Release | Preview:
        """Ask a question in SQL.

        Args:
            sql: one SELECT of the dialect.
            epsilon: ε of the whole job; the policy's ``per_job.epsilon`` when None.
            accuracy: needs a DP profile of the dataset.
            keys: item of GROUP BY → its values: exactly these groups are answered, empty ones too.
            mode: ``run``; ``preview`` for price and predicted error; ``dummy`` for an answer from invented
                rows. The last two are free.

        Raises:
            Refused: nothing was touched or charged.
            JobFailed: the price stays spent.
        """
        check_asked(sql, accuracy=accuracy, mode=mode)
        most = self.policy.privacy.per_job.epsilon
        question = Question(
            sql=with_keys(sql, keys), epsilon=to_epsilon(most if epsilon is None else epsilon, most=most),
            actor=ACTOR, agreement=agreement(self.policy), organisation=agreement(self.policy),
        )  # fmt: skip
        if mode == "preview":
            return self._gateway.preview(question)
        if mode == "dummy":
            return self._rehearsal.answer(question, _always)
        answer = self._gateway.answer(question, _always)
        if not answer.replayed:
            self._last_price = Spend.price(answer.cost.rho, answer.cost.delta)
        return answer

    def tables(self) -> Catalogue:
        """Schema, uses, domains and bounds: what may be asked."""
        return catalogue(self._gateway.facts.policy, every_use(self._gateway.facts.policy))

    @detached()
    def dummy(self, table: str) -> Release:
        """One table as it may look: a protected one with invented rows, a public one as it is. Free.

        Raises:
            Refused: ``table_unknown``.
        """
        return sample(self._gateway.policy, table)

    def budget(self) -> BudgetView:
        """Caps, spent, left, and how many jobs like the last one fit."""
        accounts = accounts_of(self.policy)
        balances = balances_of(self.ledger, self.policy, accounts)
        affordable = None
        if self._last_price is not None:
            affordable = min(self._gateway.affordable(account, self._last_price) for account in accounts)
        return BudgetView(balances=balances, affordable=affordable)

    def review_failures(self, reason: str) -> int:
        """Lift the hold that failures put on the built-in agreement, once the operator has looked at them.

        Args:
            reason: what was found; goes on the record.

        Returns:
            How many failures were looked at now.
        """
        name, dataset = agreement(self.policy), self.policy.dataset
        new = unreviewed_failures(self.ledger, dataset, name)
        if new:
            details = {
                "agreement": name, "reason": reason,
                "failures": str(touched_failures(self.ledger, dataset, name)),
            }  # fmt: skip
            self.ledger.append(
                Notice(at=stamp(now()), actor=ACTOR, dataset=dataset, what=REVIEWED, details=details)
            )
        return new

    def close(self) -> None:
        """End the engines and the ledger; idempotent."""
        self._gateway.workspace.close()
        self._rehearsal.workspace.close()
        self.ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


ACTOR = "local"
"""Who acts on an operator's own machine."""


def agreement(policy: Policy) -> str:
    """Name of the built-in agreement, and of the organisation that holds it."""
    return f"local/{policy.account}"


def accounts_of(policy: Policy) -> tuple[tuple[str, str], ...]:
    """Accounts that a local job charges."""
    return (
        ("dataset", policy.account), ("agreement", agreement(policy)), ("organisation", agreement(policy)),
    )  # fmt: skip


def drop_release(keyring: Keyring, store: Store, job: str) -> None:
    """Destroy what a job that ended without a release may have sealed: a measurement is never kept back."""
    keyring.destroy(f"release/{job}")
    store.release(job).unlink(missing_ok=True)


def _warm() -> None:
    """Import what the first answer needs while the load runs: OpenDP, and pandas, which the first column that
    Arrow makes of Python values brings in."""

    def first_column() -> None:
        import pyarrow as pa

        pa.array([0])

    noise.warm()
    threading.Thread(target=first_column, name="arrow-warm").start()  # waited for at exit, as noise.warm is


def load_or_reuse(intake: Intake) -> tuple[Manifest, LoadReport]:
    """The load in force if policy and sources are unchanged and the log agrees; else a new load."""
    manifest = intake.store.manifest()
    if manifest is not None and not _remembered(intake.ledger, manifest):
        raise IntegrityBroken(
            "log_rolled_back",
            "the load in force is not in the disclosure log: an older or an empty log was put in its place",
            hint="put the newest ledger back; without it nobody knows what the budget has paid for",
        )
    fingerprint = source_fingerprint(intake.policy)
    if (
        manifest is not None
        and fingerprint
        and manifest.layout == LAYOUT
        and (manifest.policy, manifest.sources) == (intake.policy.sha256, fingerprint)
        and intake.store.sealed(manifest.workspace).exists()
        and _logged(intake.ledger, manifest)
    ):
        intake.sweep(manifest)
        return manifest, LoadReport(snapshot=manifest.snapshot_sha256, tables=(), findings={}, reused=True)
    return intake.load()


def _remembered(ledger: Ledger, manifest: Manifest) -> bool:
    """Whether any load record of the dataset is this manifest's: it is logged before it comes into force."""
    return any(
        record["workspace"] == manifest.workspace_sha256
        for record in ledger.all_of(Loaded.kind, manifest.dataset)
    )


def _logged(ledger: Ledger, manifest: Manifest) -> bool:
    """Whether the latest load record of the dataset is this manifest's: an older one cannot be slipped in."""
    record = ledger.latest(Loaded.kind, manifest.dataset)
    return record is not None and (
        (record["snapshot"], record["workspace"]) == (manifest.snapshot_sha256, manifest.workspace_sha256)
    )


def build_gateway(intake: Intake, manifest: Manifest, *, replay: bool) -> Gateway:
    """The gateway of the workspace in force, with every use granted."""
    grants = every_use(with_columns(intake.policy, manifest))
    sealed = intake.store.sealed(manifest.workspace)
    return open_gateway(intake, manifest, grants, sealed=sealed, clock=now, replay=replay)


def set_caps(ledger: Ledger, policy: Policy) -> None:
    """The dataset's lifetime cap, and the same for the built-in agreement and organisation."""
    claim_account(ledger, policy, "local")
    cap = dataset_cap(policy)
    for scope, name in accounts_of(policy)[1:]:
        ledger.set_cap(scope, name, cap)


def _announce(ledger: Ledger, policy: Policy, standing: jail.Standing) -> None:
    """Record a new policy version, and a jail that is switched off."""
    former = ledger.latest(PolicyAccepted.kind, policy.dataset)
    if former is None or former["policy"] != policy.sha256:
        ledger.append(
            PolicyAccepted(
                at=stamp(now()), actor=ACTOR, dataset=policy.dataset, policy=policy.sha256,
                former="" if former is None else former["policy"],
            )
        )  # fmt: skip
    if standing.tier is jail.Tier.OFF:
        ledger.append(
            Notice(at=stamp(now()), actor=ACTOR, dataset=policy.dataset, what="jail_off", details={})
        )


def _quiet(step: str, done: int, total: int | None) -> None:
    """Progress that shows nothing."""


def _always() -> None:
    """The built-in agreement never ends."""
