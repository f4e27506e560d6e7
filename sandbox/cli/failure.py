"""How a command fails: our own errors in full, anything else as a code and a number to look up."""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import NoReturn

from sandbox.cli.words import Language, language
from sandbox.errors import PolicyInvalid, Refused, SandboxError

INCIDENTS = "incidents.log"
"""In the home folder: time, number, class and code places of unexpected errors; no text, no values."""


@contextmanager
def told() -> Iterator[None]:
    """Turn every error that leaves a command into a message on stderr and an exit code."""
    with suppress(ValueError):  # only the main thread may set handlers; elsewhere the caller's stand
        signal.signal(signal.SIGTERM, _terminated)
    try:
        yield
    except SandboxError as error:
        print(describe(error), file=sys.stderr)
        sys.exit(error.exit_code)
    except Exception as error:
        leave_if_told()  # an import turned the exit into an error of its own
        if setting := _wrong_setting(error):
            print(setting, file=sys.stderr)
            sys.exit(2)
        print(_incident(error), file=sys.stderr)
        sys.exit(1)


def describe(error: SandboxError, chosen: Language | None = None) -> str:
    """An error as people read it: code and place, reason, in Chinese what it means, next step.

    >>> refusal = Refused("sql_invalid", "not a statement", hint="write SELECT", position="1:4")
    >>> print(describe(refusal, Language.EN))
    refused [sql_invalid] at 1:4
      not a statement
      → write SELECT
    """
    chosen = chosen or language()
    if isinstance(error, PolicyInvalid):
        return f"{error.reason} [{error.code}]\n" + "\n".join(f"  {problem}" for problem in error.problems)
    kind = "refused" if isinstance(error, Refused) else "failed"
    where = f" at {error.position}" if error.position else ""
    lines = [f"{kind} [{error.code}]{where}", f"  {error.reason}"]
    if error.zh and chosen is not Language.EN:
        lines.append(f"  {error.zh}")
    if error.hint:
        lines.append(f"  → {error.hint}")
    others = error.others if isinstance(error, Refused) else ()
    return "\n".join([*lines, *(describe(other, chosen) for other in others)])


def _wrong_setting(error: Exception) -> str:
    """What is wrong with ``SANDBOX_*`` or ``sandbox.toml``; empty if the error is another one."""
    from tomllib import TOMLDecodeError

    from pydantic import ValidationError

    if isinstance(error, TOMLDecodeError):
        return f"wrong setting [settings_invalid]\n  sandbox.toml: {error}"
    if not isinstance(error, ValidationError) or error.title != "Settings":
        return ""
    lines = [f"  SANDBOX_{'_'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors()]
    return "\n".join(
        ["wrong setting [settings_invalid]", *lines, "  → mend it in the environment or sandbox.toml"]
    )


def _incident(error: Exception) -> str:
    """Note an unexpected error and say no more than where to find it."""
    number = secrets.token_hex(4)
    frames = [
        f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    record = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "incident": number,
        "error": type(error).__name__,
        "frames": frames[-12:],
    }
    noted = ""
    with suppress(Exception):
        from sandbox.settings import Settings

        settings = Settings()
        if settings.home.is_dir():
            path = settings.home / INCIDENTS
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a") as file:
                file.write(json.dumps(record) + "\n")
            noted = f"; class and place are in {INCIDENTS} of the home folder"
        if settings.development:
            traceback.print_exception(error)
    return (
        f"failed [internal]\n  a mistake of the program, not yours (incident {number}{noted})\n"
        "  → report it with this number; SANDBOX_DEVELOPMENT=1 shows the traceback"
    )


def leave_if_told() -> None:
    """Leave if SIGTERM came and the process goes on: an import that catches everything catches that, too."""
    if _TOLD:
        sys.exit(128 + signal.SIGTERM)


_TOLD: list[int] = []
"""SIGTERM, once it came."""


def _terminated(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001  the signature of handlers
    """Leave through ``finally`` blocks, so that throw-away folders go away."""
    _TOLD.append(number)
    sys.exit(128 + number)
