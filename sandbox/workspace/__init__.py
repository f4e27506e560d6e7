"""The only door to DuckDB: engines in jails, and the files they build and read. 工作区."""

from __future__ import annotations

from sandbox.workspace.engine import EngineFailure, JailedEngine, open_engine

__all__ = ["EngineFailure", "JailedEngine", "open_engine"]
