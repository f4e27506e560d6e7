"""Bearer tokens of an OpenID provider: signed by its published keys, meant for us, good now.

Checked (RFC 7519, RFC 8725, RFC 9068): size; the header's algorithm, against a fixed list of asymmetric ones
and against the key's own type; the key, by ``kid``, among those the provider publishes and nowhere else
(``jku``, ``x5u``, ``jwk`` and ``x5c`` headers are never followed); signature; issuer, audience, expiry,
not-before and issue, with ``SKEW`` seconds for clocks that differ. A token says who somebody is; what they
may do is what our own records say.

Keys are fetched when they are first needed, kept for ``FRESH`` seconds, fetched again at most once in
``PAUSE`` seconds when a token names a key that is not among them (rotation), and used up to ``STALE`` seconds
while the provider cannot be reached.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sandbox.errors import Refused
from sandbox.settings import Settings

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519",
)  # fmt: skip
"""Signatures that are believed. None is symmetric: a published key must never be a secret."""
TYPES = ("jwt", "at+jwt", "application/at+jwt")
"""``typ`` of tokens that are meant for this (RFC 9068); one without is believed."""
KEY_TYPES = ("RSA", "EC", "OKP")
LEAST_RSA_BITS = 2048
LONGEST_TOKEN = 8192
"""Characters of a token."""
LONGEST_SUBJECT = 255
"""Characters of a subject (OpenID Connect Core 1.0, section 2)."""
SKEW = 60
"""Seconds by which clocks may differ."""
LAST_MOMENT = 2**53
"""Beyond it, and for what is no number, nothing holds."""
FRESH, STALE, PAUSE = 600.0, 3600.0, 30.0
TIMEOUT = 5.0
"""Seconds for a step of a fetch."""
MOST_BYTES = 256 << 10
"""Largest answer of a provider."""
MOST_KEYS = 50
LOOPBACK = ("localhost", "127.0.0.1", "::1")
Fetch = Callable[[str], Mapping[str, Any]]


def provider_of(settings: Settings) -> OpenId | None:
    """The provider that the settings name, if they name one."""
    if not settings.oidc_issuer:
        return None
    keys = KeySet(settings.oidc_issuer, fetch)
    return OpenId(settings.oidc_issuer, settings.oidc_audience, settings.oidc_claim, keys)


class Unreachable(Exception):
    """The provider gave no answer that can be used."""


@dataclass
class KeySet:
    """The keys that a provider publishes, by ``kid``. Safe to use from several threads."""

    issuer: str
    fetch: Fetch
    clock: Callable[[], float] = time.monotonic
    _keys: dict[str, Any] = field(default_factory=dict)
    _fetched: float = float("-inf")
    _tried: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def key(self, kid: str) -> Any | None:
        """A key; None when the provider has none of this name.

        Raises:
            Refused: ``sign_in_unavailable`` without keys young enough.
        """
        if kid not in self._keys or self.clock() - self._fetched > FRESH:
            self._refresh(kid)
        if self.clock() - self._fetched > STALE:
            raise Refused(
                "sign_in_unavailable", "the identity provider cannot be asked for its keys now",
                hint="try again soon; tokens of the sandbox itself go on working",
                status=503, wait=int(PAUSE),
            )  # fmt: skip
        return self._keys.get(kid)

    def _refresh(self, kid: str) -> None:
        """Fetch again, unless somebody just did: a flood of unknown names does not reach the provider."""
        waits = kid not in self._keys or self.clock() - self._fetched > STALE
        if not self._lock.acquire(blocking=waits):
            return  # another thread asks, and the key at hand is young enough
        try:
            now = self.clock()
            if now - self._tried < PAUSE or (kid in self._keys and now - self._fetched <= FRESH):
                return
            self._tried = now
            with suppress(Unreachable):
                self._keys = usable(self.fetch(self._address()))
                self._fetched = self.clock()
        finally:
            self._lock.release()

    def _address(self) -> str:
        """Where the keys are, by the provider's own description (OpenID Connect Discovery 1.0, section 4)."""
        about = self.fetch(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        address = about.get("jwks_uri")
        if about.get("issuer") != self.issuer or not isinstance(address, str) or not safe(address):
            raise Unreachable
        return address


@dataclass(frozen=True)
class OpenId:
    """Sign-in by one provider."""

    issuer: str
    """Exactly as its tokens say it."""
    audience: str
    """What stands for this sandbox, and for nothing else, in ``aud``."""
    claim: str
    """The claim that names the user."""
    keys: KeySet
    now: Callable[[], float] = time.time

    def subject(self, token: str) -> str | None:
        """``<issuer>#<value of the claim>``; None for a token that does not hold, whatever is wrong with it.

        Raises:
            Refused: ``sign_in_unavailable``.
        """
        if len(token) > LONGEST_TOKEN or token.count(".") != 2 or not token.isascii():
            return None
        claims = self._claims(token)
        if claims is None or not self._good_now(claims) or not self._meant_for_us(claims):
            return None
        found = claims.get(self.claim)
        if self.claim == "email" and claims.get("email_verified") is not True:
            return None  # anybody may write any address that nobody checked
        if not isinstance(found, str) or not 0 < len(found) <= LONGEST_SUBJECT:
            return None
        return subject_at(self.issuer, found)

    def _claims(self, token: str) -> dict[str, Any] | None:
        from joserfc import jws
        from joserfc.errors import JoseError

        try:
            header = jws.extract_compact(token.encode()).headers()
            kid, kind = header.get("kid"), header.get("typ", "jwt")
            if header.get("alg") not in ALGORITHMS or "crit" in header or not isinstance(kid, str):
                return None
            if not isinstance(kind, str) or kind.lower() not in TYPES:
                return None
            key = self.keys.key(kid)
            if key is None:
                return None
            registry = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
            claims = json.loads(jws.deserialize_compact(token, key, registry=registry).payload)
        except (JoseError, ValueError, TypeError, RecursionError):
            return None
        return claims if isinstance(claims, dict) else None

    def _good_now(self, claims: Mapping[str, Any]) -> bool:
        moments = [claims.get("exp"), claims.get("iat"), claims.get("nbf", 0)]
        if any(isinstance(each, bool) or not isinstance(each, int | float) for each in moments):
            return False
        if not all(0 <= each < LAST_MOMENT for each in moments):
            return False
        expires, issued, begins = moments
        now = self.now()
        return bool(expires + SKEW > now and issued - SKEW <= now and begins - SKEW <= now)

    def _meant_for_us(self, claims: Mapping[str, Any]) -> bool:
        """Issuer and audience are ours. A token bound to its holder's key (RFC 7800) is no bearer token."""
        audience = claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        return bool(claims.get("iss") == self.issuer and self.audience in named and "cnf" not in claims)


def subject_at(issuer: str, value: str) -> str:
    """A subject as our records have it. An issuer has no fragment, so the sign parts them for certain."""
    return f"{issuer}#{value}"


def safe(address: str) -> bool:
    """Whether keys may be fetched there: by https, or from this machine itself."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def usable(published: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a key set that may verify signatures, by ``kid``; others are left out.

    Raises:
        Unreachable: it is no key set.
    """
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey, import_key

    listed = published.get("keys")
    if not isinstance(listed, list):
        raise Unreachable
    found: dict[str, Any] = {}
    for each in listed[:MOST_KEYS]:
        if (
            not isinstance(each, dict)
            or each.get("kty") not in KEY_TYPES
            or not isinstance(each.get("kid"), str)
        ):
            continue
        if each.get("use", "sig") != "sig" or each.get("alg", ALGORITHMS[0]) not in ALGORITHMS or "d" in each:
            continue
        if each["kty"] == "RSA" and 6 * len(str(each.get("n"))) < LEAST_RSA_BITS:
            continue  # base64 has six bits a sign
        try:
            key = import_key(each)
        except (JoseError, ValueError, TypeError):
            continue
        if not isinstance(key, RSAKey) or key.public_key.key_size >= LEAST_RSA_BITS:
            found[each["kid"]] = key
    return found


def fetch(address: str) -> Mapping[str, Any]:
    """A JSON object from a provider.

    Raises:
        Unreachable: no answer, no success (redirections are none), too long, no JSON object.
    """
    import httpx2

    try:
        with httpx2.stream("GET", address, timeout=TIMEOUT, follow_redirects=False) as answer:
            if answer.status_code != 200:
                raise Unreachable
            data = b""
            for chunk in answer.iter_bytes():
                data += chunk
                if len(data) > MOST_BYTES:
                    raise Unreachable
        content = json.loads(data)
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError):
        raise Unreachable from None
    if not isinstance(content, dict):
        raise Unreachable
    return content
