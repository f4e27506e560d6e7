"""The host's end of the pipe takes every byte from an inmate for hostile."""

from __future__ import annotations

import json
import os
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.jail.frames import REPLY_HEADER_BYTES, Deadline, InmateFailure, Pipe, table
from sandbox.jail.inside.boot import CHUNK, CHUNK_BYTES, HEAD, MAGIC


@dataclass
class Ends:
    """A pipe and the inmate's ends of it."""

    pipe: Pipe
    inmate_reads: int
    inmate_writes: int

    def says(self, data: bytes) -> None:
        os.write(self.inmate_writes, data)

    def hangs_up(self) -> None:
        os.close(self.inmate_writes)
        self.inmate_writes = -1


@pytest.fixture
def ends() -> Iterator[Ends]:
    source, inmate_writes = os.pipe()
    inmate_reads, sink = os.pipe()
    made = Ends(Pipe(source, sink), inmate_reads, inmate_writes)
    yield made
    made.pipe.close()
    os.close(made.inmate_reads)
    if made.inmate_writes >= 0:
        os.close(made.inmate_writes)


def headed(text: bytes, magic: bytes = MAGIC) -> bytes:
    return HEAD.pack(magic, len(text)) + text


def stream(made: pa.Table, **options: object) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, made.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(made)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def test_a_good_header_arrives(ends: Ends) -> None:
    ends.says(headed(b'{"status": "done"}'))
    assert ends.pipe.receive(Deadline(5)) == {"status": "done"}


@pytest.mark.parametrize(
    "said",
    [
        headed(b'{"status": "done"}', magic=b"HTTP"),
        HEAD.pack(MAGIC, REPLY_HEADER_BYTES + 1),
        HEAD.pack(MAGIC, 0xFFFFFFFF),
        headed(b""),
        headed(b"[1]"),
        headed(b"{}"),
        headed(b'{"status": 1}'),
        headed(b"\xff\xfe{}"),
        headed(b"[" * REPLY_HEADER_BYTES),
        headed(b'{"status": "done"'),
        headed(json.dumps({"status": None}).encode()),
    ],
)
def test_a_bad_header_is_a_dead_inmate(ends: Ends, said: bytes) -> None:
    ends.says(said)
    with pytest.raises(InmateFailure, match=r"^died$"):
        ends.pipe.receive(Deadline(5))


def test_a_header_cut_short_is_a_dead_inmate(ends: Ends) -> None:
    ends.says(headed(b'{"status": "done"}')[:-3])
    ends.hangs_up()
    with pytest.raises(InmateFailure, match="died"):
        ends.pipe.receive(Deadline(5))


def test_silence_meets_the_deadline(ends: Ends) -> None:
    with pytest.raises(InmateFailure, match="deadline"):
        ends.pipe.receive(Deadline(0.05))


def test_one_byte_and_then_silence_meets_the_deadline(ends: Ends) -> None:
    ends.says(b"D")
    with pytest.raises(InmateFailure, match="deadline"):
        ends.pipe.receive(Deadline(0.05))


def test_a_request_nobody_reads_meets_the_deadline(ends: Ends) -> None:
    with pytest.raises(InmateFailure, match="deadline"):
        ends.pipe.write(bytes(4 << 20), Deadline(0.05))


def test_a_request_to_nobody_is_a_dead_inmate(ends: Ends) -> None:
    os.close(ends.inmate_reads)
    ends.inmate_reads = os.open(os.devnull, os.O_RDONLY)
    with pytest.raises(InmateFailure, match="died"):
        ends.pipe.send({"op": "query"}, Deadline(5))


def test_a_body_beyond_its_cap_is_a_dead_inmate(ends: Ends) -> None:
    ends.says(CHUNK.pack(100) + bytes(100) + CHUNK.pack(100))
    with pytest.raises(InmateFailure, match="died"):
        ends.pipe.body(Deadline(5), limit=150)


def test_a_chunk_beyond_its_cap_is_a_dead_inmate(ends: Ends) -> None:
    ends.says(CHUNK.pack(CHUNK_BYTES + 1))
    with pytest.raises(InmateFailure, match="died"):
        ends.pipe.body(Deadline(5))


def test_an_endless_body_stops_at_its_cap(ends: Ends) -> None:
    def flood() -> None:
        try:
            while True:
                os.write(ends.inmate_writes, CHUNK.pack(4096) + bytes(4096))
        except OSError:
            pass

    writer = threading.Thread(target=flood)
    writer.start()
    with pytest.raises(InmateFailure, match="died"):
        ends.pipe.body(Deadline(10), limit=1 << 20)
    ends.pipe.close()
    writer.join()


