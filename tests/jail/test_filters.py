"""The shipped filters are what the build script makes, and allow what is written down."""

from __future__ import annotations

import struct

import pytest

from sandbox.errors import Unavailable
from sandbox.jail import filters
from sandbox.jail.filters import build

ALL = [(stage, machine) for stage in build.STAGES for machine in build.MACHINES]


@pytest.mark.parametrize(("stage", "machine"), ALL)
def test_a_shipped_filter_is_rebuilt_byte_by_byte(stage: str, machine: str) -> None:
    assert (filters.FOLDER / f"{stage}.{machine}.bpf").read_bytes() == build.program(stage, machine)


@pytest.mark.parametrize(("stage", "machine"), ALL)
def test_a_filter_refuses_what_it_does_not_name(stage: str, machine: str) -> None:
    returns = {
        value
        for code, _, _, value in struct.iter_unpack("<HBBI", build.program(stage, machine))
        if code == 0x06
    }
    kill, errno, allow = 0x00000000, 0x00050000, 0x7FFF0000
    assert returns <= {kill, errno | 1, errno | 38, allow}
    assert {kill, errno | 1, allow} <= returns  # a foreign architecture dies; an unnamed call fails


def test_serving_never_allows_what_only_boot_needs() -> None:
    forbidden = {
        "execve",
        "execveat",
        "fork",
        "vfork",
        "socket",
        "connect",
        "seccomp",
        "setrlimit",
        "flock",
        "kill",
    }
    forbidden |= {
        "memfd_create",
        "ptrace",
        "sysinfo",
        "unshare",
        "mount",
        "tgkill",
        "statfs",
        "pipe",
        "eventfd2",
    }
    for stage in ("query", "build"):
        assert not forbidden & {name for name, *_ in build.rules(stage)}


def test_a_query_engine_may_not_change_files() -> None:
    writers = {
        "unlink",
        "unlinkat",
        "rename",
        "renameat",
        "renameat2",
        "ftruncate",
        "mkdir",
        "pwrite64",
        "fallocate",
    }
    assert not writers & {name for name, *_ in build.rules("query")}
    assert all(mask for name, _, mask, _ in build.rules("query") if name in ("open", "openat"))


def test_another_processor_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.uname", lambda: type("Name", (), {"machine": "pdp11"}))
    with pytest.raises(Unavailable):
        filters.load("query")
