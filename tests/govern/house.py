"""A platform with one of each party, and a clock that tests set."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import Refused
from sandbox.govern import Govern
from sandbox.ledger import Ledger
from sandbox.nouns.agreement import Agreement, Application
from sandbox.nouns.party import LOCAL, OrganisationType, Principal, Role
from sandbox.nouns.policy import Policy
from sandbox.policy import load_policy
from sandbox.seal import Keyring
from tests import clinic
from tests.postgres import address

CODE = "91350100M000100Y43"
COLUMNS = {"visits": {"city": ["group", "filter"], "amount": ["aggregate"]}}
START = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)


@dataclass
class House:
    """Everything a test of parties and agreements touches."""

    home: Path
    ledger: Ledger
    keyring: Keyring
    govern: Govern
    policy: Policy
    clock: list[dt.datetime]

    def later(self, **amount: float) -> None:
        self.clock[0] += dt.timedelta(**amount)

    def who(self, name: str) -> Principal:
        return next(each for each in self.govern.users(LOCAL) if each.user == name)

    def file(self, by: str = "developer", **changes: object) -> Application:
        asked: dict[str, object] = {
            "dataset": "clinic", "purpose": "研究就诊费用", "columns": COLUMNS, "epsilon": 5, "days": 30,
        }  # fmt: skip
        return self.govern.apply(self.who(by), **asked | changes)  # type: ignore[arg-type]

    def agreement(self, by: str = "developer", **changes: object) -> Agreement:
        decided = self.govern.review(self.who("reviewer"), self.file(by, **changes).id, approve=True)
        return self.govern.agreement(LOCAL, decided.agreement)

    def kinds(self) -> list[str]:
        return [record.kind for record in self.ledger.records(limit=10_000)]


def build(home: Path) -> House:
    policy = load_policy(clinic.small(home / "sources", people=3))
    keyring = Keyring.open(home)
    ledger = Ledger.open(address(home), keyring.signer)
    clock = [START]

    def policies(name: str) -> Policy:
        if name != policy.dataset:
            raise Refused("dataset_unknown", "there is no dataset of this name", hint="list them")
        return policy

    govern = Govern(ledger, policies=policies, home=home, keyring=keyring, now=lambda: clock[0])
    house = House(home, ledger, keyring, govern, policy, clock)
    for name, kind in (
        ("平台公司", OrganisationType.OPERATOR), ("卫健委", OrganisationType.AGENCY),
        ("甲公司", OrganisationType.DEVELOPER), ("乙公司", OrganisationType.DEVELOPER),
        ("网信办", OrganisationType.REGULATOR), ("数据局", OrganisationType.AUTHORITY),
    ):  # fmt: skip
        govern.add_organisation(LOCAL, name, kind, CODE if kind is OrganisationType.DEVELOPER else "")
    for name, organisation, role in (
        ("operator", "平台公司", Role.OPERATOR), ("operator2", "平台公司", Role.OPERATOR),
        ("reviewer", "卫健委", Role.REVIEWER), ("developer", "甲公司", Role.DEVELOPER),
        ("rival", "乙公司", Role.DEVELOPER), ("regulator", "网信办", Role.REGULATOR),
        ("regulator2", "网信办", Role.REGULATOR),
    ):  # fmt: skip
        govern.add_user(LOCAL, name, organisation, role)
    for name in ("regulator", "regulator2"):
        govern.confirm(house.who("reviewer"), "user", name)
    return house


def code_of(act: object, *arguments: object, **named: object) -> str:
    """The code an act is refused with; empty when it is not."""
    try:
        act(*arguments, **named)  # type: ignore[operator]
    except Refused as refusal:
        return refusal.code if refusal.reason and refusal.hint else "says too little"
    return ""
