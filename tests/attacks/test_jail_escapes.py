"""Code inside the jail tries to get out, to be heard elsewhere, or to take the machine down."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyseccomp
import pytest

from sandbox.jail import Inmate, InmateFailure, Mount, Tier
from tests.attacks.prison import inmate, tell

TIERS = [Tier.TIER_A, Tier.TIER_B]


def number(name: str) -> int:
    """Number of a system call on this processor; negative when it has none."""
    found: int = pyseccomp.resolve_syscall(pyseccomp.system_arch(), name)
    return found


FILES = {
    "reads a password file": "result = bool(open('/etc/passwd').read())",
    "lists processes": "result = bool(os.listdir('/proc'))",
    "reads its own environment": "result = bool(open('/proc/self/environ', 'rb').read())",
    "lists devices": "result = bool(os.listdir('/dev'))",
    "reads kernel settings": "result = bool(os.listdir('/sys'))",
    "lists homes": "result = bool(os.listdir('/home'))",
    "reads the product's code": f"result = bool(open({__file__!r}).read())",
    "opens a device": "result = bool(os.open('/dev/zero', os.O_RDONLY))",
    "writes at the root": "result = bool(open('/x', 'w'))",
    "writes in its working folder": "result = bool(open('x', 'w'))",
    "writes temporary files": "result = bool(open('/tmp/x', 'w'))",
    "writes shared memory": "result = bool(open('/dev/shm/x', 'w'))",
    "changes the standard library": "result = bool(open(os.__file__, 'r+'))",
    "adds to the standard library": "result = bool(open(os.path.dirname(os.__file__) + '/x.py', 'w'))",
    "changes the boot code": "result = bool(open(sys.argv[0], 'r+'))",
    "changes a file it may read": "result = bool(open(mounts['letter'], 'r+'))",
    "empties a file it may read": "os.truncate(mounts['letter'], 0); result = True",
    "removes a file it may read": "os.unlink(mounts['letter']); result = True",
    "renames a file it may read": "os.rename(mounts['letter'], mounts['letter'] + 'x'); result = True",
    "opens permissions": "os.chmod(mounts['letter'], 0o777); result = True",
    "sets a file's times": "os.utime(mounts['letter']); result = True",
    "links a file": "os.link(mounts['letter'], '/tmp/x'); result = True",
    "leaves a symbolic link": "os.symlink('/etc/passwd', '/tmp/x'); result = True",
    "makes a folder": "os.mkdir('/tmp/folder-of-an-inmate'); result = True",
    "leaves an attribute": "os.setxattr(mounts['letter'], 'user.x', b'1'); result = True",
}
WORLD = {
    "opens an internet socket": "import socket; socket.socket(); result = True",
    "sends a datagram": (
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9)); result = True"
    ),
    "opens a local socket": "import socket; socket.socket(socket.AF_UNIX); result = True",
    "opens a socket pair": "import socket; socket.socketpair(); result = True",
    "talks to the kernel by netlink": (
        "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW); result = True"
    ),
    "forks": "child = os.fork()\nif child == 0: os._exit(0)\nresult = True",
    "spawns": "os.posix_spawn(sys.executable, ['python', '-c', ''], {}); result = True",
    "runs a program": "import subprocess; subprocess.run([sys.executable, '-c', '']); result = True",
    "learns that its parent lives": "os.kill(os.getppid() or 1, 0); result = True",
    "signals a group": "os.killpg(0, 0); result = True",
    "makes anonymous files": "os.memfd_create('x'); result = True",
    "makes a pipe": "os.pipe(); result = True",
    "watches files": f"result = call({number('inotify_init1')}, 0)",
    "raises its memory": "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1)); result = True",
    "lowers its memory": (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29)); result = True"
    ),
    "takes a file lock": "import fcntl; fcntl.flock(open(os.__file__), fcntl.LOCK_SH); result = True",
    "takes a record lock": "import fcntl; fcntl.lockf(open(os.__file__), fcntl.LOCK_SH); result = True",
    "takes an open file lock": (
        "import fcntl, struct\n"
        "fcntl.fcntl(open(os.__file__), 37, struct.pack('hhqqi4x', 0, 0, 0, 0, 0)); result = True"
    ),
    "reads free memory": "result = libc.sysinfo(ctypes.create_string_buffer(256)) == 0",
    "survives its host": "result = libc.prctl(1, 0, 0, 0, 0) == 0",
    "becomes another user": "os.setuid(os.getuid()); result = True",
    "runs on one processor of its choice": "os.sched_setaffinity(0, {0}); result = True",
}
CALLS = """
" acct add_key bpf capset chroot clone3 copy_file_range delete_module epoll_create1 eventfd2
fanotify_init fanotify_mark finit_module fsopen get_mempolicy init_module io_setup io_uring_enter
io_uring_setup ioprio_set kcmp kexec_load keyctl landlock_restrict_self lookup_dcookie memfd_secret mlock
mlockall mount mount_setattr move_mount move_pages mq_open msgget name_to_handle_at nfsservctl
open_by_handle_at open_tree perf_event_open personality pidfd_getfd pidfd_open pivot_root process_madvise
process_vm_readv process_vm_writev ptrace quotactl reboot request_key sched_setscheduler seccomp semget
sendfile sethostname setns setpriority setsid shmget signalfd4 splice statfs swapon sync syslog tee
timerfd_create tkill umount2 unshare userfaultfd ustat vfork vhangup vmsplice
""".split()  # noqa: SIM905  a table of words


@pytest.fixture(scope="module")
def letter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mounted") / "letter"
    path.write_text("to the inmate")
    return path


@pytest.fixture(scope="module", params=TIERS)
def prisoner(request: pytest.FixtureRequest, letter: Path) -> Iterator[Inmate]:
    held = inmate(request.param, mounts=[Mount("letter", letter)])
    yield held
    held.kill()


@pytest.mark.parametrize("attempt", [*FILES, *WORLD])
def test_no_inmate_ever(prisoner: Inmate, attempt: str) -> None:
    outcome = tell(prisoner, (FILES | WORLD)[attempt])
    assert not outcome or str(outcome).startswith("!"), attempt


def test_the_attempts_do_work_where_there_is_no_jail(letter: Path) -> None:
    free = inmate(Tier.OFF, mounts=[Mount("letter", letter)])
    sure = (
        "reads a password file",
        "lists processes",
        "opens a device",
        "changes a file it may read",
        "sets a file's times",
    )
    sure += (
        "opens an internet socket",
        "opens a socket pair",
        "forks",
        "runs a program",
        "makes anonymous files",
        "makes a pipe",
    )
    sure += (
        "takes a file lock",
        "takes a record lock",
        "takes an open file lock",
        "reads free memory",
        "watches files",
    )
    sure += ("survives its host", "becomes another user", "learns that its parent lives")
    answers = {name: tell(free, (FILES | WORLD)[name]) for name in sure}
    free.kill()
    assert answers == dict.fromkeys(sure, True)


def test_an_inmate_reads_what_it_was_given(prisoner: Inmate) -> None:
    assert tell(prisoner, "result = open(mounts['letter']).read()") == "to the inmate"


def test_every_dangerous_system_call_is_refused(prisoner: Inmate) -> None:
    known = {name: number(name) for name in CALLS if number(name) >= 0}
    assert len(known) > 60
    code = f"result = [name for name, at in {known!r}.items() if call(at, 0, 0, 0, 0, 0)]"
    assert tell(prisoner, code) == []


def test_an_inmate_holds_no_descriptor_but_its_pipes(prisoner: Inmate) -> None:
    code = """
