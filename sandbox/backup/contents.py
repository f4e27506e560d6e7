"""What a backup holds, by name: nothing else is packed, and nothing else is unpacked.

| In it | Why |
|---|---|
| ``ledger.db`` | parties, budgets, jobs, the disclosure log |
| ``keys/`` without ``master.key`` | wrapped keys of sealed files, the wrapped log key, the pseudonym key |
| ``sealed/``, ``releases/``, ``results/`` | snapshots, workspaces, answers: sealed already |
| ``manifests/``, ``policies/`` | which load is in force, and under which policy |

Left out: the master key, locks, drafts, the sources, and ``log/``, which a restore makes anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

DATABASE = "ledger.db"
FACTS = "backup.json"
"""What the archive is: its number, when it was made, the newest checkpoint in it."""
_WORD = r"[\w-][\w.-]*"
_BELOW = rf"({_WORD}/)*{_WORD}"
_NAMES = re.compile(
    rf"ledger\.db|backup\.json|keys/(log\.key|master\.check|pseudonym\.key)|keys/files/{_BELOW}\.key"
    rf"|manifests/{_BELOW}\.json|policies/{_WORD}\.yaml|(sealed|releases|results)/{_BELOW}"
)
FOLDERS = ("keys", "manifests", "policies", "sealed", "releases", "results")
COPIED = "keys"
"""Files here are overwritten in place when they are destroyed, so they are copied; others are linked."""


def belongs(name: str) -> bool:
    """Whether a relative path is part of a backup."""
    return _NAMES.fullmatch(name) is not None


def listed(home: Path) -> Iterator[str]:
    """Relative paths of the files of a home folder that belong in a backup; links are none."""
    for folder in FOLDERS:
        for path in sorted((home / folder).rglob("*")):
            name = path.relative_to(home).as_posix()
            if belongs(name) and path.is_file() and not path.is_symlink():
                yield name
