"""Sources: which connector reads one, found by entry points. 数据源."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from sandbox.errors import LoadFailed
from sandbox.nouns.policy import Source
from sandbox.nouns.ports import Connector, SourceReader

__all__ = ["connector", "known_connectors", "open_source"]

GROUP = "data_sandbox.connectors"
BUILT_IN = {"csv": "CsvConnector", "parquet": "ParquetConnector"}
"""Connectors that come with the product: module and class."""
CHECKOUT = Path(__file__).resolve().parents[2]


def known_connectors() -> list[str]:
    """Names of every connector on this machine."""
    return sorted(set(BUILT_IN) | {point.name for point in entry_points(group=GROUP)})


def connector(name: str) -> Connector:
    """The connector of this name.

    Raises:
        LoadFailed: ``connector_unknown``.
    """
    if name in BUILT_IN and (CHECKOUT / "connectors" / f"{name}.py").is_file():
        # In a checkout the connectors stand beside the package. They are loaded by name because they know
        # our nouns and we must not know them; and only from here, never a stranger's "connectors".
        module = import_module(f"connectors.{name}")
        if Path(str(module.__file__)).is_relative_to(CHECKOUT):
            built_in: Connector = getattr(module, BUILT_IN[name])()
            return built_in
    for point in entry_points(group=GROUP, name=name):
        found: Connector = point.load()()
        return found
    raise LoadFailed(
        "connector_unknown",
        f"no connector is called {name[:60]!r}",
        hint=f"known here: {', '.join(known_connectors())}",
    )


def open_source(policy_folder: str | Path, source: Source) -> SourceReader:
    """Open a table's source for one reading. A relative path starts at the policy's folder.

    Raises:
        LoadFailed: ``connector_unknown``, ``source_missing``, ``source_unreadable``, ``source_option``, …;
            its position is the path as the policy writes it.
    """
    reader = connector(source.connector)
    if not source.path:
        raise LoadFailed(
            "source_option", "the source has no path", hint="add `path: …` to the table's source"
        )
    path = source.path if "://" in source.path else str(Path(policy_folder, source.path))
    try:
        return reader.open(path, source.options)
    except LoadFailed as error:
        raise LoadFailed(error.code, error.reason, hint=error.hint, position=source.path) from None
