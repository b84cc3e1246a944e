"""One writer at a time on an object store: a lock that ends by itself when its holder dies.

Its age is told by the store's clock alone; no two machines have to agree on the time. What it protects is
work, not the index: who lost the lease cannot publish, because CURRENT is swapped only as it was seen.
"""

from __future__ import annotations

import json
import secrets
import threading
from datetime import datetime
from typing import Self

from index_store.errors import (
    AlreadyIndexing,
    ConditionsIgnored,
    IndexStoreError,
    ObjectChanged,
    PublishedElsewhere,
)
from index_store.limits import LEASE_RENEWALS, LEASE_SECONDS
from index_store.log import Log
from index_store.objects import Objects

log = Log(__name__)

LOCK_NAME = "run.lock"
_CLOCK_NAME = "clock"


class Lease:
    """The right to write, for the length of a `with` block; renewed by a thread of its own.

    Raises:
        AlreadyIndexing: another machine holds it.
        ConditionsIgnored: this store would let two machines hold it.
        StoreError: it cannot be had.
    """

    def __init__(self, objects: Objects, holder: str, seconds: float = LEASE_SECONDS) -> None:
        """Take over from a holder that was silent for so many `seconds`."""
        self._objects = objects
        self._holder = holder
        self._token = secrets.token_hex(8)
        self._seconds = seconds
        self._renewals = 0
        self._mark = ""
        self._lost = ""
        self._renewing = threading.Lock()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep_renewing, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._mark = self._take()
        try:
            self._objects.create(LOCK_NAME, self._content())
        except ObjectChanged:
            self._thread.start()
            return self
        raise ConditionsIgnored(
            f"{self._objects.place} overwrites what it was asked to create (If-None-Match is ignored): two "
            "machines could publish over each other there; use an S3 server that knows conditional writes"
        )

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        try:
            with self._renewing:
                if not self._lost:
                    self._mark = self._objects.replace(LOCK_NAME, self._content(released=True), self._mark)
        except IndexStoreError as error:
            log.warning("the lock was not released: it ends by itself", reason=str(error))

    def renew(self) -> None:
        """Hold the lease for another while.

        Raises:
            PublishedElsewhere: another machine took it, after this one had been silent for too long.
            StoreError: the store cannot be asked; the lease may still be held.
        """
        with self._renewing:
            if not self._lost:
                self._renewals += 1
                try:
                    self._mark = self._objects.replace(LOCK_NAME, self._content(), self._mark)
                except ObjectChanged:
                    self._lost = f"another machine took over the lock of {self._objects.place}"
        if self._lost:
            raise PublishedElsewhere(f"{self._lost}: nothing was published here; run `nightdex run` again")

    def now(self) -> datetime:
        """What time it is by the store's clock."""
        self.renew()
        return self._objects.modified(LOCK_NAME)

    def _take(self) -> str:
        try:
            return self._objects.create(LOCK_NAME, self._content())
        except ObjectChanged:
            held = self._objects.read(LOCK_NAME)
        if held is None or self._is_over(held.content):
            try:
                return self._objects.replace(LOCK_NAME, self._content(), held.mark if held else "")
            except ObjectChanged:
                held = self._objects.read(LOCK_NAME)
        raise AlreadyIndexing(
            f"{_holder(held.content if held else b'')} is indexing into {self._objects.place}; wait for it "
            f"or stop it: a lock that is not renewed ends after {self._seconds:.0f} seconds"
        )

    def _is_over(self, content: bytes) -> bool:
        try:
            released = bool(json.loads(content)["released"])
        except (ValueError, KeyError, TypeError):
            released = False
        if released:
            return True
        self._objects.put(_CLOCK_NAME, b"")
        age = self._objects.modified(_CLOCK_NAME) - self._objects.modified(LOCK_NAME)
        return age.total_seconds() > self._seconds

    def _content(self, *, released: bool = False) -> bytes:
        # Every renewal differs, so that its mark does: who compares marks must not mistake it for the last.
        state = {
            "holder": self._holder,
            "token": self._token,
            "renewals": self._renewals,
            "released": released,
        }
        return json.dumps(state).encode()

    def _keep_renewing(self) -> None:
        complained = False
        while not self._done.wait(LEASE_SECONDS / LEASE_RENEWALS):
            try:
                self.renew()
                complained = False
            except PublishedElsewhere as error:
                log.warning("the lock was lost", reason=str(error))
                return
            except IndexStoreError as error:
                if not complained:
                    log.warning("the lock was not renewed", reason=str(error))
                complained = True


def _holder(content: bytes) -> str:
    try:
        return str(json.loads(content)["holder"])
    except (ValueError, KeyError, TypeError):
        return "another machine"
