"""What a jail holds and how it is entered: the interpreter's own files, nothing else of the machine.

In tier A every file is bound read-only into an empty root; in tier B the same list becomes Landlock grants.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import Unavailable

INSIDE = Path(__file__).parent / "inside"
PROGRAM = "/program"
"""Folder of boot code and program in tier A."""
MOUNTS = "/mounts"
"""Parent of the mounts in tier A."""
ENVIRONMENT = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "LC_ALL": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Mount:
    """A file or folder an inmate may see."""

    name: str
    """The program asks for it by this name."""
    path: Path
    writable: bool = False


@dataclass(frozen=True)
class Interpreter:
    """The files that a Python and some modules are made of, outside paths."""

    python: Path
    stdlib: Path
    libraries: tuple[tuple[Path, Path], ...]
    """Shared objects: (where the loader looks, the file)."""
    packages: tuple[tuple[Path, str], ...]
    """Module files: (folder that belongs on the path, entry within it)."""

    @property
    def library_path(self) -> str:
        """Folders of the shared objects, for ``LD_LIBRARY_PATH``."""
        return ":".join(sorted({str(seen.parent) for seen, _ in self.libraries}))

    @property
    def roots(self) -> list[Path]:
        """Folders for ``sys.path``, in order of discovery."""
        return list(dict.fromkeys(root for root, _ in self.packages))


@functools.cache
def interpreter(modules: tuple[str, ...] = ()) -> Interpreter:
    """Find what this Python needs for these modules; runs it once, outside a jail and on no data.

    Raises:
        Unavailable: ``isolation_unavailable`` when the interpreter cannot be started on its own.
    """
    python = Path(os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable))
    roots = list(dict.fromkeys(_root(name) for name in modules))
    orders = json.dumps({"path": [str(root) for root in roots], "modules": modules})
    command = [str(python), "-I", "-S", "-B", str(INSIDE / "scout.py"), orders]
    answer = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, env=ENVIRONMENT, check=False, timeout=120
    )
    if answer.returncode != 0:
        raise Unavailable(
            "isolation_unavailable",
            "the Python interpreter does not start on its own",
            hint="install the interpreter with its standard library",
        )
    found = json.loads(answer.stdout)
    stdlib = Path(os.path.realpath(sysconfig.get_paths()["stdlib"]))
    inside = [root.resolve() for root in roots]
    mapped = [Path(name) for name in found["mapped"]]
    return Interpreter(
        python=python,
        stdlib=stdlib,
        libraries=tuple(_libraries(path for path in mapped if not _within(path, [stdlib, python, *inside]))),
        packages=tuple(_packages(roots, [*map(Path, found["modules"]), *mapped])),
    )


def _root(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise Unavailable(
            "isolation_unavailable", f"the package {module} is not installed", hint=f"install {module}"
        )
    return Path(spec.origin).parent.parent if spec.submodule_search_locations else Path(spec.origin).parent


def _within(path: Path, folders: Sequence[Path]) -> bool:
    return any(path == folder or folder in path.parents for folder in folders)


def _libraries(mapped: Iterator[Path]) -> Iterator[tuple[Path, Path]]:
    """Each shared object under its own name and under every link that leads to it."""
    files = {path for path in mapped if ".so" in path.name}
    usual = [Path(name) for name in ("/lib", "/lib64", "/usr/lib", "/usr/lib64")]
    folders = {Path(os.path.realpath(folder)) for folder in [*usual, *(file.parent for file in files)]}
    for file in sorted(files):
        yield file, file
    for folder in sorted(folder for folder in folders if folder.is_dir()):
        with os.scandir(folder) as entries:
            links = [Path(entry.path) for entry in entries if ".so" in entry.name and entry.is_symlink()]
        for link in links:
            target = Path(os.path.realpath(link))
            if target in files:
                yield link, target


def _packages(roots: Sequence[Path], files: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """The top-level entries of each root that the modules came from."""
    for root in roots:
        real = root.resolve()
        tops = {
            file.resolve().relative_to(real).parts[0] for file in files if _within(file.resolve(), [real])
        }
        notes = {
            path.name for top in tops for path in root.glob(f"{top}-*.dist-info")
        }  # packages ask their version
        yield from ((root, top) for top in sorted(tops | notes))


def bubblewrap() -> str | None:
    """Where bubblewrap is, or None."""
    return shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin")


def namespace_arguments(
    found: Interpreter, program: Path, mounts: Sequence[Mount], filter_fd: int
) -> list[str]:
    """Arguments of bubblewrap for tier A: an empty root with the interpreter, the program and the mounts."""
    return [
        *("--unshare-user", "--unshare-all", "--disable-userns", "--die-with-parent", "--new-session"),
        *("--clearenv", "--cap-drop", "ALL", "--uid", "65534", "--gid", "65534", "--hostname", "jail"),
        *(argument for name in ("lib", "lib64") for argument in _top_link(name)),
        *(argument for seen, file in found.libraries for argument in ("--ro-bind", str(file), str(seen))),
        *("--ro-bind", str(found.stdlib), str(found.stdlib)),
        *(
            argument
            for name in ("site-packages", "dist-packages")
            for argument in _hidden(found.stdlib / name)
        ),
        *("--ro-bind", str(found.python), str(found.python)),
        *("--ro-bind", str(INSIDE / "boot.py"), f"{PROGRAM}/boot.py"),
        *("--ro-bind", str(program), f"{PROGRAM}/program.py"),
        *(argument for root, top in found.packages for argument in _package(found, root, top)),
        *(argument for mount in mounts for argument in _mounted(mount)),
        *(argument for name, value in _environment(found) for argument in ("--setenv", name, value)),
        *("--chdir", "/", "--remount-ro", "/", "--seccomp", str(filter_fd)),
    ]


def command(found: Interpreter, boot: str) -> list[str]:
    """The command line inside: the bare interpreter and the boot code."""
    return [str(found.python), "-I", "-S", "-B", boot]


def environment(found: Interpreter) -> dict[str, str]:
    """The whole environment of an inmate outside namespaces."""
    return dict(_environment(found))


def readable(found: Interpreter, program: Path) -> list[str]:
    """Files and folders tier B grants for reading, besides the mounts."""
    paths = [found.stdlib, found.python, INSIDE / "boot.py", program]
    paths += [file for _, file in found.libraries]
    paths += [root / top for root, top in found.packages]
    return sorted({os.path.realpath(path) for path in paths})


def inside_path(mount: Mount) -> str:
    """Where tier A shows a mount."""
    return f"{MOUNTS}/{mount.name}"


def inside_roots(found: Interpreter) -> list[str]:
    """Where tier A shows the package folders."""
    return [f"/packages/{number}" for number, _ in enumerate(found.roots)]


def _environment(found: Interpreter) -> list[tuple[str, str]]:
    return [*ENVIRONMENT.items(), ("LD_LIBRARY_PATH", found.library_path)]


def _top_link(name: str) -> list[str]:
    path = Path("/", name)
    return ["--symlink", str(path.readlink()), str(path)] if path.is_symlink() else []


def _hidden(folder: Path) -> list[str]:
    return ["--tmpfs", str(folder), "--remount-ro", str(folder)] if folder.is_dir() else []


def _package(found: Interpreter, root: Path, top: str) -> list[str]:
    return ["--ro-bind", str(root / top), f"/packages/{found.roots.index(root)}/{top}"]


def _mounted(mount: Mount) -> list[str]:
    return ["--bind" if mount.writable else "--ro-bind", str(mount.path), inside_path(mount)]
