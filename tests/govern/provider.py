"""A real OpenID provider on loopback: Authlib's token endpoint, discovery and keys, which tests change."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import pytest
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

AUDIENCE = "data-sandbox"
SECRET = "secret-of-the-client"


@dataclass
class Client(ClientMixin):
    """A registered client; its name is the subject of its tokens."""

    name: str
    audience: str

    def get_client_id(self) -> str:
        return self.name

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return True

    def get_allowed_scope(self, scope: str) -> str:
        return scope


class Tokens(JWTBearerTokenGenerator):  # type: ignore[misc]
    """Access tokens after RFC 9068, signed with the provider's newest key."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(issuer=provider.url)
        self._provider = provider

    def get_jwks(self) -> KeySet:
        return KeySet([self._provider.keys[-1]])

    def get_audiences(self, client: Client, user: object, scope: object) -> str:
        return client.audience


class Authority(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server over plain dictionaries."""

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self._provider = provider
        self.register_grant(ClientCredentialsGrant)
        self.register_token_generator("default", Tokens(provider))

    def query_client(self, client_id: str) -> Client | None:
        return self._provider.clients.get(client_id)

    def save_token(self, token: object, request: object) -> None:
        """Nothing is kept."""

    def create_oauth2_request(self, request: tuple[str, Mapping[str, str], dict[str, str]]) -> OAuth2Request:
        uri, headers, form = request
        made = OAuth2Request("POST", uri, headers=dict(headers))
        made._body = form
        made.payload = BasicOAuth2Payload(form)
        return made

    def handle_response(self, status: int, body: Any, headers: object) -> tuple[int, Any]:
        return status, body

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""


@dataclass
class Provider:
    """The provider and what tests may change of it."""

    url: str = ""
    keys: list[RSAKey] = field(default_factory=list)
    clients: dict[str, Client] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Addresses that were fetched."""
    down: bool = False

    def rotate(self) -> None:
        """Sign with a fresh key; the former stay published."""
        self.keys.append(RSAKey.generate_key(2048, {"kid": f"key-{len(self.keys)}", "use": "sig"}))

    def token(self, client: str) -> str:
        """A signed token, by the client-credentials flow over HTTP."""
        answer = httpx2.post(
            f"{self.url}/token", data={"grant_type": "client_credentials", "scope": "openid"},
            auth=(client, SECRET), trust_env=False,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def forge(self, claims: Mapping[str, object], header: Mapping[str, object] | None = None) -> str:
        """Any claims under any header, signed with the provider's own key."""
        key = self.keys[-1]
        return str(
            jwt.encode(
                {"alg": "RS256", "kid": key.kid, **(header or {})}, dict(claims), key, ["RS256", "PS256"]
            )
        )

    def answer(self, path: str) -> object:
        """What a GET gives; None for nothing."""
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys", "token_endpoint": f"{self.url}/token"}
        if path == "/keys":
            return {"keys": [key.as_dict(private=False) for key in self.keys]}
        return None


def handler(provider: Provider, authority: Authority) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked.append(self.path)
            content = None if provider.down else provider.answer(self.path)
            self._send(503 if content is None else 200, content)

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
            request = (f"https://{self.headers['host']}{self.path}", self.headers, form)
            self._send(*authority.create_token_response(request))

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

        def _send(self, status: int, content: object) -> None:
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler


@contextmanager
def running() -> Iterator[Provider]:
    """A provider with two clients: one whose tokens are for us, one whose tokens are for somebody else."""
    provider = Provider()
    provider.rotate()
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    server.RequestHandlerClass = handler(provider, Authority(provider))
    provider.clients = {"alice": Client("alice", AUDIENCE), "mallory": Client("mallory", "another-service")}
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield provider
    server.shutdown()
    server.server_close()
    thread.join()
