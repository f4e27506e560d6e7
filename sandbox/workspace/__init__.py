"""The only door to DuckDB: jailed engines, the SQL that builds a workspace, and where it is kept sealed."""

from __future__ import annotations

from sandbox.workspace.engine import EngineFailure, JailedEngine, open_engine

__all__ = ["EngineFailure", "JailedEngine", "open_engine"]
