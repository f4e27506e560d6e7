"""The documents say what the code does: commands, settings, error codes, policy keys, links, languages."""

from __future__ import annotations

import ast
import doctest
import importlib
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

import connectors
import sandbox
from benchmarks.epsilon import tables
from sandbox.api.problems import STATUSES
from sandbox.cli.app import app
from sandbox.nouns.mask import OPERATORS
from sandbox.nouns.policy import Budget, Catalogue, Column, Grade, Jobs, Key, Policy, Privacy, Risk, Table
from sandbox.plan.refusals import CODES
from sandbox.settings import Settings

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
ERRORS = ("SandboxError", "Refused", "Unavailable", "LoadFailed", "IntegrityBroken")
SAYERS = ("say", "stop", "add", "refusal")
PLACES = {"Ending": 1, "problem": 1, "Problem": 3}
"""Where the code stands in other calls that make an error."""
CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def texts(node: ast.expr) -> Iterator[str]:
    """The texts that an argument may be: a constant, or either branch of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def codes_in(tree: ast.AST) -> Iterator[str]:
    """Codes that a module raises or notes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ERRORS and node.args:
                yield from texts(node.args[0])
            elif len(node.args) > PLACES.get(name, len(node.args)):
                yield from texts(node.args[PLACES[name]])
            elif name in SAYERS:
                yield from (text for each in node.args for text in texts(each) if CODE.fullmatch(text))
            elif isinstance(node.func, ast.Attribute) and node.func.attr == "__init__" and node.args:
                yield from (text for text in texts(node.args[0]) if CODE.fullmatch(text))


def raised() -> set[str]:
    """Every code of the product, collected from its source."""
    found = {"internal", "settings_invalid", *CODES, *(code for code, _ in STATUSES.values())}
    for path in [*(ROOT / "sandbox").rglob("*.py"), *(ROOT / "connectors").rglob("*.py")]:
        found |= set(codes_in(ast.parse(path.read_text(encoding="utf-8"))))
    mistakes = ast.parse(read("sandbox/policy/mistakes.py"))
    for node in ast.walk(mistakes):  # these are returned as (code, reason, fix)
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            found |= set(texts(node.value.elts[0]))
    return found


def documented(page: str) -> set[str]:
    return set(re.findall(r"^\| `([a-z0-9_]+)` \|", read(page), flags=re.MULTILINE))


def commands() -> set[str]:
    found = set()
    for name, command in get_command(app).commands.items():
        subs = getattr(command, "commands", None)
        found |= {f"{name} {sub}" for sub in subs} if subs else {name}
    return found


@pytest.mark.parametrize("page", ["docs/errors.md", "docs/errors.zh-CN.md"])
def test_every_error_code_is_explained_and_no_other(page):
    assert documented(page) == raised()


def test_the_collector_of_codes_finds_what_it_should():
    assert {"job_failed", "policy_invalid", "budget_exhausted", "already_released", "key_unknown"} <= raised()
    assert len(raised()) > 120


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_readme_names_the_two_commands_and_real_targets(page):
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), flags=re.MULTILINE))
    named = set(re.findall(r"^make ([a-z-]+)", read(page), flags=re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_shows_exists(page):
    shown = re.findall(
        r"(?:^|`|/)sandbox ((?:[a-z]+)(?: (?:check|explain|show|verify|export))?)", page.read_text()
    )
    known = commands()
    for command in shown:
        assert command in known or command.split()[0] in {each.split()[0] for each in known}, command


def test_every_command_is_in_the_changelog_or_the_readme():
    told = read("CHANGELOG.md") + read("README.md")
    assert [each for each in commands() if each not in told] == []


def test_no_line_of_the_changelog_is_there_twice() -> None:
    lines = [each for each in (ROOT / "CHANGELOG.md").read_text().splitlines() if each.startswith("- ")]
    assert len(lines) == len(set(lines))


def test_every_setting_is_explained():
    page = read("docs/settings.md")
    missing = [name for name in Settings.model_fields if f"`SANDBOX_{name.upper()}`" not in page]
    assert missing == []
    named = {name.lower() for name in re.findall(r"`SANDBOX_([A-Z_]+)`", page)}
    assert named <= set(Settings.model_fields) | {"pseudonym_key"}


def test_every_key_of_a_policy_is_explained():
    page = read("docs/policy.md")
    models = (Policy, Table, Column, Privacy, Budget, Key, Catalogue, Grade, Risk, Jobs)
    written_otherwise = {
        "kind": "class",
        "options": "encoding",
        "name": "columns",
        "folder": "path",
        "sha256": "path",
    }
    for model in models:
        for field in model.model_fields:
            word = written_otherwise.get(field, field)
            assert re.search(rf"\b{word}\b", page), f"{model.__name__}.{field}"


def test_every_mask_is_explained():
    page = read("docs/policy.md")
    assert [name for name in OPERATORS if f"`{name}" not in page] == []


@pytest.mark.parametrize("page", ["docs/epsilon.md", "docs/epsilon.zh-CN.md"])
def test_the_pages_on_choosing_epsilon_print_what_the_code_computes(page):
    text = read(page)
    assert [row for _, rows in tables() for row in rows if row not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_both_readmes_have_the_same_sections_and_commands():
    pages = [read("README.md"), read("README.zh-CN.md")]
    heads = [len(re.findall(r"^## ", page, flags=re.MULTILINE)) for page in pages]
    blocks = [re.findall(r"^(?:make|sandbox) [^#\n]*", page, flags=re.MULTILINE) for page in pages]
    assert heads[0] == heads[1]
    assert [each.strip() for each in blocks[0]] == [each.strip() for each in blocks[1]]


def test_the_layers_drawn_are_the_layers_enforced():
    contract = re.search(r"layers = \[(.*?)\]", read("pyproject.toml"), flags=re.DOTALL)[1]
    drawn = re.search(r"```\n(cli\n.*?)```", read("docs/architecture.md"), flags=re.DOTALL)[1]
    assert drawn.strip().splitlines() == re.findall(r'"([^"]+)"', contract)


def test_every_package_is_in_the_picture():
    page = read("docs/architecture.md")
    packages = [path.name for path in (ROOT / "sandbox").iterdir() if (path / "__init__.py").exists()]
    assert [name for name in packages if f"`sandbox/{name}/`" not in page] == []


def test_the_chinese_error_page_says_what_the_program_says() -> None:
    page = (ROOT / "docs/errors.zh-CN.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^\| `([a-z_]+)` \| (.*?) \|$", page, re.MULTILINE))
    packaged = tomllib.loads((ROOT / "sandbox/errors_zh.toml").read_text(encoding="utf-8"))
    assert packaged == shown


def test_every_example_in_a_docstring_gives_what_it_says() -> None:
    attempted = 0
    for package in (sandbox, connectors):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" in module.name or module.name.endswith("__main__"):
                continue  # they act when they are imported
            found = doctest.testmod(importlib.import_module(module.name))
            assert not found.failed, module.name
            attempted += found.attempted
    assert attempted > 50
