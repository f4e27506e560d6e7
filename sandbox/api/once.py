"""``Idempotency-Key``: the same request with the same key is carried out once and answered alike again."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from sqlalchemy import Connection, delete, insert, select, update
from starlette.concurrency import run_in_threadpool

from sandbox.api.access import authorise
from sandbox.api.route import Route
from sandbox.errors import Refused
from sandbox.ledger import Ledger
from sandbox.ledger.queue_tables import answered

LONGEST_KEY = 200
IN_PROGRESS = 0
KEPT_MILLISECONDS = 24 * 60 * 60 * 1000
"""How long an answer is kept; after that its key is a fresh one."""


class OnceRoute(Route):
    """A route whose POST requests may carry an ``Idempotency-Key``."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with the key looked up before and the answer kept after."""
        handle = super().get_route_handler()

        async def once(request: Request) -> Response:
            key = request.headers.get("idempotency-key")
            if request.method != "POST" or key is None:
                return await handle(request)
            who = await run_in_threadpool(authorise, request)  # nobody is answered from memory unchecked
            actor = who.user if who is not None else ""
            ledger: Ledger = request.app.state.service.ledger
            digest = _digest(request, await request.body())
            kept = await run_in_threadpool(_begin, ledger, actor, key, digest)
            if kept is not None:
                return kept
            done = False
            try:
                response = await handle(request)
                if done := response.status_code < 400:
                    await run_in_threadpool(_keep, ledger, actor, key, response)
                return response
            finally:
                if not done:
                    await run_in_threadpool(_forget, ledger, actor, key)

        return once


def _begin(ledger: Ledger, actor: str, key: str, digest: str) -> Response | None:
    """Note that a request begins; the kept answer when it was carried out before.

    Raises:
        Refused: ``idempotency_key_invalid``, ``idempotency_key_reused``, ``idempotency_in_progress``.
    """
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise Refused(
            "idempotency_key_invalid", f"an Idempotency-Key has 1 to {LONGEST_KEY} printable characters",
            hint="use a fresh UUID", status=400,
        )  # fmt: skip

    now = int(time.time() * 1000)

    def work(connection: Connection) -> tuple[str, int, str] | None:
        connection.execute(delete(answered).where(answered.c.at < now - KEPT_MILLISECONDS))
        mine = (answered.c.actor == actor) & (answered.c.key == key)
        row = connection.execute(select(answered).where(mine)).one_or_none()
        if row is not None:
            return row.digest, row.status, row.body
        connection.execute(
            insert(answered).values(actor=actor, key=key, digest=digest, status=IN_PROGRESS, body="", at=now)
        )
        return None

    found = ledger.transact(work)
    if found is None:
        return None
    former, status, body = found
    if former != digest:
        raise Refused(
            "idempotency_key_reused", "this Idempotency-Key was sent with another request",
            hint="use a fresh key for a new request", status=422,
        )  # fmt: skip
    if status == IN_PROGRESS:
        raise Refused(
            "idempotency_in_progress", "the first request with this Idempotency-Key has not been answered",
            hint="look at the list of jobs before you send it anew with a fresh key", status=409,
        )  # fmt: skip
    return Response(body, status, media_type="application/json")


def _keep(ledger: Ledger, actor: str, key: str, response: Response) -> None:
    mine = (answered.c.actor == actor) & (answered.c.key == key)
    values = {"status": response.status_code, "body": bytes(response.body).decode()}
    ledger.transact(lambda it: it.execute(update(answered).where(mine).values(**values)) and None)


def _forget(ledger: Ledger, actor: str, key: str) -> None:
    mine = (answered.c.actor == actor) & (answered.c.key == key) & (answered.c.status == IN_PROGRESS)
    ledger.transact(lambda it: it.execute(delete(answered).where(mine)) and None)


def _digest(request: Request, body: bytes) -> str:
    return hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + body).hexdigest()
