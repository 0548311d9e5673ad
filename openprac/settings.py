"""Every setting, read from the environment once. docs/settings.md has the same list (a test compares them)."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from openprac.browsers import origins_of
from openprac.proxies import networks_of


class SettingsError(Exception):
    """A setting that cannot be used; the text names it and says what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The environment variable of a field stands in its metadata; an unset or empty one means the default."""

    data_dir: Path = field(default=Path(".openprac"), metadata={"env": "OPENPRAC_DATA_DIR"})
    host: str = field(default="127.0.0.1", metadata={"env": "OPENPRAC_HOST"})
    port: int = field(default=8080, metadata={"env": "OPENPRAC_PORT", "range": (0, 65535)})
    workers: int = field(default=1, metadata={"env": "OPENPRAC_WORKERS", "range": (1, 64)})
    base_url: str | None = field(default=None, metadata={"env": "OPENPRAC_BASE_URL"})
    extensions: bool = field(default=True, metadata={"env": "OPENPRAC_EXTENSIONS"})
    strict_bodies: bool = field(default=False, metadata={"env": "OPENPRAC_STRICT_BODIES"})
    pool_size: int = field(default=10, metadata={"env": "OPENPRAC_POOL_SIZE", "range": (2, 200)})
    key_failures_per_minute: int = field(
        default=60, metadata={"env": "OPENPRAC_KEY_FAILURES_PER_MINUTE", "range": (0, 100_000)}
    )
    connections: int = field(default=1000, metadata={"env": "OPENPRAC_CONNECTIONS", "range": (10, 100_000)})
    head_seconds: int = field(default=10, metadata={"env": "OPENPRAC_HEAD_SECONDS", "range": (1, 3600)})
    body_seconds: int = field(default=30, metadata={"env": "OPENPRAC_BODY_SECONDS", "range": (1, 3600)})
    trusted_proxies: str | None = field(default=None, metadata={"env": "OPENPRAC_TRUSTED_PROXIES"})
    hsts_seconds: int = field(default=0, metadata={"env": "OPENPRAC_HSTS_SECONDS", "range": (0, 10**9)})
    cors_origins: str | None = field(default=None, metadata={"env": "OPENPRAC_CORS_ORIGINS"})
    log_level: str = field(
        default="info", metadata={"env": "OPENPRAC_LOG_LEVEL", "choices": ("debug", "info", "warning", "error")}
    )
    clock_ahead_seconds: int = field(
        default=0, metadata={"env": "OPENPRAC_CLOCK_AHEAD_SECONDS", "range": (-(10**10), 10**10)}
    )
    sandbox: bool = field(default=False, metadata={"env": "OPENPRAC_SANDBOX"})
    database_url: str | None = field(default=None, metadata={"env": "DATABASE_URL", "secret": True})
    owner_database_url: str | None = field(
        default=None, metadata={"env": "OWNER_DATABASE_URL", "secret": True, "operator": True}
    )
    s3_endpoint: str | None = field(default=None, metadata={"env": "S3_ENDPOINT"})
    s3_public_endpoint: str | None = field(default=None, metadata={"env": "S3_PUBLIC_ENDPOINT"})
    s3_region: str = field(default="us-east-1", metadata={"env": "S3_REGION"})
    s3_bucket: str = field(default="openprac", metadata={"env": "S3_BUCKET"})
    s3_access_key_id: str | None = field(default=None, metadata={"env": "S3_ACCESS_KEY_ID"})
    s3_secret_access_key: str | None = field(default=None, metadata={"env": "S3_SECRET_ACCESS_KEY", "secret": True})
    s3_session_token: str | None = field(default=None, metadata={"env": "S3_SESSION_TOKEN", "secret": True})
    s3_backup_endpoint: str | None = field(default=None, metadata={"env": "S3_BACKUP_ENDPOINT", "operator": True})
    s3_backup_region: str = field(default="us-east-1", metadata={"env": "S3_BACKUP_REGION", "operator": True})
    s3_backup_access_key_id: str | None = field(
        default=None, metadata={"env": "S3_BACKUP_ACCESS_KEY_ID", "operator": True}
    )
    s3_backup_secret_access_key: str | None = field(
        default=None, metadata={"env": "S3_BACKUP_SECRET_ACCESS_KEY", "secret": True, "operator": True}
    )
    s3_backup_session_token: str | None = field(
        default=None, metadata={"env": "S3_BACKUP_SESSION_TOKEN", "secret": True, "operator": True}
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read every setting. Raises SettingsError with the variable's name."""
        given = {}
        for setting in fields(cls):
            text = environment.get(setting.metadata["env"], "").strip()
            if text:
                given[setting.name] = _parse(setting.name, setting.type, setting.metadata, text)
        if isinstance(given.get("base_url"), str):
            # Taken as the origin, however much of the API's own address was given.
            given["base_url"] = given["base_url"].rstrip("/").removesuffix("/v1")
        settings = cls(**given)
        settings.check()
        return settings

    def check(self) -> None:
        """Settings that only make sense together, or that other modules know how to judge."""
        if self.base_url and not re.fullmatch(
            r"https?://[A-Za-z0-9.\-_:\[\]]{1,255}(/[A-Za-z0-9.\-_/]*)?", self.base_url
        ):
            raise SettingsError("OPENPRAC_BASE_URL must be the address callers use, such as https://api.example.com.")
        _check_list("OPENPRAC_TRUSTED_PROXIES", self.trusted_proxies, networks_of, "networks, such as 10.0.0.0/8")
        _check_list("OPENPRAC_CORS_ORIGINS", self.cors_origins, origins_of, "origins, such as https://app.example.com")
        if self.s3_endpoint and not (self.s3_access_key_id and self.s3_secret_access_key):
            raise SettingsError("S3_ENDPOINT needs S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY as well.")
        if self.s3_backup_endpoint and not (self.s3_backup_access_key_id and self.s3_backup_secret_access_key):
            raise SettingsError(
                "S3_BACKUP_ENDPOINT needs S3_BACKUP_ACCESS_KEY_ID and S3_BACKUP_SECRET_ACCESS_KEY as well."
            )

    def environment(self) -> dict[str, str]:
        """The variables that make from_environment() give these settings again: how workers get them.

        Without what only the supervisor and the operator's commands need: a worker can neither become the owner of
        the tables nor reach the backups (docs/decisions/0008-no-owner-credentials-in-workers.md).
        """
        given = {}
        for setting in fields(self):
            value = getattr(self, setting.name)
            if value is not None and not setting.metadata.get("operator"):
                given[setting.metadata["env"]] = ("off", "on")[value] if isinstance(value, bool) else str(value)
        return given


def _check_list(env: str, text: str | None, parse: Callable[[str], object], allowed: str) -> None:
    try:
        parse(text or "")
    except ValueError as error:
        raise SettingsError(f"{env} must be {allowed}, separated by commas: {error}.") from None


def _parse(name: str, kind: Any, metadata: Mapping[str, Any], text: str) -> Any:
    env = metadata["env"]
    if kind is bool:
        if text.lower() not in ("on", "off", "true", "false", "1", "0"):
            raise SettingsError(f"{env} is {text!r}: it must be on or off.")
        return text.lower() in ("on", "true", "1")
    if kind is int:
        low, high = metadata["range"]
        if not re.fullmatch(r"-?[0-9]{1,11}", text, re.ASCII) or not low <= int(text) <= high:
            raise SettingsError(f"{env} is {text!r}: it must be a whole number from {low} to {high}.")
        return int(text)
    if kind is Path:
        return Path(text)
    if "choices" in metadata and text not in metadata["choices"]:
        raise SettingsError(f"{env} is {text!r}: it must be one of {', '.join(metadata['choices'])}.")
    return text
