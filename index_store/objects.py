"""One folder of an object store: small objects that are compared and swapped, files that come and go.

Everything the store says to a client goes through `_translated`: callers see `index_store.errors` alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    NotModifiedError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from index_store.errors import (
    ClockSkewed,
    ObjectChanged,
    StoreDenied,
    StoreFailed,
    StoreMissing,
    StoreUnreachable,
)
from index_store.limits import STORE_CONNECT_SECONDS, STORE_PATIENCE_SECONDS, STORE_REQUEST_SECONDS

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config

    from index_store.place import Place

# As the SDKs of Amazon name them, the first that is set counts.
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")

# Where a machine of a cloud is asked for credentials when the environment holds none.
_MACHINE_CREDENTIALS = "169.254.169.254"


@dataclass(frozen=True, slots=True)
class Held:
    """The content of a small object, and the mark that says whether it was changed since."""

    content: bytes
    mark: str


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a listing shows it; `modified` is by the store's clock."""

    key: str
    size: int
    modified: datetime


class Objects:
    """The objects below one place. Thread-safe. What may heal is tried again."""

    def __init__(self, place: Place, patience: float = STORE_PATIENCE_SECONDS) -> None:
        """Take endpoint, region and credentials from the environment; `patience` is in seconds."""
        self.place = place
        endpoint = _first(_ENDPOINTS)
        config: S3Config = {"bucket": place.bucket, "region": _first(_REGIONS) or "us-east-1"}
        if endpoint:
            config["endpoint"] = endpoint.rstrip("/")
        client: ClientConfig = {
            "allow_http": endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=STORE_CONNECT_SECONDS),
            "timeout": timedelta(seconds=STORE_REQUEST_SECONDS),
        }
        self._store = S3Store(
            prefix=place.prefix or None,
            config=config,
            client_options=client,
            retry_config={"retry_timeout": timedelta(seconds=patience)},
        )
        self._endpoint = endpoint or f"Amazon S3 ({config['region']})"

    def read(self, key: str) -> Held | None:
        """A small object, None where there is none."""
        with self._translated(key):
            try:
                found = obstore.get(self._store, key)
                return Held(bytes(found.bytes()), found.meta["e_tag"] or "")
            except FileNotFoundError as error:
                self._refuse_missing_bucket(error)
                return None

    def changed(self, key: str, mark: str) -> bool:
        """Whether an object is another one than when it had this mark; the cheapest question there is."""
        with self._translated(key):
            try:
                obstore.get(self._store, key, options={"if_none_match": mark})
            except NotModifiedError:
                return False
            except FileNotFoundError:
                return True
            return True

    def create(self, key: str, content: bytes) -> str:
        """Write an object that is not there yet; returns its mark.

        Raises:
            ObjectChanged: it is there.
        """
        with self._translated(key):
            return obstore.put(self._store, key, content, mode="create")["e_tag"] or ""

    def replace(self, key: str, content: bytes, mark: str) -> str:
        """Write an object if it still has this mark; returns the new one.

        Raises:
            ObjectChanged: somebody else wrote it since.
        """
        with self._translated(key):
            return obstore.put(self._store, key, content, mode={"e_tag": mark})["e_tag"] or ""

    def put(self, key: str, content: bytes) -> None:
        """Write a small object, whatever was there."""
        with self._translated(key):
            obstore.put(self._store, key, content)

    def upload(self, key: str, path: Path) -> None:
        """Write a file, whatever was there."""
        with self._translated(key):
            obstore.put(self._store, key, path)

    def stream(self, key: str) -> Iterator[bytes]:
        """The content of a large object, piece by piece.

        Raises:
            FileNotFoundError: there is none.
        """
        with self._translated(key):
            for piece in obstore.get(self._store, key).stream():
                yield bytes(piece)

    def list(self, prefix: str) -> Iterator[Listed]:
        """Every object whose key begins with `prefix`, a folder."""
        with self._translated(prefix):
            for page in obstore.list(self._store, prefix):
                for one in page:
                    yield Listed(one["path"], one["size"], one["last_modified"])

    def modified(self, key: str) -> datetime:
        """When an object was written, by the store's clock.

        Raises:
            FileNotFoundError: there is none.
        """
        with self._translated(key):
            when: datetime = obstore.head(self._store, key)["last_modified"]
            return when

    def delete(self, keys: Collection[str]) -> None:
        """Delete objects; one that is gone already is no error."""
        if keys:
            with self._translated(next(iter(keys))):
                obstore.delete(self._store, sorted(keys))

    @contextmanager
    def _translated(self, key: str) -> Iterator[None]:
        try:
            yield
        except (AlreadyExistsError, PreconditionError) as error:
            raise ObjectChanged(f"{self.place}/{key} was written by somebody else meanwhile") from error
        except FileNotFoundError as error:
            self._refuse_missing_bucket(error)
            raise
        except (PermissionDeniedError, UnauthenticatedError) as error:
            self._refuse(key, error)
        except BaseError as error:
            self._fail(error)

    def _refuse_missing_bucket(self, error: FileNotFoundError) -> None:
        if "NoSuchBucket" in str(error):
            raise StoreMissing(
                f"there is no bucket {self.place.bucket!a} at {self._endpoint}: "
                "make it, or correct state_dir in repos.toml"
            ) from error

    def _refuse(self, key: str, error: BaseError) -> NoReturn:
        said = str(error)
        if "RequestTimeTooSkewed" in said:
            raise ClockSkewed(
                f"{self._endpoint} refuses requests because this machine's clock is more than a quarter of "
                "an hour from its own: set the clock, for instance with `timedatectl set-ntp true`"
            ) from error
        known = re.search(r"<Code>(\w+)</Code>", said)
        raise StoreDenied(
            f"{self._endpoint} refuses {self.place}/{key} ({known[1] if known else 'access denied'}): check "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that the key may read, write, list and delete"
        ) from error

    def _fail(self, error: BaseError) -> NoReturn:
        said = str(error)
        if _MACHINE_CREDENTIALS in said:
            raise StoreDenied(
                f"there are no credentials for {self.place}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            ) from error
        if "error sending request" in said or "error decoding response" in said:
            raise StoreUnreachable(
                f"{self._endpoint} does not answer: see that it runs and that AWS_ENDPOINT_URL names it"
            ) from error
        first = re.sub(r"\s+", " ", said.partition("Debug source")[0]).strip()
        raise StoreFailed(f"{self._endpoint} failed: {first}; run it again, or ask who keeps it") from error


def _first(names: tuple[str, ...]) -> str:
    return next((os.environ[name] for name in names if os.environ.get(name)), "")
