"""Which jail a machine gives, and what is said when it gives none."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.errors import Unavailable
from sandbox.jail import Tier, cell, choose, examine, standing


def test_auto_takes_namespaces_where_they_hold() -> None:
    found = choose("auto", development=False)
    assert found.tier is Tier.TIER_A
    assert len(found.checks) > 10
    assert all(check.passed for check in found.checks)


def test_tier_b_holds_here_too() -> None:
    assert choose("tier_b", development=False).tier is Tier.TIER_B


def test_without_a_jail_the_self_test_finds_the_escapes() -> None:
    open_ones = {check.name for check in examine(Tier.OFF) if not check.passed}
    sure = ("other files", "process table", "writing", "network", "local sockets", "new processes")
    sure += ("new programs", "signals", "tracing", "limits", "shared memory")
    assert {f"off: {name}" for name in sure} <= open_ones


def test_without_bubblewrap_auto_takes_tier_b_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    examine.cache_clear()
    monkeypatch.setattr(cell, "bubblewrap", lambda: None)
    found = choose("auto", development=False)
    examine.cache_clear()
    assert found.tier is Tier.TIER_B
    failed = [check for check in found.checks if not check.passed]
    assert [check.detail for check in failed] == ["bubblewrap is not installed"]
    assert "bubblewrap" in failed[0].remedy


def test_a_wanted_tier_that_does_not_hold_is_never_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    examine.cache_clear()
    monkeypatch.setattr(cell, "bubblewrap", lambda: None)
    with pytest.raises(Unavailable) as caught:
        choose("tier_a", development=True)
    examine.cache_clear()
    assert caught.value.code == "isolation_unavailable"
    assert "bubblewrap" in caught.value.hint


def test_a_bubblewrap_that_cannot_make_namespaces_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    examine.cache_clear()
    monkeypatch.setattr(cell, "bubblewrap", lambda: str(broken))
    checks = examine(Tier.TIER_A)
    examine.cache_clear()
    assert [check.passed for check in checks] == [False]
    assert "unprivileged user namespaces" in checks[0].remedy


def test_one_open_escape_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    leaky = (
        standing.Check("tier_b: network", False, "open", "mend it"),
        standing.Check("tier_b: start", True),
    )
    monkeypatch.setattr(standing, "examine", lambda tier: leaky)
    with pytest.raises(Unavailable, match="network") as caught:
        choose("auto", development=True)
    assert caught.value.hint == "mend it"


def test_off_needs_development() -> None:
    with pytest.raises(Unavailable) as caught:
        choose("off", development=False)
    assert caught.value.code == "isolation_unavailable"


def test_off_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="sandbox.jail"):
        assert choose("off", development=True).tier is Tier.OFF
    assert "without isolation" in caplog.text


def test_an_unknown_setting_is_an_error() -> None:
    with pytest.raises(ValueError, match="tier_c"):
        choose("tier_c", development=True)


def test_an_ordinary_user_has_both_tiers() -> None:
    """With whichever Python such a user may run; as an ordinary user this is the account at hand."""
    tree = Path(standing.__file__).parents[2]
    code = (
        f"import sys; sys.path.insert(0, {str(tree)!r})\n"
        "from sandbox.jail import Tier, examine\n"
        "print([c.name for tier in (Tier.TIER_A, Tier.TIER_B) for c in examine(tier) if not c.passed])"
    )
    usable = (
        "import os, sys; sys.exit(sys.version_info < (3, 11) or not os.access(sys._base_executable, os.X_OK))"
    )
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        if _runs([*drop, python, "-c", usable]):
            answer = subprocess.run(
                [*drop, python, "-c", code], capture_output=True, text=True, cwd="/", check=False
            )
            assert answer.stdout == "[]\n", answer.stderr
            return
    pytest.fail("no Python here that an ordinary user may run")


def _runs(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, cwd="/", check=False).returncode == 0
    except OSError:
        return False
