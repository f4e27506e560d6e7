"""Build the system-call filters: ``python -m sandbox.jail.filters.build``.

Allow-lists; whatever is not named fails with EPERM. Needs pyseccomp and libseccomp, at build time only.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

MACHINES = ("x86_64", "aarch64")
STAGES = ("stage1", "query", "build")

SERVE = """
brk clock_getres clock_gettime clock_nanosleep close dup exit exit_group faccessat faccessat2 access
fstat futex getcpu getcwd getdents64 getegid geteuid getgid getpid getppid getrandom getresgid getresuid
getrusage gettid gettimeofday getuid lseek lstat madvise mbind membarrier mmap mprotect mremap munmap
nanosleep newfstatat poll ppoll pread64 preadv pselect6 read readlink readlinkat readv restart_syscall
rseq rt_sigaction rt_sigprocmask rt_sigreturn sched_getaffinity sched_yield select set_robust_list
set_tid_address sigaltstack stat statx time times uname write writev
""".split()  # noqa: SIM905  a table of words
"""Calls a serving inmate needs: memory, threads, clocks, reading files."""

WRITE = """
fallocate fdatasync fsync ftruncate mkdir mkdirat open openat pwrite64 pwritev rename renameat renameat2
rmdir unlink unlinkat
""".split()  # noqa: SIM905  a table of words
"""Calls that make and change files; whether a folder may be written is the mount's or Landlock's to say."""

BOOT = """
arch_prctl chdir close_range dup2 dup3 epoll_create1 epoll_ctl epoll_pwait epoll_wait eventfd2 execve
fadvise64 fstatfs getgroups getpgrp getpriority getrlimit mlock munlock pause pipe pipe2 prlimit64
rt_sigpending rt_sigsuspend rt_sigtimedwait sched_getparam sched_getscheduler seccomp setrlimit statfs
tgkill umask wait4
""".split()  # noqa: SIM905  a table of words
"""Calls only trusted boot code makes, before the second filter."""

CLONE_THREAD = 0x10000
WRITE_FLAGS = 0o3 | 0o100 | 0o1000 | 0o20000000
"""O_ACCMODE, O_CREAT, O_TRUNC and O_TMPFILE; the last two bits are alike on both processors."""
FCNTL = {"F_GETFD": 1, "F_SETFD": 2, "F_GETFL": 3, "F_DUPFD_CLOEXEC": 1030}
FCNTL_WRITE = {"F_GETLK": 5, "F_SETLK": 6}
"""DuckDB locks each file that it makes. Readers lock before the second filter; after it they have none."""
FCNTL_BOOT = {"F_DUPFD": 0, "F_SETFL": 4}
IOCTL = {"TCGETS": 0x5401, "FIOCLEX": 0x5451}
PRCTL = {"PR_SET_NAME": 15, "PR_GET_NAME": 16, "PR_SET_VMA": 0x53564D41}
PRCTL_BOOT = {"PR_SET_PDEATHSIG": 1, "PR_SET_NO_NEW_PRIVS": 38, "PR_SET_SECCOMP": 22}

Rule = tuple[str, int | None, int, int]
"""(call, index of a compared argument or None, mask, wanted value under the mask)."""

FULL = 0xFFFFFFFF


def rules(stage: str) -> Iterator[Rule]:
    """Everything a stage allows."""
    writes = stage != "query"
    names = [*SERVE, *(WRITE if writes else ()), *(BOOT if stage == "stage1" else ())]
    yield from ((name, None, 0, 0) for name in sorted(names))
    if not writes:
        yield "open", 1, WRITE_FLAGS, 0
        yield "openat", 2, WRITE_FLAGS, 0
    yield "clone", 0, CLONE_THREAD, CLONE_THREAD
    boot = stage == "stage1"
    fcntl = FCNTL | (FCNTL_WRITE if writes else {}) | (FCNTL_BOOT if boot else {})
    yield from (("fcntl", 1, FULL, value) for value in fcntl.values())
    yield from (("ioctl", 1, FULL, value) for value in IOCTL.values())
    yield from (("prctl", 0, FULL, value) for value in (PRCTL | (PRCTL_BOOT if boot else {})).values())
    if not boot:
        yield "prlimit64", 2, 0xFFFFFFFFFFFFFFFF, 0  # reading a limit, never setting one


def program(stage: str, machine: str) -> bytes:
    """The BPF program of a stage for a processor, as libseccomp compiles it."""
    import pyseccomp as seccomp

    architecture = getattr(seccomp.Arch, machine.upper())
    made = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    if architecture != seccomp.system_arch():
        made.add_arch(architecture)
        made.remove_arch(seccomp.system_arch())
    for name, argument, mask, value in rules(stage):
        if seccomp.resolve_syscall(architecture, name) < 0:
            continue  # older calls that this processor never had
        compared = () if argument is None else (seccomp.Arg(argument, seccomp.MASKED_EQ, mask, value),)
        made.add_rule(seccomp.ALLOW, name, *compared)
    for name in (
        "clone3",
        "sysinfo",
    ):  # answered as if the kernel had none, so that libraries use another way
        made.add_rule(seccomp.ERRNO(errno.ENOSYS), name)
    with TemporaryFile() as file:
        made.export_bpf(file)
        file.seek(0)
        return file.read()


def main(folder: Path) -> None:
    """Write every filter into a folder."""
    for stage in STAGES:
        for machine in MACHINES:
            (folder / f"{stage}.{machine}.bpf").write_bytes(program(stage, machine))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
