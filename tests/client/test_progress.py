"""Progress is for people: on a terminal or in a notebook, after a moment, wiped at the end."""

from __future__ import annotations

import io
import sys

import pytest

from sandbox.client.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nothing_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as tell:
        tell("queued")
        tell("job 1 was cancelled")
    assert not tell.watched
    assert capsys.readouterr() == ("", "")


def test_a_terminal_sees_state_and_seconds_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr("sandbox.client.progress.PATIENCE", 0.0)
    with Progress() as tell:
        assert tell.watched
        tell("queued")
        tell("running")
    assert screen.getvalue() == "\r\x1b[K等待 queued · 0 s\r\x1b[K运行 running · 0 s\r\x1b[K"


def test_short_waits_show_nothing_but_last_words_always() -> None:
    shown: list[str] = []
    try:
        with Progress(shown.append) as tell:
            tell("queued")
            tell("job 1 was cancelled")
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert shown == ["job 1 was cancelled"]
