"""Every key of repos.toml, with its type, default and meaning. docs/CONFIGURATION.md is the prose twin."""

from __future__ import annotations

import datetime as dt
import os.path
import re
import zoneinfo
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from nightdex.whereabouts import DEFAULT_STATE_DIR


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    if not value.isprintable():
        raise ValueError("must not hold control characters")
    return value


def _name(value: str) -> str:
    if any(part in {"", ".", ".."} for part in value.split("/")) or any(mark in value for mark in "\"'\\:"):
        raise ValueError("must be a name such as 'shop' or 'team/shop', without quotes, colons or '..'")
    return value


def _branch(value: str) -> str:
    if value.startswith("-") or any(character.isspace() for character in value):
        raise ValueError("must be a branch, tag or commit, such as 'main'")
    return value


def _clone_url(value: str) -> str:
    from indexer.errors import UrlRefused  # noqa: PLC0415 - only configurations with URLs pay for it
    from indexer.git.remotes import holds_credentials, remote_of  # noqa: PLC0415 - as above

    if holds_credentials(value):
        raise ValueError(
            "must not hold a password or token: leave it to git's credential helper or an ssh key"
        )
    try:
        remote_of(value)
    except UrlRefused:
        raise ValueError("must begin with https://, ssh:// or file:///, or be user@host:path") from None
    return value


def _http_url(value: str) -> str:
    if not re.fullmatch(r"https?://[\w.\[\]:-]+/?\S*", value):
        raise ValueError("must be an HTTP address such as 'http://127.0.0.1:11434'")
    return value


def _host_name(value: str) -> str:
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)*|[0-9a-fA-F:]+", value):
        raise ValueError("must be a host name such as 'code.example.org', without scheme and port")
    return value.lower()


def _clock(value: str) -> str:
    try:
        dt.datetime.strptime(value, "%H:%M").replace(tzinfo=dt.UTC)
    except ValueError:
        raise ValueError("must be a time of day such as '04:00'") from None
    return value


def _timezone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be a time zone of the IANA database, such as 'Europe/Berlin'") from None
    return value


def _pattern(value: str) -> str:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - only configurations with patterns pay for it
    from pathspec.patterns.gitignore import GitIgnorePatternError  # noqa: PLC0415 - as above

    try:
        GitIgnoreSpec.from_lines([value])
    except GitIgnorePatternError:
        raise ValueError("must hold gitignore-style patterns, such as 'vendor/**'") from None
    return value


