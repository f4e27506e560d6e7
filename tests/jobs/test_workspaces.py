"""Open workspaces: shared, replaced under jobs that finish on the old one, closed with the last of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sandbox.jobs.workspaces import Workspaces


class Gateway:
    """What the shelf of workspaces sees of a gateway."""

    def __init__(self, sha256: str) -> None:
        self.workspace, self.closed = self, 0
        self.manifest = SimpleNamespace(workspace_sha256=sha256)

    def close(self) -> None:
        self.closed += 1


def shelf(most: int = 2) -> tuple[Workspaces, list[Any]]:
    made: list[Any] = []

    def opened(name: str) -> Any:
        made.append(Gateway(f"{name}/{len(made)}"))
        return made[-1]

    return Workspaces(opened, most=most), made


def test_a_job_finishes_on_the_workspace_it_began_with_and_the_next_one_has_the_new() -> None:
    workspaces, _ = shelf()
    old: Any = workspaces.take("a")
    workspaces.drop("a")
    new: Any = workspaces.take("a")
    assert new is not old
    assert (old.closed, new.closed) == (0, 0)
    workspaces.done(new)
    assert old.closed == 0
    workspaces.done(old)
    assert (old.closed, new.closed) == (1, 0)


def test_the_last_of_several_users_closes_what_was_replaced() -> None:
    workspaces, _ = shelf()
    old: Any = workspaces.take("a")
    assert workspaces.take("a") is old
    workspaces.drop("a")
    workspaces.done(old)
    assert old.closed == 0
    workspaces.done(old)
    assert old.closed == 1


def test_an_idle_workspace_that_is_replaced_is_closed_at_once() -> None:
    workspaces, made = shelf()
    workspaces.done(workspaces.take("a"))
    workspaces.drop("a")
    assert made[0].closed == 1
    workspaces.drop("a")
    assert made[0].closed == 1


def test_a_workspace_that_another_process_replaced_is_opened_anew() -> None:
    workspaces, made = shelf()
    workspaces.get("a")
    workspaces.drop_other("a", "a/0")
    assert made[0].closed == 0
    workspaces.drop_other("a", "of another build")
    assert made[0].closed == 1


def test_room_is_made_from_workspaces_that_nobody_uses() -> None:
    workspaces, made = shelf(most=1)
    used = workspaces.take("a")
    workspaces.get("b")
    workspaces.get("c")
    assert [each.closed for each in made] == [0, 1, 0]
    workspaces.done(used)


def test_the_end_closes_everything_replaced_or_not() -> None:
    workspaces, made = shelf()
    workspaces.take("a")
    workspaces.drop("a")
    workspaces.take("a")
    workspaces.close()
    assert [each.closed for each in made] == [1, 1]
