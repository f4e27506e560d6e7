from __future__ import annotations

import hashlib
import hmac

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import Unavailable
from sandbox.mask.keyed import digest, pads, parameters, scope

RFC_4231 = [
    (b"\x0b" * 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (
        b"Jefe",
        "what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (
        b"\xaa" * 131,
        "Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
]


def in_sql(key: bytes, prefix: str, text: str) -> str:
    with duckdb.connect() as connection:
        row = connection.execute(f"SELECT {digest(prefix, '$3::VARCHAR')}", [*pads(key), text]).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize(("key", "message", "expected"), RFC_4231)
def test_hmac_agrees_with_rfc_4231(key: bytes, message: str, expected: str) -> None:
    assert in_sql(key, "", message) == expected


@settings(max_examples=30, deadline=None)
@given(key=st.binary(min_size=1, max_size=200), text=st.text(st.characters(codec="utf-8"), max_size=80))
def test_hmac_agrees_with_python(key: bytes, text: str) -> None:
    prefix = scope("单位", "it's")
    assert in_sql(key, prefix, text) == hmac.new(key, (prefix + text).encode(), hashlib.sha256).hexdigest()


def test_scopes_never_run_into_each_other() -> None:
    assert scope("a", "b") != scope("a|b") != scope("a%7Cb")


def test_a_short_key_is_refused() -> None:
    with pytest.raises(Unavailable) as caught:
        parameters(b"short")
    assert caught.value.code == "key_too_short"
