"""What an operator's monitoring reads: the Prometheus text format. 运行指标.

Of the server as a whole; nothing of a developer, a question or an answer.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import NamedTuple

from sandbox.jobs.service import Service
from sandbox.jobs.states import State
from sandbox.nouns.party import LOCAL


class Sample(NamedTuple):
    """One figure, with its labels."""

    labels: dict[str, str]
    value: float


def exposed(service: Service) -> str:
    """Every figure, as text."""
    return "".join(_lines(service))


def _lines(service: Service) -> Iterator[str]:
    counts = service.queue.count()
    jobs = [Sample({"state": state}, counts.get(state, 0)) for state in State]
    yield from _gauge("sandbox_jobs", "Jobs by state, since the first one.", jobs)
    stops = len(service.govern.stops(LOCAL, active=True))
    yield from _gauge("sandbox_stops", "Stops in force.", [Sample({}, stops)])
    yield from _gauge("sandbox_loads", "Loads that wait or run.", [Sample({}, service.loads.open())])
    yield from _gauge(
        "sandbox_budget_spent", "Share of a dataset's rho that is spent.", list(_spent(service))
    )
    free = shutil.disk_usage(service.settings.home).free
    yield from _gauge("sandbox_home_free_bytes", "Room left in the home folder.", [Sample({}, free)])
    held = len(service.workspaces.held())
    yield from _gauge("sandbox_workspaces", "Workspaces kept open by this process.", [Sample({}, held)])


def _spent(service: Service) -> Iterator[Sample]:
    accounts = [each for each in service.ledger.accounts() if each[0] == "dataset"]
    for (_, name), (cap, spent) in zip(accounts, service.ledger.balances(accounts), strict=True):
        if cap.rho:
            yield Sample({"account": name}, spent.rho / cap.rho)


def _gauge(name: str, said: str, samples: list[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {said}\n# TYPE {name} gauge\n"
    for labels, value in samples:
        told = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{name}{{{told}}} {value:g}\n" if told else f"{name} {value:g}\n"


def _escaped(text: str) -> str:
    r"""A label's value as the format wants it.

    >>> _escaped('a"b')
    'a\\"b'
    """
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
