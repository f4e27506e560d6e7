"""One typed settings object, read once from ``SANDBOX_*`` and ``sandbox.toml``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class Settings(BaseSettings):
    """How this installation runs. Every field is an environment variable ``SANDBOX_<FIELD>``."""

    model_config = SettingsConfigDict(
        env_prefix="SANDBOX_", toml_file="sandbox.toml", frozen=True, extra="ignore"
    )

    home: Path = Field(default=Path.home() / ".data-sandbox")
    """Folder of keys, control database and sealed files."""
    database_url: SecretStr | None = None
    """Control database, ``postgresql://user:password@host/name``; ``home``'s SQLite file when None."""
    engine_jail: Literal["auto", "tier_a", "tier_b", "off"] = "auto"
    """Isolation of engine processes. ``auto``: A where it works, else B. ``off`` needs ``development``."""
    development: bool = False
    """Permits what must never be permitted in production (``engine_jail=off``)."""
    engine_threads: int = Field(default=2, ge=1, le=256)
    """Threads of one engine process."""
    engine_memory: int = Field(default=2 << 30, ge=256 << 20)
    """Memory one engine process may use, bytes."""
    query_seconds: float = Field(default=60.0, gt=0, le=3600)
    """Longest time one statement may run in the engine, seconds; then the engine is killed."""
    load_seconds: float = Field(default=3600.0, gt=0)
    """Longest time one load may take, seconds."""
    memory_folder: Path = Path("/dev/shm")  # noqa: S108  a memory-backed file system by definition
    """Where unsealed files live while an engine reads them; must be memory-backed."""
    scratch_folder: Path | None = None
    """A folder the operator declares encrypted; loads build and spill there instead of in memory."""
    slots: bool = False
    """Answer at fixed moments (REST). ``local`` and benchmarks run without."""
    slot_seconds: float = Field(default=5.0, ge=1, le=3600)
    """Length of a slot, seconds: a served job runs at most this long and its answer appears at its end."""
    lanes: int = Field(default=2, ge=1, le=64)
    """Served jobs that run at once, of different agreements."""
    sources_folder: Path | None = None
    """Folder that policies sent to a server may read sources from; ``sources`` in ``home`` when None."""

    @property
    def control_database(self) -> str | Path:
        """Where budgets, log, parties and queue are kept: a URL, or the path of an SQLite file."""
        given = self.database_url
        return self.home / "ledger.db" if given is None else given.get_secret_value()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the base's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then ``sandbox.toml`` in the working folder."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
