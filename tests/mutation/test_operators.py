"""What a mutant is: one place of a file changed, and only where something is computed."""

from __future__ import annotations

import ast

import pytest

from tests.mutation.operators import mutants

SOURCE = '''
"""A document with 1 < 2."""

LIMIT = 2**62


def fits(price: int = 0, cap: int = 1) -> bool:
    """Whether 0 < 1."""
    if price < 0:
        raise ValueError("a price under 0")
    return price <= cap and not (price > LIMIT)


def rows(bound: int) -> str:
    return f'SELECT least(x, 1) FROM t WHERE "_rank" < {bound}'
'''


def names(source: str) -> list[str]:
    return [each.name for each in mutants(source)]


@pytest.mark.parametrize(
    "change",
    [
        "module: 2 → 3 | LIMIT = 2 ** 62",
        "module: 2 ** 62 → 2 * 62 | LIMIT = 2 ** 62",
        "fits: price < 0 → price <= 0 | if price < 0:",
        "fits: price < 0 → False | if price < 0:",
        "fits: price → cap | return price <= cap and (not price > LIMIT)",
        "fits: cap → price | return price <= cap and (not price > LIMIT)",
        "fits: price > LIMIT → price >= LIMIT | return price <= cap and (not price > LIMIT)",
        "fits: not price > LIMIT → price > LIMIT | return price <= cap and (not price > LIMIT)",
    ],
)
def test_what_is_computed_is_changed(change: str) -> None:
    assert change in names(SOURCE)


def test_sql_is_changed_too() -> None:
    texts = [each.text for each in mutants(SOURCE) if each.name.startswith("rows: ")]
    assert any('"_rank" <= {bound}' in text for text in texts)
    assert any("greatest(x, 1)" in text for text in texts)


def test_documents_types_and_the_words_of_errors_stay() -> None:
    documents = [ast.unparse(node) for node in ast.walk(ast.parse(SOURCE)) if isinstance(node, ast.Raise)]
    for each in mutants(SOURCE):
        assert all(words in each.text for words in ("A document with 1 < 2.", "Whether 0 < 1.", *documents))


def test_notes_and_words_for_a_person_stay() -> None:
    source = "def f(b):\n    b.note(f'1 < {b.n + 1}')\n    b.stop('code', what='1 < 2', limit=b.n + 1)\n"
    assert names(source) == [
        "f: b.stop('code', what='1 < 2', limit=b.n + 1) → pass",
        "f: b.n + 1 → b.n - 1 | b.stop('code', what='1 < 2', limit=b.n + 1)",
        "f: 1 → 2 | b.stop('code', what='1 < 2', limit=b.n + 1)",
    ]


def test_every_mutant_is_one_change_of_its_own() -> None:
    found = list(mutants(SOURCE))
    whole = [line for part in ast.parse(SOURCE).body for line in lines(ast.unparse(part))]
    assert len({each.name for each in found}) == len({each.text for each in found}) == len(found)
    for each in found:
        changed = [a for a, b in zip(whole, lines(each.text), strict=True) if a != b]
        assert len(changed) == 1


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


def test_the_same_change_twice_in_a_statement_is_numbered() -> None:
    found = names("def f(x):\n    return x[0] + x[0]\n")
    assert "f: 0 → 1 | return x[0] + x[0]" in found
    assert "f: 0 → 1 | return x[0] + x[0] (2)" in found


def test_a_name_gives_way_only_to_one_that_the_file_knows() -> None:
    assert not [name for name in names("def f(lo):\n    return lo\n") if "hi" in name]
    assert "f: lo → hi | return lo" in names("def f(lo, hi):\n    return lo\n")
    assert "f: floor → ceil | return floor(x)" in names(
        "from math import ceil, floor\ndef f(x):\n    return floor(x)\n"
    )


def test_a_parameter_of_another_function_is_no_name_here() -> None:
    found = names("def f(cap):\n    return cap\n\n\ndef g(price):\n    return price\n")
    assert not [name for name in found if "price" in name]
