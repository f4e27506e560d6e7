"""A server does not speak in clear to other machines unless it is told who protects the way."""

from __future__ import annotations

import datetime as dt
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.cli.listening import PASSWORD, Listening, listening

ROOT = Path(__file__).parents[2]
WORD = "a password in the environment"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of localhost and its key, which a password locks."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now, day = dt.datetime.now(dt.UTC), dt.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - day).not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "c.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "k.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(WORD.encode()),
        )
    )  # fmt: skip
    return folder / "c.pem", folder / "k.pem"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_this_machine_alone_needs_no_tls(host: str) -> None:
    assert not listening(host, 8470, None, None, None).options()["proxy_headers"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "sandbox.example", "127.0.0.1.example"])
def test_other_machines_are_not_spoken_to_in_clear(host: str) -> None:
    with pytest.raises(typer.BadParameter, match="--behind-proxy"):
        listening(host, 8470, None, None, None)


def test_only_the_named_proxies_are_believed() -> None:
    options = listening("0.0.0.0", 8470, None, None, "10.0.0.5, 10.1.0.0/24").options()
    assert options["proxy_headers"]
    assert options["forwarded_allow_ips"] == ["10.0.0.5/32", "10.1.0.0/24"]


@pytest.mark.parametrize("proxies", ["*", "", "proxy.example", "0.0.0.0/0", "10.0.0.5,::/0"])
def test_not_everybody_is_a_proxy(proxies: str) -> None:
    with pytest.raises(typer.BadParameter):
        listening("0.0.0.0", 8470, None, None, proxies)


def test_a_key_that_its_password_does_not_open_is_told_at_once(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(typer.BadParameter, match=PASSWORD):
        listening("0.0.0.0", 8470, *pair, None)
    monkeypatch.setenv(PASSWORD, WORD)
    assert listening("0.0.0.0", 8470, *pair, None).address == "https://0.0.0.0:8470"
    with pytest.raises(typer.BadParameter):
        listening("0.0.0.0", 8470, None, pair[1], None)


def test_an_ipv6_address_is_written_as_an_address() -> None:
    assert Listening("::1", 8470).address == "http://[::1]:8470"


def asked(url: str, trust: ssl.SSLContext, server: subprocess.Popen[str]) -> int:
    """The status of an answer, as soon as the server listens."""
    while True:
        try:
            with urllib.request.urlopen(url, context=trust, timeout=10) as answer:
                return int(answer.status)
        except OSError:
            assert server.poll() is None, "the server ended early"
            time.sleep(0.05)


def test_a_server_with_a_locked_key_answers_over_tls_alone(pair: tuple[Path, Path], tmp_path: Path) -> None:
    arguments = ["serve", "--home", str(tmp_path / "home"), "--host", "localhost", "--port", "18481"]
    arguments += ["--certificate", str(pair[0]), "--key", str(pair[1])]
    server = subprocess.Popen(
        [sys.executable, "-c", "from sandbox.cli import main; main()", *arguments],
        stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | {PASSWORD: WORD},
    )  # fmt: skip
    try:
        assert server.stdout is not None
        assert "https://localhost:18481" in server.stdout.readline()
        trust = ssl.create_default_context(cafile=str(pair[0]))
        assert asked("https://localhost:18481/healthz", trust, server) == 200
        with pytest.raises(OSError, match=r".*"):
            urllib.request.urlopen("http://localhost:18481/healthz", timeout=10)
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)
    assert server.returncode == 128 + signal.SIGTERM
