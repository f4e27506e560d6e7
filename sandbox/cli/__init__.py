"""The command line: one file per command. ``sandbox --help`` lists them.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave the process with its exit code."""
    from sandbox.cli.app import app
    from sandbox.cli.failure import told

    with told():
        app(list(arguments) if arguments is not None else None, prog_name="sandbox")
