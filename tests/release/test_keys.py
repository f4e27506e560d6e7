"""Replay keys are remembered by question and ε, and not without end."""

from decimal import Decimal

from sandbox.release import Keys


def test_a_key_is_found_by_its_question_and_epsilon_alone() -> None:
    keys = Keys()
    keys.keep("SELECT 1", Decimal("0.5"), "k")
    assert keys.of("SELECT 1", Decimal("0.50")) == "k"
    assert keys.of("SELECT 1", Decimal("0.51")) is None
    assert keys.of("SELECT  1", Decimal("0.5")) is None


def test_the_longest_unused_key_is_forgotten_first() -> None:
    keys = Keys(most=2)
    for sql in ("a", "b", "a", "c"):
        keys.keep(sql, Decimal(1), sql)
    assert [keys.of(sql, Decimal(1)) for sql in "abc"] == ["a", None, "c"]
