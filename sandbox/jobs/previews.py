"""A preview as bytes, for its developer to fetch. Price and predicted errors; nothing of the data."""

from __future__ import annotations

import json
from dataclasses import asdict

from sandbox.nouns.release import Cost, Preview, PreviewColumn


def dump_preview(preview: Preview) -> bytes:
    """JSON of all fields."""
    return json.dumps(asdict(preview), ensure_ascii=False, allow_nan=False).encode()


def load_preview(data: bytes) -> Preview:
    """The preview of ``dump_preview``."""
    body = json.loads(data)
    columns = tuple(PreviewColumn(**each) for each in body.pop("columns"))
    return Preview(cost=Cost(**body.pop("cost")), columns=columns, **body)
