"""Answers about the server and the caller."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from sandbox.api.answers.form import answer
from sandbox.nouns.party import Role


@answer(status="ok")
class Status(TypedDict):
    """How the server is."""

    status: Literal["ok", "ready"]
    """``ok``: the process answers; ``ready``: the control database does, too."""


@answer(user="zhang", organisation="甲方", role="developer")
class Me(TypedDict):
    """Who a token belongs to."""

    user: str
    """Name of the user."""
    organisation: str
    """Name of the user's organisation."""
    role: Role
    """What the user may do follows from it: docs/permissions.md."""
