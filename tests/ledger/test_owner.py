"""A process is told from a later one of the same number."""

import os
import subprocess
import sys
from dataclasses import replace

from sandbox.ledger.owner import Owner


def test_this_process_is_alive() -> None:
    assert Owner.current().alive()
    assert Owner.current() == Owner.current()


def test_a_process_of_another_start_or_boot_is_dead() -> None:
    me = Owner.current()
    assert not replace(me, started=me.started + 1).alive()
    assert not replace(me, boot="another").alive()


def test_a_child_is_alive_until_it_ends_also_as_a_zombie() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", "from sandbox.ledger.owner import Owner; o = Owner.current();"
         "print(o.boot, o.pid, o.started, flush=True); input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    boot, pid, started = child.stdout.readline().split()
    owner = Owner(boot, int(pid), int(started))
    assert owner.pid == child.pid
    assert owner.alive()
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, not yet reaped
    assert not owner.alive()
    child.communicate()
    assert not owner.alive()
