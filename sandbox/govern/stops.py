"""The kill switch inside a transaction of the log: rows that every worker reads. 停止令."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, and_, bindparam, insert, or_, select, update

from sandbox.errors import Refused
from sandbox.govern.permissions import check_rank
from sandbox.govern.rows import new_id, stamp, stop_of
from sandbox.ledger.govern_tables import stop
from sandbox.ledger.journal import Journal
from sandbox.nouns.agreement import Agreement, Stop, StopScope
from sandbox.nouns.event import StopLifted, StopOrdered
from sandbox.nouns.party import Principal, Role

_COVERING = select(stop.c.id).where(
    stop.c.lifted_at == "",
    or_(
        stop.c.scope == StopScope.PLATFORM,
        and_(stop.c.scope == StopScope.DATASET, stop.c.name == bindparam("dataset")),
        and_(stop.c.scope == StopScope.AGREEMENT, stop.c.name == bindparam("agreement")),
        and_(stop.c.scope == StopScope.JOB, stop.c.name == bindparam("job")),
    ),
)
"""Stops in force over a piece of work."""


def order(log: Journal, who: Principal, scope: StopScope, name: str, reason: str, now: dt.datetime) -> Stop:
    """Write a stop and its record. It is in force once this transaction is."""
    if bool(name) == (scope is StopScope.PLATFORM):
        raise Refused(
            "stop_target", "a stop names its job, agreement or dataset; a stop of the platform names nothing",
            hint="give the id that the scope asks for",
        )  # fmt: skip
    ordered = Stop(new_id(), scope, name, reason, who.user, who.role.value, stamp(now))
    log.connection.execute(
        insert(stop).values(
            id=ordered.id, scope=scope, name=name, reason=reason, ordered_by=who.user, role=ordered.role,
            at=ordered.at, lifted_by="", lifted_at="",
        )
    )  # fmt: skip
    log.append(
        StopOrdered(
            at=ordered.at, actor=who.user, dataset=name if scope is StopScope.DATASET else "",
            stop=ordered.id, scope=scope.value, name=name, reason=reason,
            role=ordered.role,
        )
    )  # fmt: skip
    return ordered


def lift(log: Journal, who: Principal, number: str, reason: str, now: dt.datetime) -> Stop:
    """End a stop.

    Raises:
        Refused: ``stop_unknown``, ``stop_lifted``, ``second_person`` for whoever ordered it,
            ``order_of_higher_rank``.
    """
    found = get(log.connection, number)
    if not found.active:
        raise Refused("stop_lifted", "this stop has been lifted already", hint="list the stops", status=409)
    if who.user == found.by:
        raise Refused(
            "second_person", "a stop is lifted by someone other than who ordered it",
            hint="ask a second person", status=403,
        )  # fmt: skip
    check_rank(who, Role(found.role))
    log.connection.execute(
        update(stop)
        .where(stop.c.id == number, stop.c.lifted_at == "")
        .values(lifted_by=who.user, lifted_at=stamp(now))
    )
    log.append(StopLifted(at=stamp(now), actor=who.user, stop=number, reason=reason))
    return get(log.connection, number)


def get(connection: Connection, number: str) -> Stop:
    """A stop by its number; raises Refused ``stop_unknown``."""
    row = connection.execute(select(stop).where(stop.c.id == number)).one_or_none()
    if row is None:
        raise Refused("stop_unknown", "there is no such stop", hint="list the stops", status=404)
    return stop_of(row)


def listed(connection: Connection, *, active: bool) -> list[Stop]:
    """Stops, oldest first; only those in force with ``active``."""
    query = select(stop).order_by(stop.c.at, stop.c.id)
    if active:
        query = query.where(stop.c.lifted_at == "")
    return [stop_of(row) for row in connection.execute(query)]


def check_none(connection: Connection, found: Agreement, job: str) -> None:
    """Raises ``Refused("stopped")`` when a stop covers an agreement's work; why is not for developers."""
    work = {"dataset": found.dataset, "agreement": found.id, "job": job}
    if connection.execute(_COVERING, work).first():
        raise Refused(
            "stopped", "work is stopped for now",
            hint="ask the operator; what was released before stays yours", status=409,
        )  # fmt: skip
