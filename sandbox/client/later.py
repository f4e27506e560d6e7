"""``AsyncSandbox.connect``: the same handle for ``asyncio``."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from types import TracebackType
from typing import Any, Literal, Self, overload

from sandbox.client.desk import Desk, opened
from sandbox.client.progress import Progress
from sandbox.client.transport import SECONDS, AsyncLine
from sandbox.nouns.catalogue import Catalogue
from sandbox.nouns.release import BudgetView, Preview, Release


class AsyncRemoteSandbox:
    """An agreement on a server, for ``asyncio``. Use ``AsyncSandbox.connect``; an async context manager."""

    def __init__(self, line: AsyncLine, desk: Desk) -> None:
        self.agreement = desk.agreement
        self.dataset = desk.dataset
        self._line, self._desk = line, desk

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        token: str,
        agreement: str | None = None,
        timeout: float = SECONDS,
        ca: str | None = None,
    ) -> Self:
        """Connect under an agreement; ``Sandbox.connect`` says what goes in and what is raised."""
        line = AsyncLine(url, token, timeout=timeout, ca=ca)
        try:
            return cls(line, await line.carry_out(opened(agreement)))
        except BaseException:
            await line.close()
            raise

    @overload
    async def query(
        self, sql: str, *, epsilon: object = ..., keys: object = ..., mode: Literal["run", "dummy"] = ...
    ) -> Release: ...
    @overload
    async def query(
        self, sql: str, *, epsilon: object = ..., keys: object = ..., mode: Literal["preview"]
    ) -> Preview: ...
    @overload
    async def query(
        self, sql: str, *, epsilon: object = ..., accuracy: object = ..., keys: object = ..., mode: str
    ) -> Release | Preview: ...
    async def query(
        self,
        sql: str,
        *,
        epsilon: object = None,
        accuracy: object = None,
        keys: object = None,
        mode: str = "run",
    ) -> Release | Preview:
        """Ask a question in SQL; waits for the answer. A cancelled task cancels the job on the server.

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
            return await self._line.carry_out(
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

    async def tables(self) -> Catalogue:
        """Schema, uses, domains and bounds: what may be asked."""
        return await self._line.carry_out(self._desk.tables())

    async def dummy(self, table: str) -> Release:
        """One table as it may look: a protected one with invented rows, a public one as it is. Free.

        Raises:
            Refused: ``table_unknown``.
        """
        return await self._line.carry_out(self._desk.dummy(table))

    async def budget(self) -> BudgetView:
        """Caps, spent, left, and how many jobs like the last one fit."""
        return await self._line.carry_out(self._desk.budget())

    async def jobs(self, limit: int = 20) -> list[dict[str, Any]]:
        """The newest jobs of your organisation, newest first, as REST shows them; at most 100."""
        return await self._line.carry_out(self._desk.jobs(limit))

    async def download(self, job: str, format: str = "csv") -> bytes:
        """The result of a job, as the bytes of a ``csv``, ``parquet``, ``arrow`` or ``json`` file.

        Raises:
            Refused: ``format_unknown``, ``job_not_finished``, or why the job was refused.
        """
        return await self._line.carry_out(self._desk.download(job, format))

    async def proof(self, number: int) -> dict[str, str]:
        """A record of the disclosure log, such as ``Release.id``, with its proof.

        Written to a file as JSON it is a bundle that ``sandbox log verify`` checks anywhere, offline.
        """
        return await self._line.carry_out(self._desk.proof(number))

    async def close(self) -> None:
        """Close the connections; idempotent."""
        await self._line.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class Opening:
    """A connection about to be made: ``await`` it, or use it in ``async with``."""

    def __init__(self, connect: Callable[[], Coroutine[Any, Any, AsyncRemoteSandbox]]) -> None:
        self._connect = connect
        self._opened: AsyncRemoteSandbox | None = None

    def __await__(self) -> Generator[Any, None, AsyncRemoteSandbox]:
        return self._connect().__await__()

    async def __aenter__(self) -> AsyncRemoteSandbox:
        self._opened = await self._connect()
        return self._opened

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._opened is not None:
            await self._opened.close()
