"""``%%sandbox``: a notebook cell of SQL. ``%load_ext sandbox``, then ``%%sandbox --help``.

IPython is the notebook's own; nothing here imports it before there is one.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from typing import Any, NoReturn, TypeGuard

from sandbox.errors import SandboxError
from sandbox.nouns.asking import MODES

HELP = """\
A cell of SQL, asked under differential privacy. 单元格内写一条 SELECT 语句。

    %%sandbox --epsilon 0.5 --into answer
    SELECT city, COUNT(*) AS visits FROM visits GROUP BY city

The answer is drawn, and kept in the variable that --into names (else in _).
"""


class Mistake(Exception):
    """A wrong option: its text is shown, and nothing else."""


class Options(argparse.ArgumentParser):
    """The options of the magic; a mistake is raised, not printed and exited on."""

    def error(self, message: str) -> NoReturn:
        """Raise ``Mistake``."""
        raise Mistake(f"{message}\n{self.format_usage()}")


def options() -> Options:
    """Every option of ``%%sandbox``."""
    parser = Options(
        prog="%%sandbox",
        description=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )
    parser.add_argument("--epsilon", help="ε of the job; the policy's per_job.epsilon if absent")
    parser.add_argument("--box", help="variable that holds the sandbox; the only sandbox there is if absent")
    parser.add_argument("--into", help="variable to keep the answer in")
    parser.add_argument(
        "--mode", default="run", choices=MODES,
        help="preview: price and predicted error; dummy: answer from invented rows; both free",
    )  # fmt: skip
    parser.add_argument("--help", action="store_true", help="show this")
    return parser


def register(shell: Any) -> None:
    """Make ``%%sandbox`` known to an IPython shell."""

    def sandbox(line: str, cell: str | None = None) -> object:
        try:
            return answered(line, cell, shell.user_ns)
        except (SandboxError, Mistake) as error:
            print(described(error), file=sys.stderr)
            return None

    sandbox.__doc__ = options().format_help()
    shell.register_magic_function(sandbox, magic_kind="line_cell", magic_name="sandbox")


def answered(line: str, cell: str | None, variables: dict[str, Any]) -> object:
    """What a cell comes to: its answer, or None where it was put into a variable or help was shown.

    Raises:
        Mistake: a wrong option, no SQL, no sandbox to ask.
        SandboxError: as ``Sandbox.query``.
    """
    parser = options()
    try:
        chosen = parser.parse_args(shlex.split(line))
    except ValueError:
        raise Mistake("a quotation mark is not closed") from None
    if chosen.help or cell is None:
        print(parser.format_help())
        return None
    if not cell.strip():
        raise Mistake("write one SELECT statement below the first line")
    box = _box(chosen.box, variables)
    answer = box.query(cell.strip().rstrip(";"), epsilon=chosen.epsilon, mode=chosen.mode)
    if chosen.into:
        if not chosen.into.isidentifier():
            raise Mistake("--into needs the name of a variable")
        variables[chosen.into] = answer
    return answer


def described(error: Exception) -> str:
    """An error in a line or two: where, why, what to do; Chinese below where there is any."""
    words = str(error)
    if isinstance(error, SandboxError) and error.zh:
        words += f"\n{error.zh}"
    return words


def _box(name: str | None, variables: dict[str, Any]) -> Any:
    """The sandbox to ask: the named one, or the only one among the notebook's variables."""
    if name is not None:
        box = variables.get(name)
        if not _asks(box):
            raise Mistake(f"there is no sandbox called {name}: box = Sandbox.connect(…) makes one")
        return box
    found = {key: each for key, each in variables.items() if not key.startswith("_") and _asks(each)}
    boxes = list({id(each): each for each in found.values()}.values())
    if len(boxes) != 1:
        listed = ", ".join(sorted(found))
        raise Mistake(
            f"name one with --box: {listed}" if boxes
            else "there is no sandbox here yet: box = Sandbox.connect(…) makes one"
        )  # fmt: skip
    return boxes[0]


def _asks(thing: object) -> TypeGuard[Any]:
    kind = type(thing)
    return kind.__module__.partition(".")[0] == "sandbox" and kind.__name__ in (
        "LocalSandbox",
        "RemoteSandbox",
    )
