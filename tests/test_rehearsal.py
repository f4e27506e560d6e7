"""``mode="dummy"`` answers in the shape of the real answer, marked wherever it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.cli.table import as_table
from sandbox.local import LocalSandbox
from sandbox.nouns.shape import to_html
from sandbox.rehearsal import NOTE
from tests import shop

QUESTIONS = (
    "SELECT city, count(*) AS n, avg(amount) AS mean FROM visits GROUP BY city",
    "SELECT h.level, count(DISTINCT v.id_card) AS people FROM visits v JOIN hospitals h USING (hospital) "
    "GROUP BY h.level",
    "SELECT p.sex, count(*) AS n FROM visits v JOIN persons p ON v.id_card = p.id_card GROUP BY p.sex",
    "SELECT stddev(age) AS spread FROM persons",
    "SELECT level, count(*) AS n FROM hospitals GROUP BY level",
)


@pytest.mark.parametrize("sql", QUESTIONS)
def test_an_answer_has_the_columns_and_types_of_the_real_one(box: LocalSandbox, sql: str) -> None:
    dummy, real = box.query(sql, mode="dummy"), box.query(sql)
    assert dummy.columns == real.columns
    assert dummy.data


def test_it_is_marked_in_every_shape(box: LocalSandbox) -> None:
    answer = box.query(QUESTIONS[0], mode="dummy")
    assert answer.dummy
    assert NOTE in answer.notes
    assert "模拟数据" in to_html(answer)
    assert "Dummy data" in to_html(answer, "en")
    assert "DUMMY" in str(as_table(answer).title)
    assert answer.to_arrow().schema.metadata[b"dummy"] == b"true"
    real = box.query(QUESTIONS[0])
    assert "模拟数据" not in to_html(real)
    assert b"dummy" not in real.to_arrow().schema.metadata


def test_tables_that_find_their_person_through_others_can_be_rehearsed(tmp_path: Path) -> None:
    policy = shop.write(tmp_path, {})
    with Sandbox.local(str(policy), home=str(tmp_path / "home")) as box:
        joined = "lines l JOIN orders o ON l.l_order = o.o_order"
        sql = f"SELECT o.state, count(*) AS n FROM {joined} GROUP BY o.state"
        counts = [row[1] for row in box.query(sql, mode="dummy", epsilon=1).rows() if row[0]]
        assert min(counts) > 500
