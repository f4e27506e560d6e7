"""A load's progress on stderr, where there is a terminal to show it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from sandbox.nouns.load import Progress


@contextmanager
def progress(console: Console | None = None) -> Iterator[Progress]:
    """A bar for each step of a load. Silent when stderr is no terminal.

    Args:
        console: where to draw; stderr when None.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    target = console or Console(stderr=True)
    columns = (
        TextColumn("  {task.description:<12}"),
        BarColumn(28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    tasks = {}
    with Bars(*columns, console=target, disable=not target.is_terminal) as bars:

        def show(step: str, done: int, total: int | None) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield show
