"""Invented rows that look like the masked ones, made of a policy's public facts alone. 模拟数据.

Nothing here reads a protected source, a snapshot or a workspace: two datasets of one policy have the same
dummy data, byte for byte, whoever is in them.
"""

from __future__ import annotations

from sandbox.dummy.tables import invented, sample
from sandbox.dummy.workspace import build_workspace

__all__ = ["build_workspace", "invented", "sample"]
