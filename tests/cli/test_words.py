"""The demo speaks the language of the environment, or both."""

from __future__ import annotations

import pytest

from sandbox.cli.words import Language, either, language


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, Language.ZH),
        ({"LANG": "en_US.UTF-8"}, Language.EN),
        ({"LANG": "C.UTF-8"}, Language.BOTH),
        ({}, Language.BOTH),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, Language.EN),
        ({"LANG": "fr_FR.UTF-8"}, Language.BOTH),
    ],
)
def test_the_environment_decides(monkeypatch, variables, expected):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language() is expected


def test_both_means_chinese_first():
    assert either(Language.BOTH, "价格", "price", join=" ") == "价格 price"
    assert either(Language.ZH, "价格", "price") == "价格"
    assert either(Language.EN, "价格", "price") == "price"
