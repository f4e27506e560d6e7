"""What every handle checks before a question goes anywhere: the same words locally and remotely. 提问."""

from __future__ import annotations

from sandbox.errors import Refused

MODES = ("run", "preview", "dummy")
"""``run`` answers from the protected data; ``preview`` tells price and error; ``dummy`` answers from invented
rows. The last two are free."""


def check_asked(sql: object, *, accuracy: object, mode: object) -> None:
    """Check the arguments of a handle's ``query``.

    Raises:
        Refused: ``mode_unknown``, ``sql_invalid``, ``profile_required``.
    """
    if accuracy is not None:
        raise Refused(
            "profile_required",
            "accuracy= is solved from the dataset's DP profile, and this dataset has none",
            hint="ask with epsilon=, and read the predicted error first with mode='preview'",
        )
    if mode not in MODES:
        raise Refused(
            "mode_unknown", "mode is 'run', 'preview' or 'dummy'", hint="leave mode out to run the query"
        )
    if not isinstance(sql, str) or any("\ud800" <= sign <= "\udfff" for sign in sql):
        raise Refused("sql_invalid", "sql is not a Unicode text", hint="pass one SELECT statement")
