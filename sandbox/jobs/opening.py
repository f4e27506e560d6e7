"""What every face needs to open a dataset: its key, its cap, its gateway."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from fractions import Fraction
from pathlib import Path

from sandbox import dummy, noise
from sandbox.gateway import Gateway
from sandbox.intake import Intake, stamp
from sandbox.ledger import Ledger, claims
from sandbox.ledger.accounts import kept_cap
from sandbox.nouns.event import AccountClaimed
from sandbox.nouns.load import Manifest, with_columns
from sandbox.nouns.plan import Facts
from sandbox.nouns.policy import Policy, Source, Use
from sandbox.nouns.release import Balance
from sandbox.nouns.spend import DELTA_UNIT, RHO_UNIT, Spend
from sandbox.rehearsal import Rehearsal
from sandbox.workspace.opened import OpenWorkspace

DUMMY_ROOM = 64 << 20
"""Bytes of memory-backed room that a workspace of invented rows asks for."""


def open_gateway(
    intake: Intake,
    manifest: Manifest,
    grants: Mapping[str, Mapping[str, frozenset[Use]]],
    *,
    sealed: Path,
    clock: Callable[[], dt.datetime],
    replay: bool = True,
) -> Gateway:
    """The gateway of one workspace, sealed in the file ``sealed``."""
    policy = with_columns(intake.policy, manifest)
    workspace = OpenWorkspace(
        intake.settings,
        intake.standing,
        unseal=lambda path: intake.keyring.unseal(sealed, path, manifest.workspace),
        size=sealed.stat().st_size,
    )
    facts = Facts(
        policy=policy,
        grants=grants,
        public=manifest.public,
        row_bounds={table.name: table.max_rows_per_unit for table in policy.tables if not table.public},
    )
    return Gateway(
        policy=policy, facts=facts, manifest=manifest, workspace=workspace, store=intake.store,
        keyring=intake.keyring, ledger=intake.ledger, now=clock, replay=replay,
    )  # fmt: skip


def open_rehearsal(gateway: Gateway, intake: Intake) -> Rehearsal:
    """The same questions on invented rows: everything as in ``gateway``, but for its workspace."""
    workspace = OpenWorkspace(
        intake.settings,
        intake.standing,
        unseal=lambda path: dummy.build_workspace(
            path, gateway.policy, gateway.facts.grants, settings=intake.settings, standing=intake.standing
        ),
        size=DUMMY_ROOM,
    )
    same = {each.name: getattr(gateway, each.name) for each in fields(gateway)}
    return Rehearsal(**same | {"workspace": workspace, "turn": threading.Lock()})


def dataset_cap(policy: Policy) -> Spend:
    """The dataset's lifetime cap: ρ at δ/2, the other half of δ for thresholds."""
    half = policy.privacy.delta / 2
    return Spend.cap(noise.rho_of(policy.privacy.epsilon, half), Fraction(half))


def claim_account(ledger: Ledger, policy: Policy, actor: str) -> None:
    """Put the policy's account in force: see ``sandbox.ledger.claims``; raises as ``claims.claim``."""
    cap = kept_cap(dataset_cap(policy))
    claimed = AccountClaimed(
        at=stamp(now()), actor=actor, dataset=policy.dataset, account=policy.account,
        sources=sorted({_place(policy, table.source) for table in policy.tables if not table.public}),
        rho=cap.rho, delta=cap.delta,
    )  # fmt: skip
    ledger.act(lambda journal: claims.claim(journal, claimed))


def _place(policy: Policy, source: Source) -> str:
    """Where a source is, however its path is written; what has no path is known by its options."""
    place = str(Path(policy.folder, source.path).resolve()) if "://" not in source.path else source.path
    told = [place] if source.path else [source.connector, *map(list, sorted(source.options.items()))]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def balances_of(ledger: Ledger, policy: Policy, accounts: Sequence[tuple[str, str]]) -> list[Balance]:
    """Accounts as people read them: ρ and δ, and the ρ as ε at δ/2 of the dataset's cap."""
    found = zip(accounts, ledger.balances(accounts), strict=True)
    return [_balance(policy, scope, name, cap, spent) for (scope, name), (cap, spent) in found]


def _balance(policy: Policy, scope: str, name: str, cap: Spend, spent: Spend) -> Balance:
    half = policy.privacy.delta / 2
    return Balance(
        scope=scope, name=name,
        cap_rho=cap.rho / RHO_UNIT, spent_rho=spent.rho / RHO_UNIT,
        cap_delta=cap.delta / DELTA_UNIT, spent_delta=spent.delta / DELTA_UNIT,
        epsilon_cap=noise.epsilon_of(cap.rho / RHO_UNIT, half),
        epsilon_spent=noise.epsilon_of(spent.rho / RHO_UNIT, half),
    )  # fmt: skip


def now() -> dt.datetime:
    """The moment, in UTC."""
    return dt.datetime.now(dt.UTC)
