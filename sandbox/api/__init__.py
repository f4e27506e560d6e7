"""The REST face: resources over HTTP, one file each in ``routers``. ``create_app`` puts them together."""

from __future__ import annotations

from sandbox.api.app import create_app

__all__ = ["create_app"]
