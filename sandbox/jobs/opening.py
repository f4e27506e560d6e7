"""What every face needs to open a dataset: its key, its cap, its gateway."""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

from sandbox import noise
from sandbox.errors import Unavailable
from sandbox.gateway import Gateway
from sandbox.intake import Intake
from sandbox.ledger import Ledger
from sandbox.nouns.load import Manifest, with_columns
from sandbox.nouns.plan import Facts
from sandbox.nouns.policy import Policy, Use
from sandbox.nouns.release import Balance
from sandbox.nouns.spend import DELTA_UNIT, RHO_UNIT, Spend
from sandbox.workspace.opened import OpenWorkspace

KEY_BYTES = 32
"""Least length of a pseudonym key."""


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


def dataset_cap(policy: Policy) -> Spend:
    """The dataset's lifetime cap: ρ at δ/2, the other half of δ for thresholds."""
    half = policy.privacy.delta / 2
    return Spend.cap(noise.rho_of(policy.privacy.epsilon, half), Fraction(half))


def balance_of(ledger: Ledger, policy: Policy, scope: str, name: str) -> Balance:
    """One account as people read it: ρ and δ, and the ρ as ε at δ/2 of the dataset's cap."""
    cap, spent = ledger.balance(scope, name)
    half = policy.privacy.delta / 2
    return Balance(
        scope=scope, name=name,
        cap_rho=cap.rho / RHO_UNIT, spent_rho=spent.rho / RHO_UNIT,
        cap_delta=cap.delta / DELTA_UNIT, spent_delta=spent.delta / DELTA_UNIT,
        epsilon_cap=noise.epsilon_of(cap.rho / RHO_UNIT, half),
        epsilon_spent=noise.epsilon_of(spent.rho / RHO_UNIT, half),
    )  # fmt: skip


def pseudonym_key(policy: Policy, home: Path) -> bytes:
    """The key behind pseudonyms: the policy's environment variable, else the home's own, made once.

    Raises:
        Unavailable: ``pseudonym_key_short`` under 32 bytes.
    """
    given = os.environ.get(policy.key.env, "").encode()
    if given:
        if len(given) < KEY_BYTES:
            raise Unavailable(
                "pseudonym_key_short",
                f"{policy.key.env} holds fewer than {KEY_BYTES} bytes",
                hint="set it to 64 random hex digits, for example from `openssl rand -hex 32`",
            )
        return given
    path = home / "keys" / "pseudonym.key"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        return path.read_bytes()


def now() -> dt.datetime:
    """The moment, in UTC."""
    return dt.datetime.now(dt.UTC)
