"""Data Sandbox (数据沙箱): protected data is available but not visible.

``Sandbox.local(policy)`` loads a policy's sources and answers SQL on this machine; ``Sandbox.connect(url)``
asks a server. See ``README.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.errors import Refused, SandboxError

if TYPE_CHECKING:
    from sandbox.client import RemoteSandbox
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

        opened: LocalSandbox = import_module("sandbox.local").LocalSandbox.open(policy, home=home, replay=replay)
        return opened

    @staticmethod
    def connect(url: str, *, token: str, agreement: str | None = None) -> RemoteSandbox:
        """Ask under an agreement on a server: the same handle over REST.

        Args:
            url: the server's address; https, or http to this machine itself.
            token: the developer's token.
            agreement: number of the agreement; the only one in force when None.

        Raises:
            Refused: ``agreement_required`` when several are in force.
            Unavailable: the server cannot be reached.
        """
        from importlib import import_module

        opened: RemoteSandbox = import_module("sandbox.client").RemoteSandbox.open(
            url, token=token, agreement=agreement
        )
        return opened
