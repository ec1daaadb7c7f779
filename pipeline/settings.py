"""Settings: from the environment (`FAXFORMS_…`), else from `faxforms.toml`, else as they stand here."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from extractors.limits import Limits
from pipeline.review.roles import Role


class Service(BaseModel):
    """How `faxforms up` and the deployments run on each machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prefect_port: int = Field(4200, gt=0, description="where Prefect's server listens, on this machine only")
    station_port: int = Field(8420, gt=0, description="likewise the review station")
    upload_port: int = Field(
        0, ge=0, description="likewise what takes in uploads by HTTP; 0: `faxforms up` starts none"
    )
    work_pool: str = Field("faxforms", description="Prefect's work pool that the workers of all machines serve")
    intake_runs: int = Field(1, ge=1, description="intake runs at the same time on a machine")
    migration_runs: int = Field(1, ge=0, description="chunks of a migration at the same time on a machine")
    other_runs: int = Field(1, ge=1, description="other flow runs at the same time on a machine")
    machines: int = Field(1, ge=1, description="machines with workers: so many intake runs are begun at a time")
    intake_minutes: int = Field(30, ge=1, description="after which a fresh intake run takes over")
    watched: tuple[Path, ...] = Field(
        (), description="folders that the deployment `take-in` looks through, where no `faxforms watch` runs"
    )
    take_in_minutes: int = Field(2, ge=1, description="between two runs that look through them")
    follow_up_minutes: int = Field(10, ge=1, description="between two runs that hand on what was accepted")
    quality_at: str = Field("0 2 * * *", description="when the quality sample is drawn, as cron says it, in UTC")
    retention_at: str = Field("0 3 * * *", description="likewise, when retention removes what has had its time")


