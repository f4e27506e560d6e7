"""Which connector reads a source, and from where its path counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.errors import LoadFailed
from sandbox.nouns.policy import Source
from sandbox.source import connector, known_connectors, open_source


def test_the_built_in_connectors_are_known():
    assert {"csv", "parquet"} <= set(known_connectors())
    for name in ("csv", "parquet"):
        assert hasattr(connector(name), "open")


def test_an_unknown_connector_is_refused_with_those_there_are():
    with pytest.raises(LoadFailed) as caught:
        connector("xlsx")
    assert caught.value.code == "connector_unknown"
    assert "csv" in caught.value.hint


def test_a_relative_path_starts_at_the_policys_folder(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "s.csv").write_text("a;b\n1;2\n")
    source = Source(connector="csv", path="data/s.csv", options={"delimiter": ";"})
    reader = open_source(tmp_path, source)
    assert reader.schema.names == ["a", "b"]
    assert [batch.to_pydict() for batch in reader.batches(["b"])] == [{"b": ["2"]}]


def test_an_error_names_the_path_as_the_policy_writes_it(tmp_path: Path):
    with pytest.raises(LoadFailed) as caught:
        open_source(tmp_path, Source(connector="parquet", path="data/none.parquet"))
    assert caught.value.code == "source_missing"
    assert caught.value.position == "data/none.parquet"
    assert str(tmp_path) not in str(caught.value)


def test_a_source_without_a_path(tmp_path: Path):
    with pytest.raises(LoadFailed) as caught:
        open_source(tmp_path, Source(connector="csv"))
    assert caught.value.code == "source_option"
