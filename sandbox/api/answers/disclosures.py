"""Answers about the disclosure log."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from sandbox.api.answers.form import Moment, answer
from sandbox.api.answers.records import Record

RECORD = {
    "number": 41, "kind": "refusal",
    "record": {
        "kind": "refusal", "at": "2026-03-02T08:15:00.000Z", "actor": "zhang", "dataset": "outpatient",
        "agreement": "a1b2c3d4e5f60718", "sql": "SELECT * FROM visits", "code": "use_not_granted",
        "position": "1:8",
    },
}  # fmt: skip
LEAF = (
    '{"actor":"zhang","agreement":"a1b2c3d4e5f60718","at":"2026-03-02T08:15:00.000Z",'
    '"code":"use_not_granted","dataset":"outpatient","kind":"refusal","position":"1:8",'
    '"sql":"SELECT * FROM visits"}'
)


@answer(
    number=41, kind="refusal", at="2026-03-02T08:15:00.000Z", actor="zhang", dataset="outpatient",
    agreement="a1b2c3d4e5f60718",
)  # fmt: skip
class DisclosureHead(TypedDict):
    """What a record is about, for who watches; reading one in full is itself recorded."""

    number: int
    """Its place in the log, from 0."""
    kind: str
    """What it records."""
    at: NotRequired[Moment]
    """When."""
    actor: NotRequired[str]
    """Who acted."""
    dataset: NotRequired[str]
    """Which dataset it concerns."""
    agreement: NotRequired[str]
    """Which agreement it concerns."""


@answer(**RECORD)
class Disclosure(TypedDict):
    """A record of the log in full."""

    number: int
    """Its place in the log, from 0."""
    kind: str
    """What it records."""
    record: Record
    """The record: public text, numbers, names and hashes; never an exact aggregate or a row."""


@answer(**RECORD, leaf=LEAF)
class DisclosureWithLeaf(Disclosure):
    """A record, and its canonical text."""

    leaf: str
    """The record as canonical JSON (RFC 8785): what the log hashes and a proof is checked against."""


@answer(disclosure=42)
class Withdrawal(TypedDict):
    """A release that was taken back."""

    disclosure: int
    """Number of the record of the withdrawal."""