import stat
result = {}
for number in range(256):
    try:
        result[number] = stat.S_IFMT(os.fstat(number).st_mode)
    except OSError:
        pass
"""
    kinds = tell(prisoner, code)
    fifo, null = 0o010000, 0o020000
    assert isinstance(kinds, dict)
    assert sorted(kinds.values()) == [fifo, fifo, null, null, null]


def test_an_inmate_has_no_name_and_no_words_from_outside(
    prisoner: Inmate, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = tell(prisoner, "result = [*os.environ, *os.environ.values(), *sys.argv]")
    assert isinstance(words, list)
    outside = {value for value in os.environ.values() if len(value) > 8} - {"C.UTF-8"}
    assert not outside & set(words)


def test_tier_a_shows_neither_other_packages_nor_where_files_come_from(letter: Path) -> None:
    held = inmate(Tier.TIER_A, mounts=[Mount("letter", letter)])
    assert tell(held, "result = sorted(os.listdir('/mounts'))") == ["letter"]
    assert tell(held, "result = mounts['letter']") == "/mounts/letter"
    assert tell(held, "result = os.getpid() < 10 and os.uname().nodename") == "jail"
    assert tell(held, "import pytest") == "!ModuleNotFoundError"
    held.kill()


def test_tier_b_cannot_signal_even_the_process_that_started_it() -> None:
    held = inmate(Tier.TIER_B)
    assert tell(held, f"os.kill({os.getpid()}, 0)") == "!PermissionError"
    held.kill()


@pytest.mark.parametrize("tier", TIERS)
class TestBombs:
    """Each ends within its limits; the host goes on."""

    def test_memory(self, tier: Tier) -> None:
        held = inmate(tier, memory=1 << 30)
        assert tell(held, "kept = []\nwhile True: kept.append(bytearray(1 << 26))") == "!MemoryError"
        held.kill()

    def test_one_huge_mapping(self, tier: Tier) -> None:
        held = inmate(tier, memory=1 << 30)
        assert tell(held, "import mmap; mmap.mmap(-1, 1 << 36)") == "!OSError"
        held.kill()

    def test_threads(self, tier: Tier) -> None:
        held = inmate(tier, memory=1 << 30)
        code = """
