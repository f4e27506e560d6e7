"""A sealed stream cannot be changed, moved, cut or passed for another."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import IntegrityBroken
from sandbox.seal.stream import seal_stream, unseal_stream
from sandbox.seal.suites import SUITES, TAG

KEY = bytes(range(32))
CHUNK = 64
HEADER = 48
SEALED_CHUNK = CHUNK + TAG


def sealed(data: bytes, *, name: str = "a/b", suite: str = "aes-256-gcm", key: bytes = KEY) -> bytes:
    out = bytearray()
    seal_stream(io.BytesIO(data), out.extend, key, name, SUITES[suite], CHUNK)
    return bytes(out)


def unsealed(data: bytes, *, name: str = "a/b", key: bytes = KEY) -> bytes:
    out = bytearray()
    unseal_stream(io.BytesIO(data), out.extend, key, name)
    return bytes(out)


def refused(data: bytes, *, name: str = "a/b", key: bytes = KEY) -> bool:
    with pytest.raises(IntegrityBroken) as caught:
        unsealed(data, name=name, key=key)
    return caught.value.code == "sealed_file_broken"


@given(st.binary(max_size=5 * CHUNK), st.sampled_from(sorted(SUITES)))
def test_what_is_sealed_comes_back(data: bytes, suite: str) -> None:
    assert unsealed(sealed(data, suite=suite)) == data


@pytest.mark.parametrize("suite", sorted(SUITES))
@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1])
def test_sizes_around_a_chunks_border_come_back(size: int, suite: str) -> None:
    data = bytes(index % 251 for index in range(size))
    assert unsealed(sealed(data, suite=suite)) == data
    assert len(sealed(data, suite=suite)) == HEADER + size + TAG * max(1, -(-size // CHUNK))


@pytest.mark.parametrize("suite", sorted(SUITES))
def test_every_flipped_byte_is_found(suite: str) -> None:
    whole = sealed(bytes(3 * CHUNK - 5), suite=suite)
    for place in range(len(whole)):
        for bit in (0x01, 0x80):
            changed = bytearray(whole)
            changed[place] ^= bit
            assert refused(bytes(changed)), place


def test_every_flipped_bit_of_the_header_is_found_also_in_a_file_of_one_chunk() -> None:
    whole = sealed(b"data")
    for place in range(HEADER):
        for bit in range(8):
            changed = bytearray(whole)
            changed[place] ^= 1 << bit
            assert refused(bytes(changed)), (place, bit)


def test_every_cut_is_found_also_at_a_chunks_border() -> None:
    whole = sealed(bytes(3 * CHUNK))
    for end in range(len(whole)):
        assert refused(whole[:end]), end


@given(st.binary(min_size=1, max_size=2 * SEALED_CHUNK))
def test_anything_appended_is_found(more: bytes) -> None:
    assert refused(sealed(bytes(2 * CHUNK)) + more)


def chunks_of(data: bytes) -> list[bytes]:
    return [data[start : start + SEALED_CHUNK] for start in range(HEADER, len(data), SEALED_CHUNK)]


@given(st.permutations(range(4)))
def test_moved_chunks_are_found(order: list[int]) -> None:
    whole = sealed(bytes(range(256)))
    pieces = chunks_of(whole)
    moved = whole[:HEADER] + b"".join(pieces[place] for place in order)
    assert unsealed(moved) == bytes(range(256)) if order == sorted(order) else refused(moved)


def test_a_dropped_or_doubled_chunk_is_found() -> None:
    whole = sealed(bytes(range(256)))
    head, pieces = whole[:HEADER], chunks_of(whole)
    for place in range(4):
        assert refused(head + b"".join(pieces[:place] + pieces[place + 1 :]))
        assert refused(head + b"".join([*pieces[: place + 1], pieces[place], *pieces[place + 1 :]]))


def test_chunks_of_another_sealing_under_the_same_key_are_found() -> None:
    one, two = sealed(bytes(2 * CHUNK)), sealed(bytes(2 * CHUNK))
    assert refused(one[:HEADER] + two[HEADER:])
    assert refused(one[: HEADER + SEALED_CHUNK] + two[HEADER + SEALED_CHUNK :])


def test_a_file_cannot_pass_for_one_of_another_name_or_key() -> None:
    whole = sealed(b"data")
    assert refused(whole, name="a/c")
    assert refused(whole, key=bytes(32))


def test_the_same_data_never_seals_to_the_same_bytes() -> None:
    assert len({sealed(b"data") for _ in range(50)}) == 50


def test_nothing_is_written_for_a_chunk_that_is_not_genuine() -> None:
    whole = bytearray(sealed(bytes(2 * CHUNK)))
    whole[HEADER + SEALED_CHUNK] ^= 1
    out = bytearray()
    with pytest.raises(IntegrityBroken):
        unseal_stream(io.BytesIO(bytes(whole)), out.extend, KEY, "a/b")
    assert len(out) == CHUNK
