"""What an operator may set: environment `VISAVIS_*`, or the same names in a file. Read once.

The only module that reads the environment for a node. The company's own face is in `brand.py`.
"""

import os
import socket
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from sessions.blobs import S3Access, expect_blobs_url, folder_of
from sessions.database import expect_url
from sessions.file_views import FileLimits
from sessions.sqlite import path_of

MEMORY_BUS: Final = "memory://"
_REDIS: Final = ("redis", "rediss", "redis+cluster", "rediss+cluster")
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
Network = IPv4Network | IPv6Network
Words = Annotated[tuple[str, ...], NoDecode]  # written with commas or spaces between


class Settings(BaseSettings):
    """One frozen object for the life of the process."""

    model_config = SettingsConfigDict(env_prefix="VISAVIS_", frozen=True, extra="ignore")

    data_dir: Path = Path("var")
    # sqlite:///file or postgresql://user@host/database; empty: a file in the data directory
    database_url: str = Field(default="", repr=False)  # may hold a password
    keys_url: str = Field(default="", repr=False)  # the key store, with backups of its own
    bus_url: SecretStr = SecretStr(MEMORY_BUS)  # may hold a password
    # file:///directory or s3://bucket/prefix; empty: a directory in the data directory
    blobs_url: str = ""
    blobs_endpoint: str = ""  # of a store that is not Amazon's: https://host[:port]
    blobs_region: str = ""
    blobs_access_key: SecretStr | None = None  # none: as the machine itself is known to the store
    blobs_secret_key: SecretStr | None = None
    file_max_mb: int = Field(default=100, ge=1, le=4_096)
    session_files_max: int = Field(default=50, ge=1, le=10_000)
    session_files_mb: int = Field(default=500, ge=1, le=1_000_000)
    upload_hours: float = Field(default=24.0, gt=0, le=720)  # to finish one that was begun
    clamd_socket: Path | None = None  # of a virus scanner that looks at every file
    master_key_file: Path | None = None
    public_url: str = ""  # empty: this machine, by each of its loopback names
    origins: Words = ()  # further origins that browsers may come from
    listen: str = "127.0.0.1:8080"
    node: str = Field(default_factory=lambda: socket.gethostname()[:40])
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = ()
    turn_urls: Words = ()
    turn_secret: SecretStr | None = None
    ice_policy: Literal["all", "relay"] = "all"
    # Of this machine, as browsers reach its recorder; "public/private" behind a NAT.
    recorder_addresses: Words = ()
    recorder_ports: str = ""  # of UDP, first-last; empty: whichever are free
    brand_file: Path | None = None
    limits_scale: float = Field(default=1.0, gt=0, le=10_000)  # many people behind one address
    checkup: bool = True  # where what it needs is installed (the extra `media`)
    queue_max: int = Field(default=50, ge=1, le=100_000)  # who may wait at once, in the whole house
    bar_minutes: int = Field(default=60, ge=0, le=1_440)  # for whoever is barred; 0: nobody is
    drain_seconds: float = Field(default=0.0, ge=0, le=600)  # for balancers to notice
    move_seconds: float = Field(default=3.0, ge=0, le=600)  # over which connected pages move
    grace_seconds: float = Field(default=30.0, gt=0, le=3_600)  # from SIGTERM to the end, forced

    @classmethod
    def load(cls, **given: Any) -> Self:
        """Settings from the environment and the file that `VISAVIS_SETTINGS_FILE` names."""
        return cls(_env_file=os.environ.get("VISAVIS_SETTINGS_FILE"), **given)

    @field_validator("origins", "turn_urls", "trusted_proxies", "recorder_addresses", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        return given.replace(",", " ").split() if isinstance(given, str) else given

    @field_validator("database_url", "keys_url")
    @classmethod
    def _is_a_database_we_have(cls, given: str) -> str:
        return expect_url(given) if given else given

    @field_validator("blobs_url")
    @classmethod
    def _is_a_store_we_have(cls, given: str) -> str:
        return expect_blobs_url(given) if given else given

    @field_validator("blobs_endpoint")
    @classmethod
    def _is_an_address(cls, given: str) -> str:
        parts = urlsplit(given)
        if given and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("expected http(s)://host[:port]")
        return given.rstrip("/")

    @field_validator("bus_url")
    @classmethod
    def _is_a_bus_we_have(cls, given: SecretStr) -> SecretStr:
        url = given.get_secret_value()
        parts = urlsplit(url)
        if url != MEMORY_BUS and not (parts.scheme in _REDIS and parts.hostname):
            raise ValueError(f"expected {MEMORY_BUS}, or {', '.join(_REDIS)} and ://host[:port]")
        return given

    @field_validator("recorder_addresses")
    @classmethod
    def _are_addresses(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for one in given:
            for address in one.split("/"):
                ip_address(address)
        return given

    @field_validator("recorder_ports")
    @classmethod
    def _is_a_range(cls, given: str) -> str:
        first, _, last = given.partition("-")
        if given and not (
            given.isascii() and first.isdigit() and last.isdigit()
            and 1_024 <= int(first) <= int(last) <= 65_535
        ):  # fmt: skip
            raise ValueError("expected first-last, from 1024 to 65535")
        return given

    @field_validator("listen")
    @classmethod
    def _has_a_port(cls, given: str) -> str:
        port = given.rpartition(":")[2]
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
            raise ValueError("expected host:port")
        return given

    @field_validator("public_url")
    @classmethod
    def _is_an_origin(cls, given: str) -> str:
        parts = urlsplit(given)
        if given and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("expected http(s)://host[:port]")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("expected no path: pages live at the top of the host")
        return given.rstrip("/")

    @model_validator(mode="after")
    def _turn_needs_its_secret(self) -> Self:
        if self.turn_urls and self.turn_secret is None:
            raise ValueError("VISAVIS_TURN_URLS needs VISAVIS_TURN_SECRET")
        return self

    @model_validator(mode="after")
    def _grace_is_long_enough(self) -> Self:
        if self.grace_seconds <= self.drain_seconds + self.move_seconds:
            raise ValueError("VISAVIS_GRACE_SECONDS must exceed drain and move seconds together")
        return self

    @model_validator(mode="after")
    def _keys_lie_apart(self) -> Self:
        if self.database == self.key_store:
            raise ValueError("VISAVIS_KEYS_URL must be another database than VISAVIS_DATABASE_URL")
        return self

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'visavis.db'}"

    @property
    def key_store(self) -> str:
        return self.keys_url or f"sqlite:///{self.data_dir / 'keys.db'}"

    @property
    def blobs(self) -> str:
        return self.blobs_url or (self.data_dir / "blobs").absolute().as_uri()

    @property
    def blobs_folder(self) -> Path | None:
        """Where blobs lie, if that is a directory."""
        return folder_of(self.blobs)

    @property
    def folders(self) -> list[Path]:
        """Where this node itself keeps what people say and share."""
        urls = (self.database, self.key_store)
        files = [path_of(url) for url in urls if url.startswith("sqlite")]
        blobs = self.blobs_folder
        return [file.parent for file in files] + ([] if blobs is None else [blobs])

    @property
    def blobs_access(self) -> S3Access:
        access, secret = self.blobs_access_key, self.blobs_secret_key
        return S3Access(
            endpoint=self.blobs_endpoint or None,
            region=self.blobs_region or None,
            access_key=access.get_secret_value() if access else None,
            secret_key=secret.get_secret_value() if secret else None,
        )

    @property
    def scanned(self) -> bool:
        """Whether somebody looks at files for malware."""
        return self.clamd_socket is not None

    @property
    def file_limits(self) -> FileLimits:
        return FileLimits(
            file_bytes=self.file_max_mb << 20,
            session_files=self.session_files_max,
            session_bytes=self.session_files_mb << 20,
            unfinished_ms=round(self.upload_hours * 3_600_000),
        )

    @property
    def redis_url(self) -> str | None:
        """Where the nodes meet; None for a node that is alone."""
        url = self.bus_url.get_secret_value()
        return None if url == MEMORY_BUS else url

    @property
    def on_files(self) -> bool:
        """Whether this process has its databases to itself."""
        return self.database.startswith("sqlite:") and self.key_store.startswith("sqlite:")

    @property
    def master_keys(self) -> Path:
        return self.master_key_file or self.data_dir / "master.keys"

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by TLS, so that cookies may say so."""
        return self.public_url.startswith("https://")

    @property
    def recorder_port_range(self) -> tuple[int, int] | None:
        first, _, last = self.recorder_ports.partition("-")
        return (int(first), int(last)) if last else None

    @property
    def on_loopback(self) -> bool:
        """Whether browsers may be on this very machine: as for a demonstration."""
        return not self.recorder_addresses and self.host_and_port[0] in _LOOPBACK

    @property
    def host_and_port(self) -> tuple[str, int]:
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]") or "127.0.0.1", int(port)

    @cached_property
    def allowed_origins(self) -> tuple[str, ...]:
        """Where pages of ours come from; the first is what links are made of."""
        own = (self.public_url,) if self.public_url else self._loopback_origins()
        return (*own, *(origin.rstrip("/") for origin in self.origins))

    @property
    def socket_origins(self) -> tuple[str, ...]:
        """The same for `connect-src`, which older browsers do not extend to sockets.

        Its grammar has no IPv6 addresses (CSP 3, 2.3.1): there 'self' has to do.
        """
        named = (origin for origin in self.allowed_origins if "[" not in origin)
        return tuple("ws" + origin.removeprefix("http") for origin in named)

    def _loopback_origins(self) -> tuple[str, ...]:
        host, port = self.host_and_port
        names = ["localhost", "127.0.0.1"]
        if host in ("::", "::1"):
            names.append("[::1]")
        elif host not in ("0.0.0.0", *names):
            names.insert(0, f"[{host}]" if ":" in host else host)
        return tuple(f"http://{name}:{port}" for name in names)