import threading, time
result = 0
try:
    while result < 2000:
        threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
        result += 1
except RuntimeError:
    pass
"""
        started = tell(held, code)
        held.kill()
        assert isinstance(started, int)
        assert started < 200

    def test_an_endless_loop_dies_at_the_deadline(self, tier: Tier) -> None:
        held = inmate(tier)
        with pytest.raises(InmateFailure, match="deadline"):
            tell(held, "while True: pass", seconds=0.3)
        assert not held.alive
        with pytest.raises(InmateFailure, match="died"):
            tell(held, "result = 1")

    def test_sleep_dies_at_the_deadline(self, tier: Tier) -> None:
        held = inmate(tier)
        with pytest.raises(InmateFailure, match="deadline"):
            tell(held, "import time; time.sleep(1000)", seconds=0.3)

    def test_processor_time(self, tier: Tier) -> None:
        held = inmate(tier, cpu_seconds=1)
        with pytest.raises(InmateFailure, match="died"):
            tell(held, "while True: pass", seconds=60)

    def test_a_flood_of_bytes(self, tier: Tier) -> None:
        held = inmate(tier)
        with pytest.raises(InmateFailure, match="died"):
            tell(held, "while True: os.write(channel._sink, b'x' * 65536)")

    def test_a_crash(self, tier: Tier) -> None:
        held = inmate(tier)
        with pytest.raises(InmateFailure, match="died"):
            tell(held, "ctypes.string_at(0)")
        assert not held.alive


def _lock(kind: str) -> str:
    """Code that takes a lock and keeps it."""
    take = {
        "flock": "fcntl.flock(sys.kept, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "record": "fcntl.fcntl(sys.kept, 6, struct.pack('hhqqi4x', 0, 0, 0, 0, 0))",
        "open file": "fcntl.fcntl(sys.kept, 37, struct.pack('hhqqi4x', 0, 0, 0, 0, 0))",
    }
    return f"import fcntl, struct; sys.kept = open(os.__file__); {take[kind]}; result = True"


def _seen(kind: str) -> str:
    """Code that finds out whether somebody else holds a lock: ``True`` means nobody."""
    if kind == "flock":
        return "import fcntl; fcntl.flock(open(os.__file__), fcntl.LOCK_EX | fcntl.LOCK_NB); result = True"
    query = {"record": 5, "open file": 36}[kind]
    return (
        f"import fcntl, struct\nask = struct.pack('hhqqi4x', 1, 0, 0, 0, 0)\n"
        f"result = struct.unpack('hhqqi4x', fcntl.fcntl(open(os.__file__), {query}, ask))[0] == 2"
    )


@pytest.mark.parametrize("kind", ["flock", "record", "open file"])
def test_two_inmates_cannot_pass_a_bit_by_locks_on_a_shared_file(kind: str) -> None:
    """Without a jail the receiver sees ``True`` (free) turn into something else: the channel is real."""
    outcomes: dict[Tier, tuple[object, object]] = {}
    for tier in (Tier.OFF, *TIERS):
        sender, receiver = inmate(tier), inmate(tier)
        before = tell(receiver, _seen(kind))
        tell(sender, _lock(kind))
        outcomes[tier] = before, tell(receiver, _seen(kind))
        sender.kill()
        receiver.kill()
    assert outcomes[Tier.OFF][0] is True
    assert outcomes[Tier.OFF][1] is not True
    assert outcomes[Tier.TIER_A][0] == outcomes[Tier.TIER_A][1] == "!PermissionError"
    assert outcomes[Tier.TIER_B][0] == outcomes[Tier.TIER_B][1] == "!PermissionError"


@pytest.mark.parametrize("tier", TIERS)
def test_a_builder_writes_in_its_folder_and_nowhere_else(tier: Tier, tmp_path: Path) -> None:
    held = inmate(tier, mounts=[Mount("room", tmp_path, writable=True)], stage="build")
    assert tell(held, "open(mounts['room'] + '/made', 'w').write('x'); result = True") is True
    assert tell(held, "open(mounts['room'] + '/big', 'wb').write(b'x' * (2 << 20))") == "!OSError"
    for attempt, code in FILES.items():
        if "letter" not in code:
            assert str(tell(held, code)).startswith("!"), attempt
    for attempt in (
        "forks",
        "runs a program",
        "opens an internet socket",
        "takes a file lock",
        "takes an open file lock",
    ):
        assert str(tell(held, WORLD[attempt])).startswith("!"), attempt
    held.kill()
    assert (tmp_path / "made").read_text() == "x"


@pytest.mark.parametrize("tier", TIERS)
def test_kill_9_of_the_host_leaves_no_inmate(tier: Tier, tmp_path: Path) -> None:
    import subprocess

    script = tmp_path / "host.py"
    script.write_text(
        "import sys, threading, time\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
        "from sandbox.jail import Tier\n"
        "from tests.attacks.prison import inmate, tell\n"
        f"held = []\nstarter = threading.Thread(target=lambda: held.append(inmate(Tier({tier.value!r}))))\n"
        "starter.start(); starter.join()\n"
        "assert tell(held[0], 'result = 1') == 1\n"
        "print('ready', flush=True)\n"
        "tell(held[0], 'while True: pass', seconds=600)\n"
    )
    host = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE)
    assert host.stdout is not None
    assert host.stdout.readline() == b"ready\n"
    family = _descendants(host.pid)
    assert family
    host.kill()
    host.wait()
    host.stdout.close()
    end = time.monotonic() + 20
    while any(_runs(pid) for pid in family) and time.monotonic() < end:
        time.sleep(0.02)
    assert [pid for pid in family if _runs(pid)] == []


def _stat(pid: int) -> tuple[str, int] | None:
    """State and parent of a process, or None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0], int(fields[1])


def _runs(pid: int) -> bool:
    found = _stat(pid)
    return found is not None and found[0] != "Z"


def _descendants(pid: int) -> list[int]:
    every = {
        int(name): found for name in os.listdir("/proc") if name.isdigit() and (found := _stat(int(name)))
    }
    found = [pid]
    for parent in found:
        found += [child for child, (_, its) in every.items() if its == parent]
    return found[1:]
