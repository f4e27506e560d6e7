from __future__ import annotations

import pytest

from sandbox.classify.checks import known_card, luhn, resident_id, uscc


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014", "810000199408230021"])
def test_published_resident_numbers_pass(number: str) -> None:
    assert resident_id(number)


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91350100m000100y43"])
def test_published_credit_codes_pass(code: str) -> None:
    assert uscc(code)


@pytest.mark.parametrize(
    "number", ["4111111111111111", "4111 1111 1111 1111", "5555555555554444", "378282246310005"]
)
def test_published_card_numbers_pass(number: str) -> None:
    assert luhn(number)
    assert known_card(number)


def test_one_wrong_digit_is_always_caught() -> None:
    number = "440524188001010014"
    for place in range(18):
        for digit in "0123456789":
            if digit != number[place]:
                assert not resident_id(number[:place] + digit + number[place + 1 :])


@pytest.mark.parametrize("text", ["", "0" * 16, "1" * 18, "４111111111111111", "x" * 18, "110105 1949 1231"])
def test_nonsense_fails_every_check(text: str) -> None:
    assert not any(check(text) for check in (resident_id, uscc, luhn))
