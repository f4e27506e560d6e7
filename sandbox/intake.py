"""A row's way in: source → mask → residual scan → snapshot → workspace → sealed → in force.

``load`` is the whole story. Raw rows pass through the jailed build engine and are masked in flight; what is
written is masked, lives in memory-backed scratch until sealed, and comes into force in one rename at the end.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from sandbox import classify, mask, source
from sandbox.errors import LoadFailed, SandboxError, Unavailable
from sandbox.jail import Standing
from sandbox.ledger import Ledger
from sandbox.nouns.agreement import Agreement, effective
from sandbox.nouns.event import Loaded, LoadStopped
from sandbox.nouns.load import LoadReport, Manifest, Progress, TableLoad, with_columns
from sandbox.nouns.plan import PublicTable
from sandbox.nouns.policy import Policy, Table, Use
from sandbox.nouns.ports import Engine
from sandbox.seal import Keyring
from sandbox.settings import Settings
from sandbox.source.match import (
    check_columns,
    left_to_source,
    source_files,
    source_fingerprint,
    with_public_columns,
)
from sandbox.workspace import EngineFailure, build, open_engine
from sandbox.workspace.agreed import Agreed, build_workspace
from sandbox.workspace.scratch import Scratch
from sandbox.workspace.store import Store

SCANNED_VALUES = 200_000
"""Distinct candidate values per column that the residual scan reads; more stop the load unscanned."""


class Desk(Protocol):
    """Who keeps account of agreements' workspaces: ``sandbox.govern.Govern``."""

    def agreed(self, number: str) -> Agreed:
        """Where the agreement's workspaces are."""
        ...

    def workspace_in_force(self, number: str) -> str:
        """SHA-256 of the one in force by the log; empty for none."""
        ...

    def note_workspace(self, number: str, built: Manifest, columns: Mapping[str, Sequence[str]]) -> None:
        """Record a new one; raises Refused once the agreement has ended."""
        ...