def test_a_plain_table_passes() -> None:
    made = pa.table({"n": [1, None], "t": ["a", "河南"], "b": [True, False], "l": [[1], []]})
    assert table(stream(made)).equals(made)


def test_an_enum_column_passes() -> None:
    made = pa.table({"region": pa.array(["a", "b", "a"]).dictionary_encode()})
    assert table(stream(made)).column("region").to_pylist() == ["a", "b", "a"]


def test_what_the_inmate_wrote_about_the_columns_is_dropped() -> None:
    made = pa.table({"n": [1]}).replace_schema_metadata({"pandas": "{}"})
    assert table(stream(made)).schema.metadata is None


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_a_compressed_table_is_refused_before_it_is_unpacked(codec: str) -> None:
    bomb = stream(pa.table({"n": pa.array([0] * 1_000_000)}), compression=codec)
    assert len(bomb) < 1 << 20
    with pytest.raises(InmateFailure, match="died"):
        table(bomb)


def test_a_compressed_dictionary_is_refused() -> None:
    made = pa.table({"n": pa.array(["x" * 1000] * 100).dictionary_encode()})
    with pytest.raises(InmateFailure, match="died"):
        table(stream(made, compression="zstd"))


@pytest.mark.parametrize(
    "column",
    [
        pa.nulls(1 << 16),
        pa.array(["a"], pa.string_view()),
        pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])]),
        pa.RunEndEncodedArray.from_arrays(pa.array([1 << 30], pa.int32()), pa.array([1])),
        pa.array([[[[1]]]]),
        pa.ExtensionArray.from_storage(pa.uuid(), pa.array([bytes(16)], pa.binary(16))),
    ],
    ids=["nulls", "view", "union", "run-end", "deep list", "extension"],
)
def test_types_that_can_be_more_than_their_bytes_are_refused(column: pa.Array) -> None:
    with pytest.raises(InmateFailure, match="died"):
        table(stream(pa.table({"x": column})))


def test_a_table_without_columns_is_refused() -> None:
    with pytest.raises(InmateFailure, match="died"):
        table(stream(pa.table({})))


def test_text_that_points_outside_its_bytes_is_refused() -> None:
    honest = stream(pa.table({"t": ["aaaa", "bbbb"]}))
    offsets = struct.pack("<iii", 0, 4, 8)
    forged = honest.replace(offsets, struct.pack("<iii", 0, 4, 1 << 30))
    assert forged != honest
    with pytest.raises(InmateFailure, match="died"):
        table(forged)


def test_an_enum_that_points_outside_its_values_is_refused() -> None:
    codes = pa.array([1, 2, 3, 2, 1, 3, 2, 1], pa.int8())
    honest = stream(pa.table({"e": pa.DictionaryArray.from_arrays(codes, ["a", "b", "c", "d"])}))
    forged = honest.replace(bytes([1, 2, 3, 2, 1, 3, 2, 1]), bytes([1, 2, 3, 2, 1, 3, 2, 100]))
    assert forged != honest
    with pytest.raises(InmateFailure, match="died"):
        table(forged)


def test_text_that_is_no_text_is_refused() -> None:
    honest = stream(pa.table({"t": ["abcdefgh"]}))
    with pytest.raises(InmateFailure, match="died"):
        table(honest.replace(b"abcdefgh", b"\xff" * 8))


@settings(max_examples=300, deadline=None)
@given(
    place=st.floats(0, 0.999), value=st.binary(min_size=1, max_size=8), cut=st.booleans(), text=st.booleans()
)
def test_a_damaged_table_is_refused_or_is_a_table(place: float, value: bytes, cut: bool, text: bool) -> None:
    made = pa.table({"n": [1, 2, None], "t": ["a", None, "ccc"] if text else [1.0, 2.0, 3.0]})
    data = bytearray(stream(made))
    at = int(place * len(data))
    data[at : at + len(value)] = value
    if cut:
        del data[at:]
    try:
        read = table(bytes(data))
    except InmateFailure:
        return
    read.validate(full=True)
    assert read.num_rows <= 8 * len(data)


@settings(max_examples=100, deadline=None)
@given(noise=st.binary(max_size=2000))
def test_noise_is_never_a_table(noise: bytes) -> None:
    with pytest.raises(InmateFailure, match="died"):
        table(noise)
