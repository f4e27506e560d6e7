"""Data Sandbox (数据沙箱): protected data is available but not visible.

``Sandbox.local(policy)`` loads a policy's sources and answers SQL on this machine; see ``README.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.errors import Refused, SandboxError

if TYPE_CHECKING:
    from sandbox.local import LocalSandbox

__all__ = ["Refused", "Sandbox", "SandboxError"]
__version__ = "0.1.0"


class Sandbox:
    """The one handle. Implementations are loaded by name, so that importing this package stays light."""

    @staticmethod
    def local(policy: str, *, home: str | None = None, replay: bool = True) -> LocalSandbox:
        """Load a policy's sources on this machine and answer queries under its budget.

        Args:
            policy: path of a policy file (YAML).
            home: folder of keys, ledger and sealed files; ``SANDBOX_HOME`` or ``~/.data-sandbox`` when None.
            replay: answer an identical query again from its stored release, free. ``False`` measures afresh
                and charges each time (audits and benchmarks).

        Raises:
            PolicyInvalid, LoadFailed, Unavailable.
        """
        from importlib import import_module  # the stated exception to the layers: the handle loads by name

        implementation = import_module("sandbox.local").LocalSandbox
        opened: LocalSandbox = implementation.open(policy, home=home, replay=replay)
        return opened
