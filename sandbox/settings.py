"""One typed settings object, read once from ``SANDBOX_*`` and ``sandbox.toml``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

ISSUER = r"^(https://[^\s#?]+|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/[^\s#?]*)?)?$"
"""An issuer: an https address without query or fragment, or one of this machine; empty: none."""


class Settings(BaseSettings):
    """How this installation runs. Every field is an environment variable ``SANDBOX_<FIELD>``."""

    model_config = SettingsConfigDict(
        env_prefix="SANDBOX_", toml_file="sandbox.toml", frozen=True, extra="forbid"
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
    """Served jobs that run at once, of different agreements, in all processes together."""
    jobs_per_agreement: int = Field(default=50, ge=1, le=100_000)
    """Jobs of one agreement that may wait or run at once."""
    jobs_per_user: int = Field(default=50, ge=1, le=100_000)
    """Jobs of one user that may wait or run at once."""
    reads_per_minute: int = Field(default=36_000, ge=1)
    """GET requests of one user that are answered a minute."""
    writes_per_minute: int = Field(default=1_200, ge=1)
    """Other requests of one user that are answered a minute."""
    strangers_per_minute: int = Field(default=1_200, ge=1)
    """Requests without sign-in that are answered a minute, by address."""
    oidc_issuer: str = Field(default="", pattern=ISSUER)
    """An OpenID provider whose bearer tokens sign in beside the sandbox's own, as its tokens name it."""
    oidc_audience: str = Field(default="", max_length=500)
    """What its tokens for this sandbox, and no others, say in ``aud``."""
    oidc_claim: str = Field(default="sub", min_length=1, max_length=100)
    """The claim that names the user; ``email`` counts only with ``email_verified``."""
    hold_hours: float = Field(default=168.0, gt=0, le=8760)
    """Hours that a job waits for a reviewer; then it is refused."""
    sources_folder: Path | None = None
    """Folder that policies sent to a server may read sources from; ``sources`` in ``home`` when None."""

    @property
    def control_database(self) -> str | Path:
        """Where budgets, log, parties and queue are kept: a URL, or the path of an SQLite file."""
        given = self.database_url
        return self.home / "ledger.db" if given is None else given.get_secret_value()

    @model_validator(mode="after")
    def _audience_is_named(self) -> Self:
        if self.oidc_issuer and not self.oidc_audience:
            raise ValueError("oidc_issuer needs oidc_audience: a provider signs tokens for others, too")
        return self

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
