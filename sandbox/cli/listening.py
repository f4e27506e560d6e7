"""How a server listens: TLS of its own, or behind a proxy that ends TLS; never tokens in clear by mistake."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import typer

PASSWORD = "SANDBOX_TLS_PASSWORD"  # noqa: S105  the name of a variable
WHOLE_INTERNET = 0
"""Length of a prefix that covers every address."""


@dataclass(frozen=True)
class Listening:
    """Where a server listens, and what protects what is said there."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None
    proxies: tuple[str, ...] = ()
    """Networks whose ``X-Forwarded-*`` headers are believed; a proxy there ends TLS."""

    @property
    def address(self) -> str:
        """The address as a client writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}"

    def options(self) -> dict[str, Any]:
        """The same for uvicorn. Without proxies no header moves a client's address: lock-outs count by it."""
        return {
            "host": self.host, "port": self.port,
            "ssl_certfile": self.certificate, "ssl_keyfile": self.key,
            "ssl_keyfile_password": os.environ.get(PASSWORD) or None,
            "proxy_headers": bool(self.proxies), "forwarded_allow_ips": list(self.proxies),
        }  # fmt: skip


def listening(
    host: str, port: int, certificate: Path | None, key: Path | None, behind_proxy: str | None
) -> Listening:
    """Check how a server is to listen.

    Raises:
        typer.BadParameter: no TLS beyond this machine, a certificate that cannot be used, or a proxy that is
            no address.
    """
    if key is not None and certificate is None:
        raise typer.BadParameter("a key goes with --certificate", param_hint="--key")
    if certificate is not None:
        _check_certificate(certificate, key)
    proxies = () if behind_proxy is None else tuple(map(_network, behind_proxy.split(",")))
    if certificate is None and not proxies and not _stays_here(host):
        raise typer.BadParameter(
            f"{host} is reached from other machines, and tokens must not travel in clear: "
            "give --certificate and --key, or name the proxy that ends TLS in front with --behind-proxy",
            param_hint="--host",
        )
    return Listening(host, port, certificate, key, proxies)


def _stays_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _network(text: str) -> str:
    """An address or network of proxies; never everybody, who could then name any address as their own."""
    try:
        network = ip_network(text.strip())
    except ValueError:
        raise typer.BadParameter(
            "name the proxy's address or network, such as 10.0.0.5 or 10.0.0.0/24, several joined by commas",
            param_hint="--behind-proxy",
        ) from None
    if network.prefixlen == WHOLE_INTERNET:
        raise typer.BadParameter("that trusts everybody", param_hint="--behind-proxy")
    return str(network)


def _check_certificate(certificate: Path, key: Path | None) -> None:
    """Load certificate and key once, so that a mistake is told here and not by a library's traceback."""
    password = os.environ.get(PASSWORD, "")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: password)
    except OSError:  # also what OpenSSL raises
        raise typer.BadParameter(
            "certificate and key cannot be used together: PEM both, of one pair, the password of an "
            f"encrypted key in {PASSWORD}",
            param_hint="--certificate",
        ) from None
