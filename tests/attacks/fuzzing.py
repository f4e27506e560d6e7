# ruff: noqa: E501 - choices stand one after the other
"""Random requests to every address of the server: half of them nearly right, the rest hostile."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, Phase, given, settings

from sandbox.api.access import ACCESS
from sandbox.api.formats import FORMATS
from sandbox.audit.attacks.statements import hostile
from tests.attacks.canaries import GRANTED, POLICY
from tests.plan.grammar import statements

ROLES = (None, "developer", "stranger", "operator", "reviewer", "second", "regulator")
ROUTES = tuple(ACCESS)
_OFTEN = {
    ("POST", "/v1/jobs"): 20, ("GET", "/v1/jobs/{id}/result"): 8, ("GET", "/v1/jobs/{id}"): 3,
    ("POST", "/v1/jobs/{id}/reviews"): 3, ("POST", "/v1/datasets/{name}/load"): 0.05, ("POST", "/v1/stops"): 0.3,
    ("POST", "/v1/agreements/{id}/exit"): 0.1, ("POST", "/v1/agreements/{id}/suspend"): 0.1,
}  # fmt: skip
WEIGHTS = tuple(_OFTEN.get(route, 1) for route in ROUTES)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW")
TEXTS = ("", "0", "-1", "null", "clinic", "visits", "../../ledger.db", "%00", "' OR 1=1 --", "a" * 300, "数据",
         "\x7f", "${7*7}", "{{7*7}}", "\u202e", "😀", "1e400", "nan")  # fmt: skip
NUMBERS = (0, -1, 1, 2**31, 2**63, -(2**64), 0.1, 1e308, True, None)
HEADERS = (
    ("x-forwarded-for", "127.0.0.1"), ("x-forwarded-proto", "https"), ("forwarded", "for=10.0.0.1"),
    ("accept-language", "zh-CN"), ("accept-language", "x" * 500), ("accept-encoding", "gzip, br"),
    ("range", "bytes=0-10"), ("if-none-match", "*"), ("x-http-method-override", "DELETE"),
    ("content-type", "text/plain"), ("content-type", "application/x-www-form-urlencoded"),
    ("content-type", "multipart/form-data; boundary=x"), ("content-encoding", "gzip"), ("expect", "nothing"),
    ("host", "elsewhere.invalid"), ("origin", "https://elsewhere.invalid"), ("cookie", "a=b; token=x"),
    ("authorization", "Bearer x"), ("authorization", "Basic eDp4"), ("traceparent", "00-" + "0" * 32 + "-x-01"),
    ("x-request-id", "a" * 4000), ("upgrade", "h2c"), ("x-debug", "1"), ("idempotency-key", "k" * 300),
)  # fmt: skip
ACCEPTS = (
    *FORMATS,
    "*/*",
    "application/*",
    "text/html",
    "application/x-ndjson",
    ", ;q=9",
    "text/csv;q=0.1, x/y",
    "",
)
QUESTIONS = (
    "SELECT city, count(*) FROM visits GROUP BY city", "SELECT diagnosis, count(*) FROM visits GROUP BY diagnosis",
    "SELECT amount, count(*) FROM visits GROUP BY amount", "SELECT code, count(*) FROM visits GROUP BY code",
    "SELECT seen_at, count(*) FROM visits GROUP BY seen_at", "SELECT sum(amount) FROM visits WHERE amount > 170",
    "SELECT weight, count(*) FROM visits GROUP BY weight", "SELECT median(amount) FROM visits WHERE days > 3",
    "SELECT max(clamp(weight, 0, 100000000000)) FROM visits", "SELECT * FROM visits", "SELECT name FROM visits",
    "SELECT visited_on, count(*) FROM visits GROUP BY visited_on", "SELECT mobile, count(*) FROM visits GROUP BY 1",
    "SELECT count(*) FROM visits WHERE hospital = '410101199003070011'", "SELECT * FROM hospitals",
    "SELECT count(*) FROM visits WHERE hospital = '11010519491231002X'", "SELECT price, count(*) FROM drugs GROUP BY price",
)  # fmt: skip
BODY = {
    "/v1/datasets": lambda r, pool: {"policy": r.choice((POLICY, POLICY.replace("1000", "x"), POLICY[:300]))},
    "/v1/applications": lambda r, pool: {
        "dataset": "clinic", "purpose": "Planning", "grants": GRANTED, "epsilon": r.choice(("5", "0.1")),
        "days": r.choice((1, 30)),
    },
    "/v1/jobs": lambda r, pool: {
        "agreement": r.choice((*pool.agreements[-1:] * 4, *pool.agreements[-2:], pool.id(r))), "kind": "sql", "sql": pool.sql(r),
        "mode": r.choice(("run", "run", "preview", "dummy")), "epsilon": r.choice(("0.05", "0.2", 0.01, "1")),
        **({"keys": {"city": ["郑州市", None]}} if r.random() < 0.1 else {}),
    },
    "/v1/jobs/{id}/reviews": lambda r, pool: {
        "decision": r.choice(("release", "refuse")), "reason": "checked", "basis": "第七条",
    },
    "/v1/applications/{id}/reviews": lambda r, pool: {
        "decision": r.choice(("approve", "reject")), "reason": "checked", "basis": "第七条",
    },
    "/v1/disclosures/{number}/withdraw": lambda r, pool: {
        "category": r.choice(("personal_data", "other", "error")), "reason": "checked",
    },
    "/v1/stops": lambda r, pool: {
        "scope": r.choice(("job", "agreement", "job", "dataset", "platform")), "name": pool.id(r), "reason": "drill",
    },
    "/v1/confirmations": lambda r, pool: {"what": r.choice(("user", "token")), "name": pool.id(r)},
}  # fmt: skip
"""Path → a body that is nearly right; elsewhere a reason alone."""


@dataclass
class Pool:
    """What earlier answers taught: ids, cursors, agreements in force, and statements to ask."""

    statements: Sequence[str]
    agreements: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=lambda: ["clinic", "1"])

    def learn(self, body: bytes, rng: random.Random) -> None:
        """Keep what looks like a name of something; at most a few thousand of them."""
        for each in re.findall(
            rb'"(?:id|job|agreement|number|cursor|next|name)":\s*"?([^",}\s]{1,200})', body[:20_000]
        )[:20]:
            text = each.decode(errors="replace")
            if len(self.ids) < 4000:
                self.ids.append(text)
            else:
                self.ids[rng.randrange(4000)] = text

    def id(self, rng: random.Random) -> str:
        """An id that exists, one that nearly does, or a hostile text."""
        kind = rng.random()
        if kind < 0.75:
            recent = self.ids[-60:] if rng.random() < 0.6 else self.ids
            return rng.choice(recent)
        return mutated(rng.choice(self.ids), rng) if kind < 0.9 else rng.choice(TEXTS)

    def sql(self, rng: random.Random) -> str:
        """A statement of the dialect, of an attacker, or a spoilt one."""
        kind = rng.random()
        if kind < 0.4:
            return rng.choice(QUESTIONS)
        text = rng.choice(self.statements)
        return text if kind < 0.9 else mutated(text, rng)


@dataclass(frozen=True)
class Request:
    """One request, and who asks."""

    role: str | None
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None


def drawn(rng: random.Random, pool: Pool) -> Request:
    """One request to a random address."""
    method, path = rng.choices(ROUTES, WEIGHTS)[0]
    role = rng.choice(ROLES)
    if rng.random() < 0.6:
        allowed = {each.value for each in ACCESS[method, path].roles}
        role = rng.choice([name for name in ROLES if name in allowed])
    headers = [("accept", rng.choice(ACCEPTS))]
    headers += rng.sample(HEADERS, rng.choice((0, 0, 0, 0, 0, 1, 2)))
    if method == "POST" and rng.random() < 0.3:
        headers.append(("idempotency-key", rng.choice(("one", "two", pool.id(rng).encode().hex()))))
    body = _body(path, rng, pool) if method == "POST" or rng.random() < 0.05 else None
    if body is not None and not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "application/json"))
    address = re.sub(r"\{\w+\}", lambda _: quote(pool.id(rng), safe="%"), path) + _query(path, rng, pool)
    if rng.random() < 0.06:
        method = rng.choice(METHODS)
    given_names: dict[str, str] = {}
    for name, value in headers:
        given_names.setdefault(name, value)
    return Request(role, method, address, tuple(given_names.items()), body)


def _query(path: str, rng: random.Random, pool: Pool) -> str:
    fields = []
    if path.endswith("/dummy"):
        fields.append(("table", rng.choice(("visits", "drugs", "hospitals", pool.id(rng)))))
    if rng.random() < 0.3:
        fields.append(("limit", rng.choice(("1", "200", "0", "x", "-5"))))
    if rng.random() < 0.3:
        fields.append(("cursor", pool.id(rng)))
    if path.endswith("}") and rng.random() < 0.2:
        fields.append(("wait", rng.choice(("0", "0.05", "-1", "nan", "x"))))
    if rng.random() < 0.05:
        fields.append((rng.choice(("agreement", "debug", "token")), rng.choice(TEXTS)))
    return "?" + "&".join(f"{name}={quote(value)}" for name, value in fields) if fields else ""


def _body(path: str, rng: random.Random, pool: Pool) -> bytes:
    make = BODY.get(path)
    body: Any = make(rng, pool) if make else {"reason": "checked"}
    kind = rng.random() * (2 if path == "/v1/jobs" else 1)
    if kind < 0.04:
        return rng.choice(
            (b"", b"null", b"[", b"\xff\xfe", b"[" * 5000, b'{"a":' * 400, b"a=b", rng.randbytes(64))
        )
    if kind < 0.2:
        name = rng.choice([*body, "extra"])
        body[name] = rng.choice((*TEXTS, *NUMBERS, [], {}, [body.get(name)], {"a": {"b": []}}))
    return json.dumps(body, ensure_ascii=rng.random() < 0.5).encode(errors="surrogatepass")


def mutated(text: str, rng: random.Random) -> str:
    """The text with a few signs dropped, doubled or changed."""
    signs = list(text) or ["x"]
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(signs))
        signs[place] = rng.choice(("", signs[place] * 2, "'", "0", "\x00", ";", "é", signs[place].swapcase()))
    return "".join(signs) or "x"


def asked(count: int) -> list[str]:
    """``count`` statements of the grammar, and every hostile one that can be sent."""
    kept: list[str] = []

    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(statements())
    def collect(text: str) -> None:
        kept.append(text)

    collect()
    return kept + [each.sql for each in hostile() if len(each.sql) < 20_000 and "\ud800" not in each.sql]