def _some(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise ValueError("must not be empty")
    return values


def _local(value: str) -> str:
    if "://" in value:
        raise ValueError("must be a directory on this machine")
    if value.startswith("~") and os.path.expanduser(value) == value:  # noqa: PTH111 - Path raises instead
        raise ValueError("must name a home directory that exists")
    return value


def _state_dir(value: str) -> str:
    from index_store.place import SCHEME, parse_place  # noqa: PLC0415 - only what names a place pays for it

    if value.startswith(SCHEME):
        parse_place(value)
        return value
    if "://" in value:
        raise ValueError("must be a directory on this machine, or s3://BUCKET/PREFIX")
    return _local(value)


def _address(value: str) -> str:
    if value and not re.fullmatch(r"auto|(ray://)?(\[[0-9a-fA-F:]+\]|[\w.-]+):\d+", value):
        raise ValueError("must be 'auto', or an address such as '10.0.0.5:6379'")
    return value


def _variable(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError("must be names of environment variables, such as 'MY_PROVIDER_KEY'")
    return value


def _date(value: str) -> str:
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a day such as '2026-11-24'") from None
    return value


Text = Annotated[str, AfterValidator(_text)]
Name = Annotated[Text, AfterValidator(_name)]
Clock = Annotated[Text, AfterValidator(_clock)]
Money = Annotated[float, Field(ge=0, allow_inf_nan=False)]
# TOML has arrays, Python's strict mode would ask for a tuple.
Patterns = Annotated[tuple[Annotated[Text, AfterValidator(_pattern)], ...], Field(strict=False)]
Hosts = Annotated[
    tuple[Annotated[Text, AfterValidator(_http_url)], ...], Field(strict=False), AfterValidator(_some)
]
HostNames = Annotated[tuple[Annotated[Text, AfterValidator(_host_name)], ...], Field(strict=False)]


class Section(BaseModel):
    """A table of repos.toml: unknown keys and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Index(Section):
    """Where the index lives."""

    state_dir: Annotated[Text, AfterValidator(_state_dir)] = DEFAULT_STATE_DIR
    local_dir: Annotated[Text, AfterValidator(_local)] = DEFAULT_STATE_DIR


class Engine(Section):
    """What turns files into rows at night: this machine, or a Ray cluster."""

    kind: Literal["local", "ray"] = "local"
    address: Annotated[str, AfterValidator(_address)] = ""


class Embedding(Section):
    """What turns text into vectors."""

    provider: Literal["auto", "ollama", "embedded"] = "auto"
    model: Text = "nomic-embed-text"
    hosts: Hosts = ("http://127.0.0.1:11434",)


class Summaries(Section):
    """What describes each chunk in a sentence."""

    provider: Literal["auto", "ollama", "extractive"] = "auto"
    model: Text = "qwen2.5:14b"
    deadline: Clock = "07:00"
    max_per_night: Annotated[int | None, Field(ge=0)] = None


class Schedule(Section):
    """When the night begins. An empty time zone is the machine's."""

    at: Clock = "04:00"
    timezone: Annotated[str, AfterValidator(_timezone)] = ""


class Notify(Section):
    """Who is told of a night that failed."""

    url: Annotated[Text, AfterValidator(_http_url)] | None = None
    command: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    on: Literal["partial", "failed"] = "partial"


class Api(Section):
    """Where `nightdex serve` listens, and whom it answers."""

    host: Text = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8321
    require_key: bool = False
    allowed_hosts: HostNames = ()
    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 600


class TierSettings(Section):
    """One tier of the chain; what is left out stays as the chain has it."""

    backend: Literal["ollama", "claude_cli", "anthropic_api", "codex_cli"] | None = None
    model: Text | None = None
    billing: Literal["free", "flat", "metered"] | None = None
    purpose: Text | None = None
    daily_cap: Annotated[float, Field(ge=0)] | None = None
    deadline: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] | None = None
    command: Text | None = None
    environment: Annotated[tuple[Annotated[Text, AfterValidator(_variable)], ...], Field(strict=False)] = ()


class Tiers(Section):
    """The four tiers, cheapest first."""

    local: TierSettings = TierSettings()
    haiku: TierSettings = TierSettings()
    codex: TierSettings = TierSettings()
    opus: TierSettings = TierSettings()


class PriceSettings(Section):
    """US dollars per million tokens of one model; the cache's prices follow from the input's if left out."""

    input: Money
    output: Money
    cache_read: Money | None = None
    cache_write_5m: Money | None = None
    cache_write_1h: Money | None = None
    as_of: Annotated[Text, AfterValidator(_date)] = "2026-01-01"
    source: Text = "repos.toml"


class Chain(Section):
    """The model chain: its tiers, what they cost, and where that is written down."""

    ledger: Annotated[Text, AfterValidator(_local)] | None = None
    tiers: Tiers = Tiers()
    prices: dict[str, PriceSettings] = {}


class Repository(Section):
    """One [[repo]]: exactly one of path, glob and url."""

    path: Text | None = None
    glob: Text | None = None
    url: Annotated[Text, AfterValidator(_clone_url)] | None = None
    name: Name | None = None
    branch: Annotated[Text, AfterValidator(_branch)] | None = None
    include: Patterns = ()
    exclude: Patterns = ()
    worktree: bool = False
    private_network: bool = False


class Cards(Section):
    """One [[cards]]: a directory of Markdown knowledge cards."""

    path: Text
    name: Name | None = None


class Golden(Section):
    """One [[golden]]: a query, and what must stay among its first hits."""

    query: Text
    repo: Name
    path: Text | None = None
    symbol: Text | None = None
    top: Annotated[int, Field(ge=1, le=100)] = 10
    mode: Literal["hybrid", "raw", "summary", "exact", "symbol", "auto"] = "hybrid"


class Settings(Section):
    """All of repos.toml."""

    index: Index = Index()
    engine: Engine = Engine()
    embedding: Embedding = Embedding()
    summaries: Summaries = Summaries()
    schedule: Schedule = Schedule()
    notify: Notify = Notify()
    api: Api = Api()
    chain: Chain = Chain()
    repo: Annotated[tuple[Repository, ...], Field(strict=False)] = ()
    cards: Annotated[tuple[Cards, ...], Field(strict=False)] = ()
    golden: Annotated[tuple[Golden, ...], Field(strict=False)] = ()
