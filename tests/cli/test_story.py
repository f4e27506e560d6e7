"""The demo's story plans as it is told: what must be refused is refused, all else has a price."""

from __future__ import annotations

import pytest

from sandbox.cli.demo.story import CHAPTERS


def test_five_questions_are_answered_and_a_refused_one_is_followed_by_its_rewrite():
    refused = [chapter.refused for chapter in CHAPTERS]
    assert refused[:5] == [False] * 5
    assert refused[5:] == [True, True, False]
    assert CHAPTERS[6].sql.replace("AVG(days)", "AVG(clamp(days, 0, 30))") == CHAPTERS[7].sql


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.en[:30])
def test_everything_is_said_in_both_languages(chapter):
    assert chapter.zh
    assert chapter.en.isascii()
    assert bool(chapter.remark_zh) == bool(chapter.remark_en)
    assert all(len(line) <= 74 for line in chapter.sql.splitlines())
