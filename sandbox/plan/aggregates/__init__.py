"""Aggregates: one file each, one registry; each turns a call into measures and a released value."""

from __future__ import annotations

from importlib import import_module

from sandbox.plan.aggregates.registry import aggregate_value, is_aggregate

__all__ = ["aggregate_value", "is_aggregate"]

for _file in ("count", "sum", "average", "filtered", "moments", "quantile", "mode"):
    import_module(f"{__name__}.{_file}")
