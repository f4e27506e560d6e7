"""Parties, applications, agreements, stops: who may use what, for which purpose, until when. 授权运营."""

from __future__ import annotations

from sandbox.govern.govern import Govern
from sandbox.govern.permissions import PERMISSIONS, Act, can, check

__all__ = ["PERMISSIONS", "Act", "Govern", "can", "check"]
