"""Data Sandbox (数据沙箱): protected data is available but not visible.

``Sandbox.local(policy)`` loads a policy's sources and answers SQL on this machine; ``Sandbox.connect(url)``
asks a server, ``AsyncSandbox.connect(url)`` the same for ``asyncio``. See ``README.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.errors import Refused, SandboxError, Unavailable

if TYPE_CHECKING:
    from sandbox.client import Opening, RemoteSandbox
    from sandbox.local import LocalSandbox

__all__ = ["AsyncSandbox", "Refused", "Sandbox", "SandboxError"]
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

        try:
            implementation = import_module("sandbox.local").LocalSandbox
        except ModuleNotFoundError as missing:
            if missing.name != "sandbox.local":
                raise
            implementation = None
        if implementation is None:
            raise Unavailable(
                "package_missing", "this is the developer's light package, which has no engine",
                hint="install data-sandbox instead of data-sandbox-client, or use Sandbox.connect",
            )  # fmt: skip
        opened: LocalSandbox = implementation.open(policy, home=home, replay=replay)
        return opened

    @staticmethod
    def connect(
        url: str,
        *,
        token: str,
        agreement: str | None = None,
        timeout: float = 45.0,
        ca: str | None = None,
    ) -> RemoteSandbox:
        """Ask under an agreement on a server: the same handle over REST.

        Args:
            url: the server's address; https, or http to this machine itself.
            token: the developer's token.
            agreement: number of the agreement; the only one in force when None.
            timeout: longest wait for one answer of the server, seconds; a query may wait through many.
            ca: PEM file of certificate authorities to trust instead of this machine's.

        Raises:
            Refused: ``agreement_required`` when several are in force; ``unauthenticated`` for a wrong token.
            Unavailable: ``server_unreachable``, ``tls_failed``.
        """
        from importlib import import_module

        opened: RemoteSandbox = import_module("sandbox.client").RemoteSandbox.open(
            url, token=token, agreement=agreement, timeout=timeout, ca=ca
        )
        return opened


class AsyncSandbox:
    """The handle for ``asyncio``: the same names, awaited."""

    @staticmethod
    def connect(
        url: str,
        *,
        token: str,
        agreement: str | None = None,
        timeout: float = 45.0,
        ca: str | None = None,
    ) -> Opening:
        """Ask under an agreement on a server; ``Sandbox.connect`` says what the arguments are.

        ``async with AsyncSandbox.connect(…) as box`` or ``box = await AsyncSandbox.connect(…)``.
        """
        from importlib import import_module

        client = import_module("sandbox.client")
        opening: Opening = client.Opening(
            lambda: client.AsyncRemoteSandbox.open(
                url, token=token, agreement=agreement, timeout=timeout, ca=ca
            )
        )
        return opening


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext sandbox``: the cell magic ``%%sandbox``."""
    from importlib import import_module

    import_module("sandbox.client.magic").register(shell)
