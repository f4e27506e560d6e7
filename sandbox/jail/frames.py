"""The host's end of the pipe to an inmate, who counts as hostile in every byte it sends.

Headers are small JSON objects; tables are Arrow IPC streams of a size cap, without compression (no bombs), of
plain column types, fully validated before anyone reads them. Nothing is ever unpickled.
Waiting is bounded by a deadline. The frame format stands in ``inside/boot.py``.
"""

from __future__ import annotations

import json
import os
import select
import struct
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from sandbox.jail.inside.boot import ABANDON, CHUNK, CHUNK_BYTES, HEAD, MAGIC

if TYPE_CHECKING:
    import pyarrow as pa

REPLY_HEADER_BYTES = 16 << 10
REQUEST_HEADER_BYTES = 16 << 20
REPLY_BODY_BYTES = 1 << 30
"""Largest table an inmate may send."""
COLUMNS = 4096

Kind = Literal["deadline", "memory", "died", "rejected", "space"]


class InmateFailure(Exception):
    """A request to an inmate failed; ``kind`` is all there is to know."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind)
        self.kind: Kind = kind


class Deadline:
    """A moment on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def wait(self, descriptor: int, events: int) -> None:
        """Until the descriptor is ready; InmateFailure ``deadline`` when time is up."""
        poll = select.poll()
        poll.register(descriptor, events)
        while not poll.poll(min(self._left() * 1000, 3_600_000)):
            self._left()

    def _left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise InmateFailure("deadline")
        return left


class Pipe:
    """Two non-blocking pipes to an inmate: ``sink`` for requests, ``source`` for replies."""

    def __init__(self, source: int, sink: int) -> None:
        self._source = source
        self._sink = sink
        os.set_blocking(source, False)
        os.set_blocking(sink, False)

    def send(self, header: Mapping[str, Any], deadline: Deadline) -> None:
        """Send a request header. ValueError when it is too large."""
        text = json.dumps(header).encode()
        if len(text) > REQUEST_HEADER_BYTES:
            raise ValueError("request larger than 16 MiB")
        self._push(HEAD.pack(MAGIC, len(text)) + text, deadline)

    def write(self, data: Any, deadline: Deadline) -> None:
        """Send bytes of a body."""
        view = memoryview(data).cast("B")
        for start in range(0, len(view), CHUNK_BYTES):
            part = view[start : start + CHUNK_BYTES]
            self._push(CHUNK.pack(len(part)), deadline)
            self._push(part, deadline)

    def finish(self, deadline: Deadline, *, abandon: bool = False) -> None:
        """End a body, or break it off."""
        self._push(CHUNK.pack(ABANDON if abandon else 0), deadline)

    def answered(self) -> bool:
        """Whether the inmate has said something already."""
        poll = select.poll()
        poll.register(self._source, select.POLLIN)
        return bool(poll.poll(0))

    def receive(self, deadline: Deadline) -> dict[str, Any]:
        """A reply header, checked. InmateFailure ``died`` when it is not one."""
        magic, length = HEAD.unpack(self._pull(HEAD.size, deadline))
        if magic != MAGIC or length > REPLY_HEADER_BYTES:
            raise InmateFailure("died")
        text = self._pull(length, deadline)
        try:
            header = json.loads(text)
        except (ValueError, RecursionError):
            raise InmateFailure("died") from None
        if not isinstance(header, dict) or not isinstance(header.get("status"), str):
            raise InmateFailure("died")
        return header

    def body(self, deadline: Deadline, limit: int = REPLY_BODY_BYTES) -> bytearray:
        """A whole reply body of at most ``limit`` bytes; InmateFailure ``died`` beyond."""
        data = bytearray()
        while True:
            (length,) = CHUNK.unpack(self._pull(CHUNK.size, deadline))
            if length == 0:
                return data
            if length > CHUNK_BYTES or len(data) + length > limit:
                raise InmateFailure("died")
            data += self._pull(length, deadline)

    def close(self) -> None:
        """Close both ends; idempotent."""
        for descriptor in (self._source, self._sink):
            if descriptor >= 0:
                os.close(descriptor)
        self._source = self._sink = -1

    def _push(self, data: Any, deadline: Deadline) -> None:
        view = memoryview(data)
        while len(view):
            deadline.wait(self._sink, select.POLLOUT)
            try:
                view = view[os.write(self._sink, view) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise InmateFailure("died") from None

    def _pull(self, length: int, deadline: Deadline) -> bytearray:
        data = bytearray(length)
        view = memoryview(data)
        while len(view):
            deadline.wait(self._source, select.POLLIN)
            try:
                count = os.readv(self._source, [view])
            except BlockingIOError:
                continue
            if count == 0:
                raise InmateFailure("died")
            view = view[count:]
        return data


def table(body: bytes | bytearray) -> pa.Table:
    """A reply body as an Arrow table.

    Raises:
        InmateFailure: ``died`` when it is malformed, compressed, or of types we do not let through.
    """
    import pyarrow as pa

    try:
        _uncompressed(body)
        with pa.ipc.open_stream(pa.py_buffer(body)) as reader:
            if not 0 < len(reader.schema) <= COLUMNS or not all(
                _plain(field.type) for field in reader.schema
            ):
                raise InmateFailure("died")
            read = reader.read_all()
        read.validate(full=True)
    except (pa.ArrowException, ValueError, OSError, struct.error, OverflowError, IndexError):
        raise InmateFailure("died") from None
    return read.replace_schema_metadata(None)


def _uncompressed(body: bytes | bytearray) -> None:
    """Refuse a stream with a compressed batch: its true size is known only after it is unpacked."""
    import pyarrow as pa

    for message in pa.ipc.MessageReader.open_stream(pa.py_buffer(body)):
        if message.type in ("record batch", "dictionary") and _compressed(message):
            raise InmateFailure("died")


def _compressed(message: Any) -> bool:
    """Whether field 3 (compression) of the RecordBatch flatbuffer is set (Arrow format, Message.fbs)."""
    data = message.metadata.to_pybytes()
    batch = _follow(data, _field(data, _follow(data, 0), 2))
    if message.type == "dictionary":
        batch = _follow(data, _field(data, batch, 1))
    return _field(data, batch, 3) != 0


def _follow(data: bytes, at: int) -> int:
    return at + int(struct.unpack_from("<I", data, at)[0])


def _field(data: bytes, at: int, number: int) -> int:
    """Position of a field of the flatbuffer table at ``at``; 0 when it is absent."""
    vtable = at - int(struct.unpack_from("<i", data, at)[0])
    size = int(struct.unpack_from("<H", data, vtable)[0])
    slot = 4 + 2 * number
    if slot + 2 > size:
        return 0
    offset = int(struct.unpack_from("<H", data, vtable + slot)[0])
    return at + offset if offset else 0


def _plain(kind: Any, depth: int = 0) -> bool:
    """Numbers, texts, bytes, dates, times, booleans, and short nestings of them."""
    import pyarrow.types as types

    if types.is_dictionary(kind):
        return _plain(kind.index_type, 9) and (
            types.is_string(kind.value_type) or types.is_large_string(kind.value_type)
        )
    if types.is_list(kind) and depth < 2:
        return _plain(kind.value_type, depth + 1)
    if types.is_struct(kind) and depth < 2:
        return 0 < kind.num_fields <= COLUMNS and all(_plain(field.type, depth + 1) for field in kind)
    checks = (
        *(types.is_boolean, types.is_integer, types.is_floating, types.is_decimal, types.is_temporal),
        *(types.is_string, types.is_large_string, types.is_binary, types.is_large_binary),
    )
    return any(check(kind) for check in checks)