class Watch(BaseModel):
    """What `faxforms watch` watches, and how it takes files from folders."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folders: tuple[Path, ...] = Field((), description="folders that are watched beside those that a command names")
    maildirs: tuple[Path, ...] = Field((), description="likewise maildirs of fax-to-mail services")
    mboxes: tuple[Path, ...] = Field((), description="likewise their files in mbox format")
    settle_seconds: float = Field(
        5.0, gt=0, description="so long must a file, and its sidecar, stand still to count as complete"
    )
    rescan_seconds: float = Field(10.0, gt=0, description="between two looks at a folder that tells of no change")
    sidecars: bool = Field(
        True, description="wait for a sidecar also with files that were renamed into place, which are complete at once"
    )
    acknowledge: Literal["move", "leave", "delete"] = Field(
        "move", description="what becomes of a file once it is safe: moved to `taken_in`, left where it lies, deleted"
    )
    taken_in: Path = Field(
        Path("taken-in"), description="where it is moved to: in the watched folder, or an own folder"
    )
    taken_in_days: float = Field(
        30.0, ge=0, description="after which `watch` deletes what was moved there and the ledger knows; 0: never"
    )


class Settings(BaseSettings):
    """What an installation can set. A nested value is named with two underscores: `FAXFORMS_LIMITS__PAGES=100`."""

    model_config = SettingsConfigDict(
        env_prefix="FAXFORMS_", env_nested_delimiter="__", toml_file="faxforms.toml", frozen=True, extra="forbid"
    )

    data_dir: Path = Field(Path("data"), description="where the originals and the SQLite database lie")
    forms_dir: Path | None = Field(
        None, description="folder of the form revisions that were taught here; none: `definitions` in data_dir"
    )
    database_url: str = Field("", description="SQLAlchemy URL; empty: a SQLite database in data_dir")
    limits: Limits = Field(Limits(), description="what one document may ask for")
    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, description="reading processes, one a core")
    lease_minutes: float = Field(15.0, gt=0, description="after which the work of a dead process can be claimed again")
    migration_chunk: int = Field(
        500, ge=1, description="files of an archive that one worker does at a time; of a new migration"
    )
    attempts: int = Field(
        3, ge=1, description="claims after which a document that never got through is given to a person"
    )
    stuck_minutes: float = Field(
        60.0, gt=0, description="after which a document that nobody has claimed is told as stuck"
    )
    accept_prescriber_only_in_order: bool = Field(
        False,
        description="let forms with content that only a prescriber may sign (R20 to R23) pass when they are in order",
    )
    thresholds: dict[str, float] = Field(
        default_factory=dict,
        description="field name to the confidence from which its value is sure, in place of the usual one for its kind",
    )
    double_keyed: tuple[str, ...] = Field(
        (), description="fields that two people key, neither seeing the other's value, wherever a person keys them"
    )
    check_rate: float = Field(
        0.02, ge=0, le=1, description="share of the automatically accepted forms that a person keys again, blindly"
    )
    check_rate_of_people: float = Field(0.02, ge=0, le=1, description="likewise, of those that a person let pass")
    check_seed: str = Field("", description="a secret that the choice hangs on, so that nobody can tell it beforehand")
    review_idle_minutes: float = Field(
        15.0, gt=0, description="without anything done, after which the review station logs a person out"
    )
    review_session_hours: float = Field(12.0, gt=0, description="after which it does so in any case")
    oidc_issuer: str = Field(
        "", description="address of the OpenID provider by which people may log in; empty: by password alone"
    )
    oidc_client_id: str = Field("", description="what the station is called there")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="by which the provider knows it")
    oidc_claim: str = Field("groups", description="what the provider says of people that tells their role")
    oidc_roles: dict[str, Role] = Field(
        default_factory=dict, description="a value of that claim to the role that it gives; nobody else gets in"
    )
    oidc_prescriber_only: str = Field(
        "", description="the value of that claim by which somebody may decide prescriber-only forms"
    )
    review_lease_minutes: float = Field(
        5.0, gt=0, description="after which an item whose page shows no sign of life goes to somebody else"
    )

    encryption_key_file: Path | None = Field(
        None, description="file of the keys that encrypt originals, notices and crops; the last key in it encrypts"
    )
    encryption_keys: SecretStr = Field(
        SecretStr(""), description="likewise, keys in base64 with spaces between; after those of the file"
    )
    log_format: Literal["console", "json"] = Field("console", description="how log lines are written to stderr")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="the least of what is logged; a service wants `info`"
    )

    originals_url: str = Field(
        "",
        description="where the originals and notices lie instead, for several machines: a folder that they share, or a "
        "place as fsspec names it, s3://bucket/folder for example",
    )
    retention: Path | None = Field(
        None, description="file of the document classes and how long each is kept; without one everything is kept"
    )
    outbox: Path | None = Field(None, description="folder where other programs find what was accepted")
    service: Service = Field(Service(), description="how the service runs")
    watch: Watch = Field(Watch(), description="how folders are watched")

    @model_validator(mode="after")
    def _provider_is_whole(self) -> Self:
        """A provider is asked over TLS, unless it is on this machine, and says who gets which role."""
        if self.oidc_issuer and not self.oidc_issuer.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise ValueError("oidc_issuer must be an https address")
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_roles):
            raise ValueError("oidc_issuer needs oidc_client_id and oidc_roles")
        return self

    @property
    def url(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'faxforms.db'}"

    @property
    def originals_base(self) -> str:
        """Below what the untouched originals and the notices to senders lie: a folder, or a place for fsspec."""
        return self.originals_url or str(self.data_dir.resolve())

    @property
    def taught_forms(self) -> Path:
        """The folder of the form revisions that were taught here, beside those shipped with the program."""
        return self.forms_dir or self.data_dir / "definitions"

    @property
    def review_lease(self) -> timedelta:
        """How long a person keeps an item in hand without a heartbeat of their page."""
        return timedelta(minutes=self.review_lease_minutes)

    @property
    def lease(self) -> timedelta:
        """How long a process may work on a document before another may take it over."""
        return timedelta(minutes=self.lease_minutes)

    def that_decide(self) -> dict[str, Any]:
        """The settings that a decision depends on, to be kept with it; no URL, for a URL may hold a password."""
        return self.model_dump(mode="json", include={"accept_prescriber_only_in_order", "thresholds", "limits"})

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
