"""``Sandbox.connect``: an agreement on a server, asked like a local sandbox."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Literal, Self, overload

from sandbox.client.desk import Desk, opened
from sandbox.client.progress import Progress
from sandbox.client.transport import SECONDS, Line
from sandbox.nouns.catalogue import Catalogue
from sandbox.nouns.release import BudgetView, Preview, Release


class RemoteSandbox:
    """An agreement on a server. Use ``Sandbox.connect``; a context manager."""

    def __init__(self, line: Line, desk: Desk) -> None:
        self.agreement = desk.agreement
        self.dataset = desk.dataset
        self._line, self._desk = line, desk

    @classmethod
    def open(
        cls,
        url: str,
        *,
        token: str,
        agreement: str | None = None,
        timeout: float = SECONDS,
        ca: str | None = None,
    ) -> Self:
        """Connect under an agreement; ``Sandbox.connect`` says what goes in and what is raised."""
        line = Line(url, token, timeout=timeout, ca=ca)
        try:
            return cls(line, line.carry_out(opened(agreement)))
        except BaseException:
            line.close()
            raise

    @overload
    def query(
        self, sql: str, *, epsilon: object = ..., keys: object = ..., mode: Literal["run", "dummy"] = ...
    ) -> Release: ...
    @overload
    def query(
        self, sql: str, *, epsilon: object = ..., keys: object = ..., mode: Literal["preview"]
    ) -> Preview: ...
    @overload
    def query(
        self, sql: str, *, epsilon: object = ..., accuracy: object = ..., keys: object = ..., mode: str
    ) -> Release | Preview: ...
    def query(
        self,
        sql: str,
        *,
        epsilon: object = None,
        accuracy: object = None,
        keys: object = None,
        mode: str = "run",
    ) -> Release | Preview:
        """Ask a question in SQL; waits for the answer. Ctrl-C cancels the job on the server.

        Args:
            sql: one SELECT of the dialect.
            epsilon: ε of the whole job; the policy's ``per_job.epsilon`` when None.
            accuracy: needs a DP profile of the dataset.
            keys: item of GROUP BY → its values: exactly these groups are answered, empty ones too.
            mode: ``run``; ``preview`` for price and predicted error; ``dummy`` for an answer from invented
                rows. The last two are free.

        Raises:
            Refused: nothing was touched or charged.
            JobFailed: the price stays spent.
            Unavailable: the server, or the way to it.
        """
        with Progress() as tell:
            return self._line.carry_out(
                self._desk.query(
                    sql,
                    epsilon=epsilon,
                    accuracy=accuracy,
                    keys=keys,
                    mode=mode,
                    tell=tell,
                    watched=tell.watched,
                )
            )

    def tables(self) -> Catalogue:
        """Schema, uses, domains and bounds: what may be asked."""
        return self._line.carry_out(self._desk.tables())

    def dummy(self, table: str) -> Release:
        """One table as it may look: a protected one with invented rows, a public one as it is. Free.

        Raises:
            Refused: ``table_unknown``.
        """
        return self._line.carry_out(self._desk.dummy(table))

    def budget(self) -> BudgetView:
        """Caps, spent, left, and how many jobs like the last one fit."""
        return self._line.carry_out(self._desk.budget())

    def jobs(self, limit: int = 20) -> list[dict[str, Any]]:
        """The newest jobs of your organisation, newest first, as REST shows them; at most 100."""
        return self._line.carry_out(self._desk.jobs(limit))

    def download(self, job: str, format: str = "csv") -> bytes:
        """The result of a job, as the bytes of a ``csv``, ``parquet``, ``arrow`` or ``json`` file.

        Raises:
            Refused: ``format_unknown``, ``job_not_finished``, or why the job was refused.
        """
        return self._line.carry_out(self._desk.download(job, format))

    def proof(self, number: int) -> dict[str, str]:
        """A record of the disclosure log, such as ``Release.id``, with its proof.

        Written to a file as JSON it is a bundle that ``sandbox log verify`` checks anywhere, offline.
        """
        return self._line.carry_out(self._desk.proof(number))

    def close(self) -> None:
        """Close the connections; idempotent."""
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
