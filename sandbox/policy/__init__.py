"""A policy file, read and checked: YAML to nouns, mistakes with lines, lints, explanation. 策略检查."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sandbox.errors import PolicyInvalid, Problem
from sandbox.nouns.policy import Policy
from sandbox.policy.check import check
from sandbox.policy.explain import explain
from sandbox.policy.lints import lint
from sandbox.policy.mistakes import Mistakes
from sandbox.policy.reader import Reader
from sandbox.policy.tree import MAX_BYTES, Unreadable, read_tree

__all__ = ["check_policy", "explain", "load_policy"]


def load_policy(path: str | Path) -> Policy:
    """Read a policy file.

    Raises:
        PolicyInvalid: every mistake of the file, each with line, path, code and fix.
    """
    policy, errors, _ = check_policy(path)
    if policy is None:
        raise PolicyInvalid(errors)
    return policy


def check_policy(path: str | Path) -> tuple[Policy | None, tuple[Problem, ...], tuple[Problem, ...]]:
    """Read a policy file: the policy (None when it has mistakes), all its mistakes, and its lints.

    Lints are advice on a file without mistakes. Nothing is read but this one file.
    """
    file = Path(path)
    mistakes, advice = Mistakes(str(path)), Mistakes(str(path))
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError:
        mistakes.stop(0, "file_missing", "the file cannot be read", "check its name and your rights to it")
        return None, mistakes.sorted(), ()
    try:
        root = read_tree(content, mistakes)
    except Unreadable:
        return None, mistakes.sorted(), ()
    reader = Reader(root, mistakes)
    policy = reader.policy(str(file.resolve().parent), hashlib.sha256(content).hexdigest())
    if policy is not None:
        check(policy, root, mistakes)
    if policy is None or len(mistakes):
        return None, mistakes.sorted(), ()
    lint(policy, root, advice)
    return policy, (), advice.sorted()
