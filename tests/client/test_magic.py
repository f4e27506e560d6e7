"""``%%sandbox`` in a real IPython shell: asks, keeps, draws, and tells errors without a traceback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell

from sandbox.local import LocalSandbox
from sandbox.nouns.release import Preview, Release

COUNT = "SELECT city, count(*) AS n FROM visits GROUP BY city;"


@pytest.fixture
def shell(box: LocalSandbox) -> Iterator[InteractiveShell]:
    made = InteractiveShell()
    made.run_line_magic("load_ext", "sandbox")
    made.user_ns["box"] = box
    yield made
    made.history_manager.end_session() if made.history_manager else None
    InteractiveShell.clear_instance()


def ask(shell: InteractiveShell, line: str, cell: str = COUNT) -> object:
    return shell.run_cell_magic("sandbox", line, cell)


def test_a_cell_of_sql_is_answered_and_kept(shell: InteractiveShell) -> None:
    answer = ask(shell, "--epsilon 0.5 --into result")
    assert isinstance(answer, Release)
    assert (answer.cost.epsilon, shell.user_ns["result"] is answer) == (0.5, True)
    assert isinstance(ask(shell, "--mode preview"), Preview)
    assert ask(shell, "--mode dummy --box box").dummy  # type: ignore[attr-defined]


def test_a_refusal_is_told_in_two_languages_without_a_traceback(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(shell, "", "SELECT name FROM visits") is None
    said = capsys.readouterr().err
    assert "[unknown_column]" in said
    assert "没有此列" in said or "列" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("line", "cell", "words"),
    [
        ("--epsilon", COUNT, "expected one argument"), ("--mode walk", COUNT, "invalid choice"),
        ("--box nothing", COUNT, "no sandbox called nothing"), ("--into 'a b'", COUNT, "name of a variable"),
        ("", "  ", "one SELECT statement"), ("--box 'x", COUNT, "quotation mark"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_told_in_a_line(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], line: str, cell: str, words: str
) -> None:
    assert ask(shell, line, cell) is None
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_several_sandboxes_must_be_told_apart(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], box: LocalSandbox
) -> None:
    shell.user_ns["other"] = LocalSandbox(box.policy, box._gateway, box._rehearsal, box.report)
    ask(shell, "")
    assert "name one with --box: box, other" in capsys.readouterr().err
    del shell.user_ns["other"], shell.user_ns["box"]
    ask(shell, "")
    assert "Sandbox.connect" in capsys.readouterr().err


def test_help_is_there(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_line_magic("sandbox", "--help")
    said = capsys.readouterr().out
    assert "--epsilon" in said
    assert "%%sandbox --epsilon 0.5 --into answer" in said
    assert "--mode" in (shell.find_line_magic("sandbox").__doc__ or "")
