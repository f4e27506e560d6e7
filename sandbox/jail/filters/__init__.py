"""System-call filters as ready BPF programs, so that no libseccomp is needed where the product runs.

``stage1`` is in force while trusted boot code imports its libraries; ``query`` or ``build`` is added on every
thread before the first request is served. ``build.py`` beside this file makes the bytes.
"""

from __future__ import annotations

import os
from pathlib import Path

from sandbox.errors import Unavailable

FOLDER = Path(__file__).parent


def load(name: str) -> bytes:
    """The BPF program ``stage1``, ``query`` or ``build`` for this machine's processor.

    Raises:
        Unavailable: ``isolation_unavailable`` on a processor without filters.
    """
    path = FOLDER / f"{name}.{os.uname().machine}.bpf"
    if not path.is_file():
        raise Unavailable(
            "isolation_unavailable",
            "there is no system-call filter for this processor",
            hint="run on x86_64 or aarch64",
        )
    return path.read_bytes()