@dataclass(frozen=True)
class Intake:
    """Everything one load needs."""

    policy: Policy
    settings: Settings
    standing: Standing
    store: Store
    keyring: Keyring
    ledger: Ledger
    key: bytes
    """The pseudonym key."""
    actor: str
    now: Callable[[], dt.datetime]
    progress: Progress

    def load(self) -> tuple[Manifest, LoadReport]:
        """Load all sources of the policy and put the result in force; or change nothing.

        Raises:
            LoadFailed: the sources do not fit the policy, or personal data is left after masking.
            Unavailable: no room, no memory, no jail.
        """
        findings: dict[str, int] = {}
        try:
            with self.store.loading(), self._scratch() as scratch:
                return self._build(scratch, findings)
        except SandboxError as error:
            self.ledger.append(
                LoadStopped(
                    at=stamp(self.now()), actor=self.actor, dataset=self.policy.dataset,
                    code=error.code, findings=findings,
                )
            )  # fmt: skip
            raise

    def build_workspace(self, agreement: Agreement, desk: Desk) -> Manifest:
        """Put an agreement's own workspace in force: granted columns of the snapshot in force, own keys.

        The one in force stays when it is of the same snapshot and policy.

        Raises:
            LoadFailed: ``load_running``; ``policy_not_loaded`` without a load of the policy in force.
            Refused: ``agreement_ended`` meanwhile.
            Unavailable: no room, no memory, no jail.
        """
        agreed = desk.agreed(agreement.id)
        with self.store.reading(), agreed.building():
            manifest = self._in_force()
            former = agreed.manifest()
            if former is not None and agreed.fits(former, manifest, desk.workspace_in_force(agreement.id)):
                return former
            policy = without_hidden(with_columns(self.policy, manifest))
            grants = effective(policy, agreement.grants)
            columns = {name: found for name, found in build.granted(policy, grants).items() if found}
            try:
                built = build_workspace(
                    manifest, policy, columns, agreed=agreed, store=self.store, keyring=self.keyring,
                    settings=self.settings, standing=self.standing,
                )  # fmt: skip
            except EngineFailure as failure:
                raise load_error(failure.kind) from None
            try:
                desk.note_workspace(agreement.id, built, columns)
            except BaseException:
                agreed.drop(self.keyring, [built.workspace])
                raise
            agreed.put_in_force(built, self.keyring)
        return built

    def _in_force(self) -> Manifest:
        """The load in force, if it is the newest in the log and of this very policy."""
        manifest = self.store.manifest()
        record = self.ledger.latest(Loaded.kind, self.policy.dataset)
        if (
            manifest is None
            or manifest.policy != self.policy.sha256
            or record is None
            or record["snapshot"] != manifest.snapshot_sha256
        ):
            raise LoadFailed(
                "policy_not_loaded",
                "the policy in force has no load yet, so no workspace can be built",
                hint="load the dataset",
            )
        return manifest

    def _scratch(self) -> Scratch:
        settings = self.settings
        return Scratch(settings.memory_folder, declared=settings.scratch_folder, needed=self._room())

    def _room(self) -> int:
        """Bytes of scratch to ask for: sources decompress, and are held twice until sealed."""
        return (64 << 20) + 4 * sum(path.stat().st_size for path in source_files(self.policy))

    def _build(self, scratch: Scratch, findings: dict[str, int]) -> tuple[Manifest, LoadReport]:
        policy = without_hidden(with_public_columns(self.policy))
        fingerprint = source_fingerprint(self.policy)
        grants = every_use(policy)
        snapshot, workspace = scratch.path / "snapshot.duckdb", scratch.path / "workspace.duckdb"
        with self._engine(scratch, snapshot, workspace) as engine:
            found = {table.name: self._table(engine, policy, table) for table in policy.owners_first()}
            loads = [found[table.name] for table in policy.tables]
            findings |= self._residual(engine, policy)
            risk = self._risk(engine, policy)
            loads, public = self._workspace(engine, policy, loads, grants)
        names = [f"{policy.dataset}/{secrets.token_hex(8)}.{kind}" for kind in ("snapshot", "workspace")]
        hashes = []
        for place, (path, name) in enumerate(zip((snapshot, workspace), names, strict=True)):
            self.progress("seal", place, 2)
            hashes.append(self.keyring.seal(path, self.store.sealed(name), name))
            path.unlink()
        self.progress("seal", 2, 2)
        manifest = Manifest(
            dataset=policy.dataset, policy=policy.sha256, sources=fingerprint,
            snapshot=names[0], snapshot_sha256=hashes[0], workspace=names[1], workspace_sha256=hashes[1],
            public=public, public_columns=left_to_source(self.policy, policy),
        )  # fmt: skip
        self._keep(manifest, loads, findings)
        report = LoadReport(
            snapshot=manifest.snapshot_sha256, tables=tuple(loads), findings=findings, risk=risk
        )
        return manifest, report

    @contextmanager
    def _engine(self, scratch: Scratch, snapshot: Path, workspace: Path) -> Iterator[Engine]:
        try:
            engine = open_engine(
                self.standing,
                build={build.SNAPSHOT: snapshot, build.WORKSPACE: workspace},
                spill=scratch.folder("spill"),
                memory_bytes=self.settings.engine_memory,
                threads=self.settings.engine_threads,
                seconds=self.settings.load_seconds,
            )
            try:
                yield engine
            finally:
                engine.close()
        except EngineFailure as failure:
            raise load_error(failure.kind) from None

    def _table(self, engine: Engine, policy: Policy, table: Table) -> TableLoad:
        """Stream one source through its masks into the snapshot."""
        reader = source.open_source(policy.folder, table.source)
        check_columns(self.policy, table.name, reader)
        masking = mask.masking(table, policy, load_date=self.now().date())
        name = build.snapshot_name(table)
        engine.run(masking.ddl(name))
        read = 0

        def batches() -> Iterator[pa.RecordBatch]:
            nonlocal read
            for batch in reader.batches(masking.source_columns):
                yield batch
                read += batch.num_rows
                self.progress(table.name, read, reader.rows_hint())

        schema = pa.schema([reader.schema.field(column) for column in masking.source_columns])
        engine.ingest(
            build.snapshot_sql(table, masking.select, masking.unit_present),
            schema, batches(), mask.parameters(self.key) if masking.keyed else (),
        )  # fmt: skip
        stored = [column.name for column in masking.columns[: mask.FLAGS]]
        if table.public:
            total = build.count(engine, name)
            return TableLoad(table.name, read, total, bad_lines=tuple(reader.bad_lines()))
        lost = self._owned(engine, table, read)
        counts = engine.query(build.outside_sql(table, stored)).to_pylist()[0]
        total = int(counts.pop("kept"))
        if table.on_null_unit == "error" and lost:
            key = table.unit if table.via is None else table.via.column
            raise LoadFailed(
                "unit_invalid",
                f"{lost} rows of {table.name} have a {key} that is NULL, malformed or leads to nobody",
                hint="mend the source, or set on_null_unit: drop in the policy",
            )
        outside = {column: int(n) for column, n in zip(stored, counts.values(), strict=True) if n}
        return TableLoad(
            table.name, read, total,
            dropped_unit=lost, outside=outside, bad_lines=tuple(reader.bad_lines()),
        )  # fmt: skip

    def _owned(self, engine: Engine, table: Table, read: int) -> int:
        """Give rows their unit where another table has it; how many of the rows read have none."""
        present = build.count(engine, build.snapshot_name(table))
        if table.via is None:
            return read - present
        lost = int(engine.query(build.unowned_sql(table)).to_pylist()[0]["n"])
        for statement in build.owned_sql(table):
            engine.run(statement)
        return read - present + lost

    def _residual(self, engine: Engine, policy: Policy) -> dict[str, int]:
        """Presidio over every stored text that could still hold personal data."""
        findings: dict[str, int] = {}
        columns = [
            (table, column)
            for table in policy.tables if not table.public
            for column in table.columns if classify.needs_scan(column)
        ]  # fmt: skip
        for place, (table, column) in enumerate(columns):
            self.progress("scan", place, len(columns))
            candidates = classify.prefilter_sql("v")
            values = engine.query(
                build.candidates_sql(table, column.name, candidates, SCANNED_VALUES + 1)
            ).column("v")
            if len(values) > SCANNED_VALUES:
                findings[f"{table.name}.{column.name}:UNSCANNED"] = len(values)
                continue
            for entity, hits in classify.scan_values(column.name, values.to_pylist()).items():
                findings[f"{table.name}.{column.name}:{entity}"] = hits
        self.progress("scan", len(columns), len(columns))
        if findings and policy.residual == "quarantine":
            listed = ", ".join(f"{where} ({hits})" for where, hits in sorted(findings.items()))
            raise LoadFailed(
                "residual_findings",
                f"after masking, values still look like personal data: {listed}",
                hint="mask these columns (drop, pseudonym, scan), or set residual: report after a review",
            )
        return findings

    def _risk(self, engine: Engine, policy: Policy) -> dict[str, int]:
        """k-anonymity over the policy's quasi-identifiers: a report, or the gate the policy asks for."""
        risk: dict[str, int] = {}
        for table in policy.tables:
            stored = {column.name for column in table.columns}
            quasi = [name for name in policy.risk.quasi_identifiers if name in stored]
            if table.public or not quasi:
                continue
            name = build.snapshot_name(table)
            row = engine.query(mask.risk_sql(name, quasi, k=policy.risk.k)).to_pylist()[0]
            risk |= {f"{table.name}.{key}": int(value or 0) for key, value in row.items()}
            if policy.risk.on_fail == "fail" and int(row["rows_below_k"] or 0):
                raise LoadFailed(
                    "risk_too_high",
                    f"{table.name} has classes of fewer than {policy.risk.k} people over {', '.join(quasi)}",
                    hint="generalise the quasi-identifiers, or set risk.on_fail: report",
                )
        return risk

    def _workspace(
        self,
        engine: Engine,
        policy: Policy,
        loads: list[TableLoad],
        grants: Mapping[str, Mapping[str, frozenset[Use]]],
    ) -> tuple[list[TableLoad], dict[str, PublicTable]]:
        """Unit codes, ranks, order; then the public facts."""
        columns = build.granted(policy, grants)
        protected = [table for table in policy.tables if not table.public]
        if protected:
            engine.run(build.units_sql(protected))
        units = build.count(engine, "units") if protected else 0
        public: dict[str, PublicTable] = {}
        ranked = []
        for place, (table, load) in enumerate(zip(policy.tables, loads, strict=True)):
            self.progress("rank", place, len(policy.tables))
            if table.public:
                engine.run(build.public_sql(table, columns[table.name]))
                public[table.name] = build.public_facts(engine, table)
                ranked.append(load)
                continue
            engine.run(build.protected_ddl(table, columns[table.name]))
            for part in build.ranges(units, load.kept):
                engine.run(build.protected_sql(table, columns[table.name], part, policy.key_of(table.name)))
            kept = build.count(engine, build.workspace_name(table))
            ranked.append(replace(load, kept=kept, dropped_rank=load.kept - kept))
        self.progress("rank", len(policy.tables), len(policy.tables))
        return ranked, public

    def _keep(self, manifest: Manifest, loads: list[TableLoad], findings: dict[str, int]) -> None:
        """Log the load, put it in force, then destroy what it replaced.

        A crash between the two steps leaves a record of a load that never came into force, and the former
        manifest: the next opening sees that they differ and loads again.
        """
        masks = hashlib.sha256(
            "\n".join(
                mask.masking(table, self.policy, load_date=self.now().date()).select
                for table in self.policy.tables if table.columns
            ).encode()
        ).hexdigest()  # fmt: skip
        self.ledger.append(
            Loaded(
                at=stamp(self.now()), actor=self.actor, dataset=manifest.dataset, policy=manifest.policy,
                snapshot=manifest.snapshot_sha256, workspace=manifest.workspace_sha256,
                tables={load.name: load_counts(load) for load in loads}, findings=findings, masks=masks,
            )
        )  # fmt: skip
        self.store.put_in_force(manifest)
        self._sweep(manifest)

    def sweep(self, manifest: Manifest) -> None:
        """Destroy what a load that died left behind, unless a load is running."""
        with suppress(LoadFailed), self.store.loading():
            self._sweep(manifest)

    def _sweep(self, manifest: Manifest) -> None:
        for name in self.store.orphans(manifest):
            self.keyring.destroy(name)
            self.store.sealed(name).unlink(missing_ok=True)


