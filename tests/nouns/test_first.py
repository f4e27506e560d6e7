"""First-row flags: which columns have one, from the policy alone."""

from __future__ import annotations

from sandbox.nouns.first import MOST_COLUMNS, MOST_VALUES, first_bits
from sandbox.nouns.policy import Column, Source, Table, Use
from tests.plan.world import DRUGS, HOSPITALS, VISITS

GROUP = frozenset({Use.GROUP})


def test_texts_with_a_declared_domain_that_may_be_grouped_have_a_flag() -> None:
    assert first_bits(VISITS) == {"city": 0, "sex": 1}
    assert first_bits(DRUGS) == {"drug": 0, "city": 1}


def test_a_public_table_has_none() -> None:
    assert first_bits(HOSPITALS) == {}


def test_domains_and_columns_are_bounded_by_the_words_that_hold_them() -> None:
    fits = [Column(name=f"c{n}", domain=("a",), use=GROUP) for n in range(MOST_COLUMNS + 3)]
    wide = Column(name="wide", domain=tuple(map(str, range(MOST_VALUES + 1))), use=GROUP)
    brim = Column(name="brim", domain=tuple(map(str, range(MOST_VALUES))), use=GROUP)
    table = Table(name="t", source=Source(connector="csv"), unit="u", columns=(wide, brim, *fits))
    bits = first_bits(table)
    assert "wide" not in bits
    assert bits["brim"] == 0
    assert sorted(bits.values()) == list(range(MOST_COLUMNS))


def test_bits_do_not_move_when_hidden_columns_are_left_out() -> None:
    hidden = Column(name="hidden", domain=("a",))
    table = VISITS.model_copy(update={"columns": (hidden, *VISITS.columns)})
    assert first_bits(table) == first_bits(VISITS)
