"""The way to the server: certificates that do not verify, one's own authorities, a server that is silent."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox import Sandbox
from sandbox.client import transport
from sandbox.errors import Unavailable


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate of localhost, its key beside it."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(start).not_valid_after(start.replace(year=2099))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "server.pem").write_bytes(made.public_bytes(pem))
    (folder / "server.key").write_bytes(key.private_bytes(pem, private, serialization.NoEncryption()))
    return folder / "server.pem"


@pytest.fixture
def port(certificate: Path) -> Iterator[int]:
    """A server over TLS that answers everything with an empty list of agreements."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    body = b'{"items": [], "next": null}'
    listening = socket.create_server(("localhost", 0))

    def answer() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(plain, server_side=True) as safe:
                    safe.recv(10_000)
                    safe.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
            except OSError:
                plain.close()

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


def test_a_server_that_cannot_prove_itself_gets_no_token(port: int) -> None:
    with pytest.raises(Unavailable) as refusal:
        Sandbox.connect(f"https://localhost:{port}", token="t")
    assert refusal.value.code == "tls_failed"
    assert "CERTIFICATE" not in str(refusal.value)


def test_a_server_with_an_authority_of_its_own_is_believed_when_told(port: int, certificate: Path) -> None:
    with pytest.raises(Exception, match="agreement_missing"):
        Sandbox.connect(f"https://localhost:{port}", token="t", ca=str(certificate))
    with pytest.raises(Unavailable, match="ca_unreadable"):
        Sandbox.connect(f"https://localhost:{port}", token="t", ca="/nowhere.pem")
    with pytest.raises(Unavailable, match="ca_unreadable"):
        Sandbox.connect(f"https://localhost:{port}", token="t", ca=str(certificate.with_suffix(".key")))


def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport.time, "sleep", lambda _: None)
    with socket.create_server(("localhost", 0)) as silent:
        url = f"http://localhost:{silent.getsockname()[1]}"
        with pytest.raises(Unavailable, match="did not answer in time"):
            Sandbox.connect(url, token="t", timeout=0.05)
