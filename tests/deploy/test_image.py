"""What the image does, done here: its profile, its user, its read-only root, its steps."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests import clinic
from tests.deploy.dockerfile import ROOT, only, stages

PORT = 18474
UNDER_PROFILE = """
import json, sys, os
import pyseccomp as s
profile = json.load(open(sys.argv[1]))
filter = s.SyscallFilter(s.ERRNO(profile["defaultErrnoRet"]))
for rule in profile["syscalls"]:
    action = s.ALLOW if rule["action"] == "SCMP_ACT_ALLOW" else s.ERRNO(rule["errnoRet"])
    for name in rule["names"]:
        if s.resolve_syscall(s.system_arch(), name) >= 0:
            filter.add_rule(action, name)
filter.load()
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Load the container's profile, then become what follows."""


def image(home: Path, sources: Path, *, profile: bool = True) -> list[str]:
    """A command's beginning: the image's user, a read-only root, tmpfs, no capabilities, the profile."""
    walls = ["bwrap", "--unshare-user", "--uid", "10001", "--gid", "10001", "--unshare-pid", "--unshare-ipc"]
    walls += [
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--proc",
        "/proc",
        "--tmpfs",
        "/tmp",
        "--tmpfs",
        "/dev/shm",
    ]
    for kept in (sys.prefix, str(ROOT)):  # they may lie under /tmp themselves
        walls += ["--ro-bind", kept, kept]
    walls += ["--ro-bind", str(ROOT), "/tmp/source", "--bind", str(home), "/tmp/home"]
    walls += ["--ro-bind", str(sources), "/tmp/sources", "--chdir", "/tmp", "--cap-drop", "ALL"]
    walls += ["--die-with-parent", "--new-session", "--setenv", "PYTHONPATH", "/tmp/source"]
    walls += ["--setenv", "SANDBOX_HOME", "/tmp/home", "--setenv", "SANDBOX_MEMORY_FOLDER", "/dev/shm", "--"]
    filtered = [sys.executable, "-c", UNDER_PROFILE, "/tmp/source/deploy/seccomp.json"] if profile else []
    return [*walls, *filtered, sys.executable]


