"""``sandbox demo``: the whole path in less than a minute, on data that nobody owns."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.words import Language, language

if TYPE_CHECKING:
    from sandbox.cli.demo.stage import Stage


class Choice(StrEnum):
    """Languages that may be asked for."""

    ZH = "zh"
    EN = "en"


def demo(
    visits: Annotated[int, typer.Option("--visits", min=1000, help="Rows of claims to invent.")] = 1_000_000,
    people: Annotated[int, typer.Option("--people", min=100, help="Persons to invent.")] = 120_000,
    lang: Annotated[Choice | None, typer.Option("--lang", help="Language; that of LANG if absent.")] = None,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", file_okay=False, help="Keep source, policy and home in this folder."),
    ] = None,
    truth: Annotated[
        bool,
        typer.Option("--truth", help="Compare with the exact answers: the data are invented, so one may."),
    ] = False,
) -> None:
    """Invent a province's outpatient claims, ask about them, verify the log. 演示.

    The data are invented: no real person is in them. A million visits take about half a minute.
    """
    from sandbox.cli.demo.stage import Stage

    began = time.monotonic()
    stage = Stage(Language(lang.value) if lang else language())
    with _folder(keep) as folder:
        play(stage, folder, visits=visits, people=people, truth=truth)
        stage.farewell(keep, time.monotonic() - began)


def play(stage: Stage, folder: Path, *, visits: int, people: int, truth: bool) -> None:
    """Every act of the demo, in order."""
    from sandbox.cli.demo.source import generate
    from sandbox.cli.demo.story import BY_CITY, CHAPTERS
    from sandbox.cli.progress import progress
    from sandbox.local import LocalSandbox
    from sandbox.settings import Settings

    stage.opening()
    stage.invented(generate(folder / "data", visits=visits, people=people))
    policy = folder / "outpatient.yaml"
    shutil.copyfile(shipped_policies() / policy.name, policy)
    with progress(stage.console) as show:
        own = Settings().model_copy(update={"home": folder / "home", "database_url": None})
        opened = LocalSandbox.open(policy, settings=own, progress=show)
    with opened as box:
        stage.loaded(box.report, box.policy)
        for number, chapter in enumerate(CHAPTERS, 1):
            stage.ask(box, number, chapter)
        stage.replay(box, BY_CITY)
        if truth:
            stage.compare(box, folder / "data")
        stage.log(box)


def shipped_policies() -> Path:
    """The folder of shipped policies: in the wheel, or beside the package in a clone."""
    package = Path(__file__).resolve().parents[2]
    packaged = package / "policies"
    return packaged if packaged.is_dir() else package.parent / "policies"


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """The folder asked for, or one that is removed at the end."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="sandbox-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
