"""The workspace of an agreement: granted columns only, keys of its own, gone for ever at the end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sandbox import jail
from sandbox.errors import LoadFailed, Refused, Unavailable
from sandbox.intake import Intake
from sandbox.nouns.agreement import Agreement
from sandbox.nouns.load import Manifest
from sandbox.nouns.ports import Engine
from sandbox.settings import Settings
from sandbox.workspace import open_engine
from sandbox.workspace.store import Store
from tests.govern.house import House, build


@dataclass
class Loaded:
    """A house whose dataset is loaded."""

    house: House
    intake: Intake

    def build(self, made: Agreement) -> Manifest:
        return self.intake.build_workspace(made, self.house.govern)

    def open(self, manifest: Manifest, folder: Path) -> Engine:
        path = folder / "opened.duckdb"
        self.house.keyring.unseal(self.intake.store.sealed(manifest.workspace), path, manifest.workspace)
        engine = open_engine(
            self.intake.standing, files={"workspace": path}, memory_bytes=512 << 20, threads=1, seconds=30
        )
        path.unlink()
        return engine


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[Loaded]:
    house = build(tmp_path)
    settings = Settings(home=tmp_path, engine_threads=1, engine_memory=512 << 20)
    intake = Intake(
        policy=house.policy, settings=settings, standing=jail.choose(settings.engine_jail, development=False),
        store=Store(tmp_path, "clinic"), keyring=house.keyring, ledger=house.ledger, key=b"k" * 32,
        actor="operator", now=lambda: house.clock[0], progress=lambda *_: None,
    )  # fmt: skip
    intake.load()
    yield Loaded(house, intake)
    assert house.ledger.verify().ok
    house.ledger.close()


def columns(engine: Engine) -> dict[str, set[str]]:
    rows = engine.query(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'workspace'"
    ).to_pylist()
    return {
        name: {row["column_name"] for row in rows if row["table_name"] == name}
        for name in {row["table_name"] for row in rows}
    }


def test_it_holds_granted_columns_and_public_tables_and_nothing_else(loaded: Loaded, tmp_path: Path) -> None:
    manifest = loaded.build(loaded.house.agreement())
    engine = loaded.open(manifest, tmp_path)
    assert columns(engine) == {
        "visits": {"_unit", "_rank", "_first", "city", "amount"}, "hospitals": {"hospital", "level"},
    }  # fmt: skip
    snapshot = loaded.intake.store.manifest()
    assert snapshot is not None
    kept = engine.query(
        "SELECT count(*) AS n, count(DISTINCT _unit) AS units FROM workspace.visits"
    ).to_pylist()
    assert kept[0]["n"] > kept[0]["units"] == 3
    engine.close()
    assert set(manifest.public) == {"hospitals"}
    assert manifest.snapshot_sha256 == snapshot.snapshot_sha256
    assert loaded.house.ledger.records(limit=1000)[-1].body["columns"] == {
        "visits": ["city", "amount"], "hospitals": ["hospital", "level"],
    }  # fmt: skip


def test_it_is_kept_while_load_and_policy_stand_and_built_anew_after_a_load(loaded: Loaded) -> None:
    made = loaded.house.agreement()
    first = loaded.build(made)
    assert loaded.build(made) == first
    loaded.intake.load()
    second = loaded.build(made)
    assert second.snapshot != first.snapshot
    assert loaded.house.govern.agreed(made.id).names() == [second.workspace]
    with pytest.raises(Unavailable, match="key_missing"):
        loaded.house.keyring.unseal_bytes(loaded.intake.store.sealed(second.workspace), first.workspace)
    assert loaded.house.govern.workspace_in_force(made.id) == second.workspace_sha256


def test_two_agreements_number_their_units_on_their_own(loaded: Loaded) -> None:
    first, second = (loaded.build(loaded.house.agreement(by=name)) for name in ("developer", "rival"))
    assert first.workspace_sha256 != second.workspace_sha256
    assert first.workspace.split("/")[1] != second.workspace.split("/")[1]


def test_a_load_leaves_the_workspaces_of_agreements_where_they_are(loaded: Loaded) -> None:
    made = loaded.build(loaded.house.agreement())
    loaded.intake.load()
    assert loaded.house.keyring.unseal_bytes(loaded.intake.store.sealed(made.workspace), made.workspace)


def test_an_exit_makes_it_unreadable_even_from_a_copy(loaded: Loaded, tmp_path: Path) -> None:
    made = loaded.house.agreement()
    manifest = loaded.build(made)
    sealed = loaded.intake.store.sealed(manifest.workspace)
    copy = tmp_path / "stolen.workspace"
    shutil.copy(sealed, copy)
    assert loaded.house.keyring.unseal_bytes(copy, manifest.workspace)
    loaded.house.govern.exit(loaded.house.who("developer"), made.id, "课题结束")
    assert not sealed.exists()
    assert loaded.house.govern.agreed(made.id).manifest() is None
    with pytest.raises(Unavailable, match="key_missing"):
        loaded.house.keyring.unseal_bytes(copy, manifest.workspace)
    certificate = loaded.house.ledger.records(limit=1000)[-1].body
    assert (certificate["kind"], certificate["workspaces"]) == ("workspace_destroyed", [manifest.workspace])


def test_an_expiry_destroys_it_too(loaded: Loaded) -> None:
    made = loaded.house.agreement(days=1)
    manifest = loaded.build(made)
    loaded.house.later(days=1)
    loaded.house.govern.expire()
    assert not loaded.intake.store.sealed(manifest.workspace).exists()


def test_an_agreement_that_ended_gets_none_and_leaves_no_key(loaded: Loaded) -> None:
    made = loaded.house.agreement(days=1)
    loaded.house.later(days=1)
    with pytest.raises(Refused, match="agreement_ended"):
        loaded.build(made)
    assert loaded.house.govern.agreed(made.id).names() == []
    assert list((loaded.house.home / "keys" / "files").rglob(f"{made.id}/*")) == []


def test_a_former_workspace_cannot_be_slipped_back_in(loaded: Loaded) -> None:
    made = loaded.house.agreement()
    first = loaded.build(made)
    place = loaded.house.home / "manifests" / "_agreements" / f"{made.id}.json"
    former = place.read_bytes()
    loaded.intake.load()
    loaded.build(made)
    place.write_bytes(former)
    rebuilt = loaded.build(made)
    assert rebuilt.workspace not in (first.workspace, "")
    assert rebuilt.workspace_sha256 == loaded.house.govern.workspace_in_force(made.id)


def test_a_policy_without_a_load_of_its_own_builds_nothing(loaded: Loaded) -> None:
    newer = loaded.intake.policy.model_copy(update={"sha256": "0" * 64})
    with pytest.raises(LoadFailed, match="policy_not_loaded"):
        replace(loaded.intake, policy=newer).build_workspace(loaded.house.agreement(), loaded.house.govern)


def test_no_workspace_is_built_while_a_load_runs(loaded: Loaded) -> None:
    made = loaded.house.agreement()
    with loaded.intake.store.loading(), pytest.raises(LoadFailed, match="load_running"):
        loaded.build(made)
    loaded.build(made)
