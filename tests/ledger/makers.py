"""Events and ledgers for tests."""

from __future__ import annotations

from pathlib import Path

from sandbox.ledger import Ledger, StoredRelease, jobs
from sandbox.nouns.event import Failed, Notice, Released, Submitted
from sandbox.nouns.spend import Spend
from sandbox.seal import Ed25519Signer
from tests.postgres import address

SIGNER = Ed25519Signer(bytes(range(32)))
ACCOUNTS = [("dataset", "门诊结算"), ("agreement", "a1"), ("organisation", "o1")]
PRICE = Spend(7, 3)
WHO = {"at": "2026-01-02T03:04:05.678Z", "actor": "dev", "dataset": "门诊结算"}
RESULT = "ab" * 32


def open_ledger(home: Path) -> Ledger:
    return Ledger.open(address(home), SIGNER, checkpoint=home / "log" / "checkpoint.txt")


def with_caps(home: Path, cap: Spend) -> Ledger:
    ledger = open_ledger(home)
    for scope, name in ACCOUNTS:
        ledger.set_cap(scope, name, cap)
    return ledger


def submitted(job: str, price: Spend = PRICE) -> Submitted:
    return Submitted(
        **WHO, job=job, agreement="a1", sql="SELECT count(*) FROM 就诊", rho=price.rho, delta=price.delta
    )


def released(job: str, price: Spend = PRICE) -> Released:
    return Released(
        **WHO, job=job, agreement="a1", policy="p", snapshot="s", workspace="w", sql="SELECT 1",
        rendered=["SELECT 1"], plan={}, measures=[], rho=price.rho, delta=price.delta, epsilon="0.5",
        groups=1, egress={}, result=RESULT, states=[],
    )  # fmt: skip


def failed(job: str, *, touched: bool) -> Failed:
    return Failed(**WHO, job=job, agreement="a1", error="deadline", touched=touched, rho=0, delta=0)


def notice(what: str = "log_viewed") -> Notice:
    return Notice(**WHO, what=what, details={"页": "1"})


def reserve(ledger: Ledger, job: str, price: Spend = PRICE, **options: str) -> int:
    return ledger.reserve(job, ACCOUNTS, price, submitted(job, price), **options)


def finish(ledger: Ledger, job: str, price: Spend = PRICE, key: str | None = None) -> int:
    return ledger.finish(
        job,
        released(job, price),
        replay_key=key or f"key of {job}",
        path=f"release/{job}",
        result_sha256=RESULT,
    )


def answer(ledger: Ledger, job: str, price: Spend = PRICE) -> int:
    reserve(ledger, job, price)
    ledger.touch(job)
    return finish(ledger, job, price)


def stored(ledger: Ledger, key: str) -> StoredRelease | None:
    """The newest stored release of a question."""
    return ledger.read(lambda it: jobs.stored(it, key))
