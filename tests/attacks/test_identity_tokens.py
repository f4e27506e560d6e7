"""Tokens of an identity provider: a real one signs, and everything that only looks like it stays out."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, RSAKey

from sandbox.errors import Refused
from sandbox.govern import oidc
from sandbox.govern.sign_in import SignIn
from sandbox.nouns.party import LOCAL, Role
from tests.govern import provider as real
from tests.govern.house import House, build, code_of
from tests.govern.provider import AUDIENCE, Provider


@dataclass
class World:
    """A provider, a house that trusts it, and the clock of its keys."""

    provider: Provider
    house: House
    door: SignIn
    clock: list[float]
    calls: int = 0

    def sign_in(self, token: str) -> str:
        """The user, or the code of the refusal; each time from an address that failed never before."""
        self.calls += 1
        try:
            return self.door.authenticate(token, f"2001:db8:{self.calls:x}::").user
        except Refused as refusal:
            return refusal.code

    def claims(self, **changes: object) -> dict[str, object]:
        now = int(time.time())
        sound: dict[str, object] = {
            "iss": self.provider.url, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + 300,
        }  # fmt: skip
        return {name: value for name, value in (sound | changes).items() if value is not None}


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with real.running() as provider:
        yield provider


@pytest.fixture
def world(running: Provider, tmp_path: Path) -> Iterator[World]:
    house, clock = build(tmp_path), [0.0]
    running.down = False
    running.asked.clear()
    keys = oidc.KeySet(running.url, oidc.fetch, clock=lambda: clock[0])
    openid = oidc.OpenId(running.url, AUDIENCE, "sub", keys)
    house.govern.add_user(
        LOCAL, "爱丽丝", "甲公司", Role.DEVELOPER, subject=oidc.subject_at(running.url, "alice")
    )
    yield World(running, house, SignIn(house.ledger, lambda: house.clock[0], openid), clock)
    assert house.ledger.verify().ok
    house.ledger.close()


def b64(data: object) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_a_token_of_the_provider_signs_its_user_in_with_the_role_of_our_records(world: World) -> None:
    who = world.door.authenticate(world.provider.token("alice"), "")
    assert (who.user, who.organisation, who.role) == ("爱丽丝", "甲公司", Role.DEVELOPER)
    claims = world.claims(role="operator", roles=["operator"], scope="load", groups=["operator"])
    assert world.door.authenticate(world.provider.forge(claims), "").role is Role.DEVELOPER
    assert world.provider.asked == ["/.well-known/openid-configuration", "/keys"], "keys are kept"


def test_a_token_for_another_service_is_not_for_us(world: World) -> None:
    mallory = oidc.subject_at(world.provider.url, "mallory")
    world.house.govern.add_user(LOCAL, "mallory", "乙公司", Role.DEVELOPER, subject=mallory)
    assert world.sign_in(world.provider.token("mallory")) == "unauthenticated"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-service"}, {"aud": None}, {"aud": []}, {"aud": {"data-sandbox": 1}},
        {"aud": AUDIENCE.upper()}, {"iss": "https://evil.example"}, {"iss": None}, {"iss": ["x"]},
        {"sub": "bob"}, {"sub": None}, {"sub": ""}, {"sub": ["alice"]}, {"sub": "alice\x00"},
        {"sub": "Alice"}, {"sub": "a" * 300}, {"exp": None}, {"exp": 0}, {"exp": int(time.time()) - 120},
        {"exp": "9999999999"}, {"exp": True}, {"exp": float("inf")}, {"exp": float("nan")},
        {"exp": 10**400}, {"iat": None}, {"iat": int(time.time()) + 3600}, {"nbf": int(time.time()) + 3600},
        {"nbf": "now"}, {"cnf": {"jkt": "x"}},
    ],
)  # fmt: skip
def test_a_signed_token_with_claims_that_do_not_hold_stays_out(
    world: World, changes: dict[str, object]
) -> None:
    token = world.provider.forge(world.claims(**changes))
    assert world.sign_in(token) == "unauthenticated"


def test_clocks_may_differ_by_the_skew_and_no_more(world: World) -> None:
    now = int(time.time())
    assert world.sign_in(world.provider.forge(world.claims(exp=now - oidc.SKEW + 20))) == "爱丽丝"
    assert world.sign_in(world.provider.forge(world.claims(exp=now - oidc.SKEW - 1))) == "unauthenticated"
    assert world.sign_in(world.provider.forge(world.claims(nbf=now + oidc.SKEW - 20))) == "爱丽丝"
    assert world.sign_in(world.provider.forge(world.claims(aud=["x", AUDIENCE]))) == "爱丽丝"


def test_no_signature_is_no_token(world: World) -> None:
    kid = world.provider.keys[-1].kid
    for alg in ("none", "None", "NONE", "nOnE", "", None):
        head = {"alg": alg, "typ": "JWT", "kid": kid}
        for signature in ("", "AAAA"):
            assert world.sign_in(f"{b64(head)}.{b64(world.claims())}.{signature}") == "unauthenticated"
    good = world.provider.forge(world.claims())
    head, body, signature = good.split(".")
    assert world.sign_in(f"{head}.{b64(world.claims(sub='alice', more=1))}.{signature}") == "unauthenticated"
    assert world.sign_in(f"{head}.{body}.") == "unauthenticated"
    assert world.sign_in(good) == "爱丽丝"


def test_the_public_key_is_never_taken_for_a_secret(world: World) -> None:
    key = world.provider.keys[-1]
    assert isinstance(key, RSAKey)
    published = json.dumps(key.as_dict(private=False)).encode()
    for secret in (
        key.as_pem(private=False),
        key.as_der(private=False),
        published,
        key.as_pem(False).strip(),
    ):
        for alg, hashed in (("HS256", hashlib.sha256), ("HS512", hashlib.sha512)):
            signed = f"{b64({'alg': alg, 'kid': key.kid})}.{b64(world.claims())}"
            signature = hmac.new(secret, signed.encode(), hashed).digest()
            assert world.sign_in(f"{signed}.{b64(signature)}") == "unauthenticated"


def test_a_key_that_the_token_brings_along_is_not_believed(world: World) -> None:
    own = RSAKey.generate_key(2048, {"kid": "own"})
    public = own.as_dict(private=False)
    for more in (
        {"jwk": public}, {"jku": "https://evil.example/keys"}, {"x5u": "https://evil.example/cert"},
        {"x5c": ["MIIB"]}, {"kid": world.provider.keys[-1].kid, "jku": "https://evil.example/keys"},
        {"kid": world.provider.keys[-1].kid, "jwk": public},
    ):  # fmt: skip
        token = jwt.encode({"alg": "RS256", "kid": "own", **more}, world.claims(), own)
        assert world.sign_in(token) == "unauthenticated"
    assert set(world.provider.asked) <= {"/.well-known/openid-configuration", "/keys"}


@pytest.mark.parametrize(
    "kid",
    ["../../../dev/null", "/dev/null", "file:///etc/passwd", "https://evil.example/k", "' OR 1=1 --", "",
     "key-0\x00", ["key-0"], {"a": 1}, 0, None, "k" * 4000],
)  # fmt: skip
def test_the_name_of_a_key_is_a_name_and_no_place(world: World, kid: object) -> None:
    own = OctKey.import_key(b"\x00" * 32)
    signed = f"{b64({'alg': 'HS256', 'kid': kid})}.{b64(world.claims())}"
    signature = hmac.new(own.raw_value, signed.encode(), hashlib.sha256).digest()
    assert world.sign_in(f"{signed}.{b64(signature)}") == "unauthenticated"
    assert (
        world.sign_in(f"{b64({'alg': 'RS256', 'kid': kid})}.{b64(world.claims())}.AAAA") == "unauthenticated"
    )
    assert set(world.provider.asked) <= {"/.well-known/openid-configuration", "/keys"}


@pytest.mark.parametrize(
    "header", [{"typ": "logout+jwt"}, {"typ": "dpop+jwt"}, {"typ": 1}, {"crit": ["exp"], "exp": 1},
               {"crit": ["b64"], "b64": False}],
)  # fmt: skip
def test_a_token_of_another_kind_stays_out(world: World, header: dict[str, object]) -> None:
    head = {"alg": "RS256", "kid": world.provider.keys[-1].kid, **header}
    signed = f"{b64(head)}.{b64(world.claims())}"
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    signature = world.provider.keys[-1].private_key.sign(signed.encode(), PKCS1v15(), SHA256())
    assert world.sign_in(f"{signed}.{b64(signature)}") == "unauthenticated"


def test_a_huge_or_deep_token_is_dropped_unread(world: World) -> None:
    padded = world.provider.forge(world.claims(padding="x" * oidc.LONGEST_TOKEN))
    deep = f"{b64(b'[' * 3000)}.{b64(b'[' * 2000)}.AAAA"
    for token in (padded, deep, "." * 100_000, "a.b.c", "..", "é.é.é", "ey" + "J" * 1_000_000 + ".e30.e30"):
        assert world.sign_in(token) == "unauthenticated"


def test_an_ended_user_is_out_while_the_token_still_holds(world: World) -> None:
    token = world.provider.token("alice")
    assert world.sign_in(token) == "爱丽丝"
    world.house.govern.end_user(LOCAL, "爱丽丝")
    assert world.sign_in(token) == "unauthenticated"


def test_a_subject_is_one_user_and_of_one_provider(world: World) -> None:
    subject = oidc.subject_at(world.provider.url, "alice")
    add = world.house.govern.add_user
    assert code_of(add, LOCAL, "zweite", "乙公司", Role.DEVELOPER, subject=subject) == "subject_taken"
    elsewhere = replace(
        oidc.OpenId(world.provider.url, AUDIENCE, "sub", oidc.KeySet(world.provider.url, oidc.fetch)),
        issuer="https://another.example",
    )
    assert elsewhere.subject(world.provider.token("alice")) is None


def test_an_address_counts_only_when_the_provider_has_checked_it(world: World) -> None:
    keys = oidc.KeySet(world.provider.url, oidc.fetch)
    openid = oidc.OpenId(world.provider.url, AUDIENCE, "email", keys)
    for verified in (None, False, "true", 1):
        claims = world.claims(email="a@example.org", email_verified=verified)
        assert openid.subject(world.provider.forge(claims)) is None
    claims = world.claims(email="a@example.org", email_verified=True)
    assert openid.subject(world.provider.forge(claims)) == f"{world.provider.url}#a@example.org"


def test_a_rotated_key_is_fetched_once_and_unknown_ones_do_not_flood_the_provider(world: World) -> None:
    assert world.sign_in(world.provider.token("alice")) == "爱丽丝"
    world.provider.rotate()
    token = world.provider.token("alice")
    assert world.sign_in(token) == "unauthenticated", "fetched a moment ago"
    world.clock[0] += oidc.PAUSE
    assert world.sign_in(token) == "爱丽丝"
    before = len(world.provider.asked)
    for number in range(50):
        world.sign_in(world.provider.forge(world.claims(), {"kid": f"unknown-{number}"}))
    assert len(world.provider.asked) == before
    world.clock[0] += oidc.PAUSE
    world.sign_in(world.provider.forge(world.claims(), {"kid": "unknown"}))
    world.sign_in(world.provider.forge(world.claims(), {"kid": "unknown"}))
    assert len(world.provider.asked) == before + 2


def test_without_the_provider_known_keys_serve_for_a_while_and_our_own_tokens_always(world: World) -> None:
    own = world.house.govern.issue_token(LOCAL, "developer")
    token = world.provider.token("alice")
    world.provider.down = True
    assert world.sign_in(token) == "sign_in_unavailable"
    assert world.sign_in(own) == "developer"
    world.provider.down = False
    world.clock[0] += oidc.PAUSE
    assert world.sign_in(token) == "爱丽丝"
    world.provider.down = True
    world.clock[0] += oidc.FRESH + 1
    assert world.sign_in(token) == "爱丽丝"
    world.clock[0] += oidc.STALE
    assert world.sign_in(token) == "sign_in_unavailable"
    assert world.sign_in(own) == "developer"


def test_keys_that_no_signature_should_rest_on_are_left_out() -> None:
    sound = RSAKey.generate_key(2048, {"kid": "sound"})
    with pytest.warns(SecurityWarning):
        weak = RSAKey.generate_key(1024, {"kid": "weak"})
    curve = ECKey.generate_key("P-256", {"kid": "curve"})
    listed = [
        sound.as_dict(private=False), weak.as_dict(private=False), curve.as_dict(private=False),
        {"kty": "oct", "kid": "secret", "k": "AAAA"},
        {**sound.as_dict(private=False), "kid": "enc", "use": "enc"},
        {**sound.as_dict(private=False), "kid": "alg", "alg": "RSA-OAEP"}, {"kty": "RSA", "kid": "broken"},
        {"kty": "RSA"}, "text", sound.as_dict(private=True) | {"kid": "leaked"},
    ]  # fmt: skip
    assert set(oidc.usable({"keys": listed})) == {"sound", "curve"}
    with pytest.raises(oidc.Unreachable):
        oidc.usable({"keys": "none"})


@pytest.mark.parametrize(
    "address", ["http://evil.example/keys", "file:///etc/passwd", "ftp://x/y", "gopher:x"]
)
def test_keys_are_fetched_over_a_safe_way_only(address: str) -> None:
    def fetch(asked: str) -> dict[str, object]:
        assert asked == "https://issuer.example/.well-known/openid-configuration"
        return {"issuer": "https://issuer.example", "jwks_uri": address}

    with pytest.raises(Refused) as caught:
        oidc.KeySet("https://issuer.example", fetch).key("any")
    assert (caught.value.code, caught.value.status) == ("sign_in_unavailable", 503)
