"""Every notebook runs from top to bottom, in a kernel of its own."""

from __future__ import annotations

import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_there_is_a_notebook_for_an_operator_and_one_for_a_developer() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["developer", "operator"]


@pytest.mark.filterwarnings("default")  # the client's own libraries warn about event loops
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_to_its_end(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    printed = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))
    assert "verified: True" in printed
    assert "[row_level_output]" in printed or "[unknown_column]" in printed
    drawn = [output for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    assert any("<svg" in output["data"].get("text/html", "") for output in drawn)


def test_an_operators_notebook_is_kept_without_outputs() -> None:
    notebook = nbformat.read(ROOT / "notebooks/operator.ipynb", as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)


def test_a_developers_notebook_shows_its_answers_and_nothing_of_a_machine() -> None:
    notebook = nbformat.read(ROOT / "notebooks/developer.ipynb", as_version=4)
    outputs = str([cell.outputs for cell in notebook.cells if cell.cell_type == "code"])
    assert "<svg" in outputs
    assert "模拟数据" in outputs
    assert "verified: True" in outputs
    assert not re.search(r"/(tmp|home|root|opt|usr)\b|127\.0\.0\.1|dsb_|Traceback|WARNING", outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_speaks_chinese_and_english(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert re.search(r"[一-鿿]", cell.source), cell.source
            assert re.search(r"[a-z]{3}", cell.source), cell.source