SANDBOX = ["-c", "from sandbox.cli import main; main()"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir(mode=0o700)
    return tmp_path / "home"


def test_under_the_profile_the_stronger_jail_works(home: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [*image(home, tmp_path), *SANDBOX, "doctor", "--json"], capture_output=True, text=True, check=False
    )
    jail = next(each for each in json.loads(done.stdout) if each["name"] == "jail")
    assert jail["detail"].startswith("tier_a"), jail
    assert jail["health"] == "good"


def test_the_profile_bars_what_the_image_never_does(home: Path, tmp_path: Path) -> None:
    keyctl = (
        "import ctypes; print(ctypes.CDLL(None, use_errno=True).syscall(250, 0, -3, 0), ctypes.get_errno())"
    )
    done = subprocess.run([*image(home, tmp_path), "-c", keyctl], capture_output=True, text=True, check=True)
    assert done.stdout == "-1 1\n"


@pytest.fixture
def server(home: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Tokens of a server that runs like the image's."""
    policy = clinic.small(tmp_path / "sources", people=60)
    arguments = ["serve", f"/tmp/sources/{policy.name}", "--demo", "--port", str(PORT)]
    running = subprocess.Popen(
        [*image(home, policy.parent), *SANDBOX, *arguments],
        stdout=subprocess.PIPE, text=True, env=os.environ | {"SANDBOX_SLOTS": "false"},
    )  # fmt: skip
    try:
        assert running.stdout is not None
        tokens: dict[str, str] = {}
        while "developer" not in tokens:
            line = running.stdout.readline()
            assert line, "the server ended early"
            if found := re.match(r"(operator|reviewer|regulator|developer) +(\S+)", line):
                tokens[found[1]] = found[2]
        yield tokens
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)


def healthy(port: int) -> int:
    command = json.loads(only(stages()[-1], "HEALTHCHECK")[0].partition(" CMD ")[2])
    assert command[-1] == "/opt/sandbox/healthcheck.py"
    assert "deploy/healthcheck.py /opt/sandbox/healthcheck.py" in only(stages()[-1], "COPY")
    environment = {"SANDBOX_HEALTH_URL": f"http://127.0.0.1:{port}/healthz"}
    check = ["/usr/bin/python3", *command[1:-1], str(ROOT / "deploy" / "healthcheck.py")]
    return subprocess.run(check, env=environment, check=False).returncode


def test_as_the_image_runs_it_the_server_answers_and_is_healthy(server: dict[str, str]) -> None:
    until = time.monotonic() + 30
    while healthy(PORT) != 0:  # tokens are told before the port is open; the image asks again too
        assert time.monotonic() < until
        time.sleep(0.5)
    with Sandbox.connect(f"http://127.0.0.1:{PORT}", token=server["developer"]) as box:
        assert box.query("SELECT count(*) AS n FROM visits", epsilon="0.5").rows()[0][0] is not None


def test_a_server_that_does_not_answer_is_not_healthy() -> None:
    assert healthy(1) == 1


@pytest.mark.full
def test_the_steps_of_the_dockerfile_make_a_sandbox_that_runs(tmp_path: Path) -> None:
    """Each RUN and COPY in a root made of this system's folders; only ``apt-get`` is left out, since what it
    installs is looked for instead."""
    root = tmp_path / "root"
    for folder in ("opt", "source", "home", "etc", "tmp"):
        (root / folder).mkdir(parents=True)
    shutil.copytree("/etc", root / "etc", symlinks=True, dirs_exist_ok=True, ignore_dangling_symlinks=True)
    walls = ["bwrap", "--ro-bind", "/usr", "/usr", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/run"]
    walls += ["--ro-bind-try", "/run/systemd/resolve", "/run/systemd/resolve"]
    for name in ("bin", "lib", "lib64", "sbin"):
        walls += ["--symlink", f"usr/{name}", f"/{name}"]
    for folder in ("opt", "source", "home", "etc", "tmp"):
        walls += ["--bind", str(root / folder), f"/{folder}"]
    packages: set[str] = set()
    for stage in stages():
        folder = "/"
        for step in stage:
            if step.word == "WORKDIR":
                folder = step.rest
            elif step.word == "COPY" and not step.rest.startswith("--from"):
                *sources, target = step.rest.split()
                for source in sources:
                    _copy(ROOT / source, root / folder.strip("/") / source if target == "./" else
                          root / os.path.join(folder, target).strip("/"))  # fmt: skip
            elif step.word == "RUN":
                kept = []
                for command in step.rest.split(" && "):
                    words = shlex.split(command)
                    if words[:2] == ["apt-get", "install"]:
                        packages |= {word for word in words[2:] if not word.startswith("-")}
                    elif words[0] != "apt-get" and "/var/lib/apt" not in command:
                        kept.append(command)
                if kept:
                    subprocess.run(
                        [*walls, "--chdir", folder, "--", "sh", "-ec", " && ".join(kept)], check=True
                    )
    for package in packages:
        subprocess.run(["apt-cache", "show", package], check=True, capture_output=True)
    user = [*walls, "--unshare-user", "--uid", "10001", "--gid", "10001", "--tmpfs", "/dev/shm"]
    user += [
        "--setenv",
        "PATH",
        "/opt/sandbox/bin:/usr/bin:/bin",
        "--setenv",
        "HOME",
        "/home/sandbox",
        "--chdir",
        "/",
    ]
    user += ["--setenv", "SANDBOX_HOME", "/home/sandbox/data", "--unsetenv", "SANDBOX_MEMORY_FOLDER", "--"]
    demo = subprocess.run(
        [*user, "sandbox", "demo", "--visits", "2000", "--people", "400"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert demo.returncode == 0, demo.stderr
    missing = subprocess.run([*user, "python3", "-m", "pip"], capture_output=True, text=True, check=False)
    assert missing.returncode != 0
    assert Path(root / "opt/sandbox/healthcheck.py").exists()


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)
