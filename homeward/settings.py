"""Settings from the environment; every one has a value that works on one machine."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an installation decides. Prefix ``HOMEWARD_``, but for the names that everybody uses."""

    model_config = SettingsConfigDict(env_prefix="HOMEWARD_", env_file=None, frozen=True, extra="ignore")

    var: Path = Path("var")
    """Where the embedded database, the broker and the demonstration keep their files."""

    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    """PostgreSQL, or empty for the embedded SQLite below ``var``."""

    redis_url: str = Field(default="", validation_alias="REDIS_URL")
    """Redis or Valkey, or empty for the embedded broker."""

    smtp_url: str = Field(default="", validation_alias="SMTP_URL")
    """Such as ``smtp://user:password@mail.example.org:587``; empty only in the demonstration."""

    host: str = Field(default="127.0.0.1", validation_alias="HOST")
    """Where the web server listens."""

    port: int = Field(default=8000, validation_alias="PORT", ge=0, le=65535)
    """The web server's port; 0 lets the system choose."""

    public_url: str = ""
    """How people reach the house, for links in letters and for origins; empty for ``http://host:port``."""

    mail_from: str = "homeward@localhost.localdomain"
    """The sender of letters."""

    demo: bool = False
    """Whether this is the demonstration: accounts on the sign-in page, letters caught at ``/mailbox``."""

    ide: bool | None = None
    """Whether ``/graphql`` shows the IDE to a browser; as the demonstration, unless said."""

    files: Path | None = None
    """Where documents are kept, encrypted; nothing serves this directory. Empty for ``files`` below ``var``."""

    keys: Path | None = None
    """The key file, without which no document can be opened. Empty for ``keys.json`` below ``var``."""

    audit_key: Path | None = None
    """The key that seals the trail; all machines with a worker share it. Empty for ``seal-key.json`` below ``var``."""

    audit_checkpoint_file: Path | None = None
    """Where the seals of the trail are told outside the database; empty for ``audit-checkpoints.jsonl`` in ``var``."""

    evidence_dir: str = ""
    """Where each kept report is also put, as PDF and JSON, such as a file share that is there; empty for nowhere."""

    clamd_url: str = ""
    """The malware scanner, such as ``unix:///run/clamav/clamd.ctl``; empty for none."""

    attachment_limit: int = Field(default=20 * 1024 * 1024, ge=1024, le=1024 * 1024 * 1024)
    """The largest document, in bytes."""

    fast_answers: bool = True
    """Whether GraphQL keeps writers for what it is often asked: the same answers, in a fraction of the time."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least level that is logged."""

    pool: int = Field(default=10, ge=2)
    """Connections to PostgreSQL of one process, beside up to six that only read what is asked all day."""

    @property
    def database(self) -> str:
        """Give the database's URL."""
        return self.database_url or f"sqlite:///{self.var.resolve() / 'homeward.db'}"

    @property
    def files_directory(self) -> Path:
        """Give the directory of the documents."""
        return self.files or self.var / "files"

    @property
    def key_file(self) -> Path:
        """Give the key file."""
        return self.keys or self.var / "keys.json"

    @property
    def seal_key_file(self) -> Path:
        """Give the file of the key that seals the trail."""
        return self.audit_key or self.var / "seal-key.json"

    @property
    def checkpoint_file(self) -> Path:
        """Give the file of the checkpoints of the trail."""
        return self.audit_checkpoint_file or self.var / "audit-checkpoints.jsonl"

    @property
    def makes_its_keys(self) -> bool:
        """Say whether a missing key file is made: on one machine it is new, in production it is lost."""
        return self.demo or self.database.startswith("sqlite:")

    @property
    def base_url(self) -> str:
        """Give the public URL without a slash at its end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def shows_ide(self) -> bool:
        """Say whether a browser at ``/graphql`` gets the IDE."""
        return self.demo if self.ide is None else self.ide

    @cached_property
    def is_loopback(self) -> bool:
        """Say whether the house is reached on this machine only, so that plain http will do."""
        parts = urlsplit(self.base_url)
        return parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