def without_hidden(policy: Policy) -> Policy:
    """The policy without columns that nothing can use: what no agreement can be granted is never stored."""
    tables = []
    for table in policy.tables:
        needed = {table.unit, *policy.risk.quasi_identifiers}
        columns = tuple(column for column in table.columns if column.use or column.name in needed)
        tables.append(table.model_copy(update={"columns": columns}))
    return policy.model_copy(update={"tables": tuple(tables)})


def every_use(policy: Policy) -> dict[str, dict[str, frozenset[Use]]]:
    """Grants of every use that the policy allows: what ``Sandbox.local``'s built-in agreement holds."""
    return {
        table.name: {column.name: column.use for column in table.columns if column.use}
        for table in policy.tables
    }


def load_counts(load: TableLoad) -> dict[str, int]:
    """Counts of one table for its log record."""
    counts = {
        "read": load.read, "kept": load.kept, "dropped_unit": load.dropped_unit,
        "dropped_rank": load.dropped_rank, "bad_lines": len(load.bad_lines),
    }  # fmt: skip
    return counts | {f"outside.{column}": count for column, count in load.outside.items()}


def load_error(kind: str) -> SandboxError:
    """The error of a load whose engine failed."""
    if kind in ("memory", "space"):
        return Unavailable(
            "no_scratch",
            "the load ran out of " + ("memory" if kind == "memory" else "room for unsealed files"),
            hint="raise SANDBOX_ENGINE_MEMORY, free memory, or declare an encrypted folder with "
            "SANDBOX_SCRATCH_FOLDER",
        )
    if kind == "deadline":
        return LoadFailed("load_deadline", "the load took too long", hint="raise SANDBOX_LOAD_SECONDS")
    return LoadFailed(
        "load_failed", f"the load engine stopped ({kind})", hint="run `sandbox doctor`, then load again"
    )


def stamp(moment: dt.datetime) -> str:
    """UTC, ISO 8601 with milliseconds."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
