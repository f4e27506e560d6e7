"""Every error the product raises.

    SandboxError                  code, reason, hint, position; never a data value
    ├── Refused                   a request we will not answer, and how to ask instead (exit 3)
    ├── PolicyInvalid             a policy file with mistakes, all of them at once
    ├── LoadFailed                a load that stopped; the former snapshot stands
    ├── JobFailed                 a job that failed after data was touched; one code, no detail
    ├── Held                      an answer that a reviewer must see before it may leave
    ├── Unavailable               something this machine lacks (a key, room, the jail)
    └── IntegrityBroken           a sealed file, a key or the log is not what it was

A mistake of ours is never one of these: it stays an ordinary Python exception and, at every face, becomes
the code ``internal`` without text. ``docs/errors.md`` lists every code in Chinese and English; a test keeps
it complete.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


class SandboxError(Exception):
    """Base of all errors: a stable code, a public reason and a next step."""

    status = 500
    """HTTP status at the REST face."""
    exit_code = 1
    """Exit code at the command line."""

    def __init__(self, code: str, reason: str, *, hint: str = "", position: str = "") -> None:
        super().__init__(code, reason, hint, position)
        self.code = code
        """Stable, snake_case; part of the interface."""
        self.reason = reason
        """One sentence in public terms. Holds no data value, path or engine text."""
        self.hint = hint
        """What to do next."""
        self.position = position
        """Where: ``line:column`` in a query, ``file:line: key.path`` in a policy."""

    def __str__(self) -> str:
        where = f"{self.position}: " if self.position else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}{self.reason}{hint} [{self.code}]"

    @property
    def zh(self) -> str:
        """What the code means and what to do, in Chinese; empty for a code without an entry."""
        return _chinese().get(self.code, "")


@cache
def _chinese() -> dict[str, str]:
    """Chinese texts by code; ``docs/errors.zh-CN.md`` shows the same."""
    text = files("sandbox").joinpath("errors_zh.toml").read_text(encoding="utf-8")
    return {code: str(words) for code, words in tomllib.loads(text).items()}


@contextmanager
def detached() -> Iterator[None]:
    """At a door: an error of ours that leaves forgets what it came from.

    ``raise … from None`` only hides the library's exception; it stays within reach, and its message may quote
    a value or a path.
    """
    try:
        yield
    except SandboxError as error:
        error.__cause__ = error.__context__ = None
        raise


class Refused(SandboxError):
    """A request that is not answered: nothing was touched, nothing was charged."""

    status = 422
    exit_code = 3

    def __init__(
        self,
        code: str,
        reason: str,
        *,
        hint: str = "",
        position: str = "",
        others: tuple[Refused, ...] = (),
        status: int = 422,
        wait: int = 0,
    ) -> None:
        super().__init__(code, reason, hint=hint, position=position)
        self.others = others
        """Further problems of the same request, each a refusal of its own."""
        self.status = status
        self.wait = wait
        """Seconds after which it may be asked again, where waiting helps; else 0."""


@dataclass(frozen=True)
class Problem:
    """One mistake in a policy file."""

    file: str
    line: int
    """1-based; 0 when the file as a whole is meant."""
    path: str
    """Dotted path of keys, such as ``tables.visits.columns.amount.bounds``."""
    code: str
    reason: str
    fix: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.path}: {self.reason} → {self.fix} [{self.code}]"


class PolicyInvalid(SandboxError):
    """A policy that cannot be used; ``problems`` lists every mistake found."""

    status = 422

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        count = len(problems)
        super().__init__(
            "policy_invalid",
            f"the policy has {count} mistake{'s' if count != 1 else ''}",
            hint="mend the lines listed and run `sandbox policy check` again",
        )
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class LoadFailed(SandboxError):
    """A load that stopped before its snapshot was kept; the former snapshot stands untouched."""

    status = 409


class JobFailed(SandboxError):
    """A job that failed after data was touched. The budget stays spent; why is for operators alone."""

    def __init__(self) -> None:
        super().__init__(
            "job_failed",
            "the job failed after it had started on the data; its budget stays spent",
            hint="ask the operator, who can see the class of the failure in the disclosure log",
        )


class Held(SandboxError):
    """An answer whose released text looks like personal data, under a policy that holds such answers.

    The verdict rests on released values alone, which are paid for; the budget stays spent.
    """

    status = 409
    code = "answer_held"

    def __init__(self) -> None:
        super().__init__(
            "answer_held",
            "the answer holds text that looks like personal data, and the policy holds such answers",
            hint="nothing was released, the budget stays spent; group by another column, or ask the operator",
        )


class Unavailable(SandboxError):
    """This machine lacks something the request needs."""

    status = 503


class IntegrityBroken(SandboxError):
    """A sealed file, a key or the log does not verify. Nothing is released until it is explained."""
