"""Row-level expressions: one file a family, one registry. Every rendered expression is total.

A family registers a function per node class with ``@scalar``; it gets the node and the environment, and
returns a typed value. What has no function is refused.
"""

from __future__ import annotations

from importlib import import_module

from sandbox.plan.scalars.registry import Environment, translate

__all__ = ["Environment", "translate"]

_FAMILIES = (
    "literals logic compare arithmetic powers choice dates text cast functions moments patterns buckets "
    "numbers formats"
)
for _family in _FAMILIES.split():
    import_module(f"{__name__}.{_family}")
