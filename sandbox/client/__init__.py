"""The developer's side: the same handle over REST. Needs neither engine nor noise. 远程沙箱."""

from __future__ import annotations

from sandbox.client.later import AsyncRemoteSandbox, Opening
from sandbox.client.remote import RemoteSandbox

__all__ = ["AsyncRemoteSandbox", "Opening", "RemoteSandbox"]
