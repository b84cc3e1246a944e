"""Errors of the index store. The docstring says what happened; the message says what to do.

IndexStoreError
├── NoIndex            nothing has been published yet (exit 10)
├── GenerationMissing  the generation asked for is not there
├── IndexDamaged       files or rows are not what was published
├── FormatTooNew       a newer nightdex wrote this index
├── FormatTooOld       an older nightdex wrote this index (exit 10)
├── RowInvalid         a row that must not be stored
├── VectorInvalid      a query vector the index cannot answer
├── CountsUnavailable  how often chunks were shown cannot be read or written; costs no search and no night
├── AlreadyIndexing    another machine is writing to the object store (exit 11)
├── PublishedElsewhere another machine published meanwhile; what it did stays
└── StoreError         the object store that holds the index cannot be used
    ├── StoreUnreachable   its server does not answer
    ├── StoreDenied        it refuses this machine's credentials, or there are none
    ├── StoreMissing       there is no such bucket
    ├── StoreFailed        it answers with an error of its own
    ├── ClockSkewed        this machine's clock is too far from the store's
    ├── ConditionsIgnored  it does not know conditional writes
    └── ObjectChanged      a conditional write was refused; the store's users turn it into one of the above
"""

from __future__ import annotations


class IndexStoreError(Exception):
    """Base of everything the store raises on purpose."""

    code = "index_store_error"
    exit_status = 1


class NoIndex(IndexStoreError):
    """Nothing has been published yet."""

    code = "no_index"
    exit_status = 10


class GenerationMissing(IndexStoreError):
    """The generation asked for was never published, or was pruned."""

    code = "generation_missing"


class IndexDamaged(IndexStoreError):
    """Files or rows of a generation are not what was published."""

    code = "index_damaged"


class FormatTooNew(IndexStoreError):
    """The index was written by a newer nightdex."""

    code = "format_too_new"


class FormatTooOld(IndexStoreError):
    """The index was written by an older nightdex; the next night builds it anew."""

    code = "format_too_old"
    exit_status = 10


class RowInvalid(IndexStoreError):
    """A row breaks a promise of `ChunkRow`; nothing of its batch was stored."""

    code = "row_invalid"


class VectorInvalid(IndexStoreError):
    """A query vector has the wrong dimension, is zero, or holds NaN or infinity."""

    code = "vector_invalid"
    exit_status = 2


class CountsUnavailable(IndexStoreError):
    """The counts of what searches showed cannot be read or written."""

    code = "counts_unavailable"


class AlreadyIndexing(IndexStoreError):
    """Another machine holds the right to write to the object store."""

    code = "already_running"
    exit_status = 11


class PublishedElsewhere(IndexStoreError):
    """Another machine published, or went back, while this one was indexing; what it did stays."""

    code = "published_elsewhere"


class StoreError(IndexStoreError):
    """The object store that holds the index cannot be used."""

    code = "store_error"


class StoreUnreachable(StoreError):
    """The server of the object store does not answer."""

    code = "store_unreachable"


class StoreDenied(StoreError):
    """The object store refuses this machine's credentials, or there are none."""

    code = "store_denied"


class StoreMissing(StoreError):
    """There is no such bucket."""

    code = "store_missing"


class StoreFailed(StoreError):
    """The object store answers with an error of its own."""

    code = "store_failed"


class ClockSkewed(StoreError):
    """This machine's clock is too far from that of the object store."""

    code = "clock_skewed"


class ConditionsIgnored(StoreError):
    """The object store overwrites what it was asked to create."""

    code = "conditions_ignored"


class ObjectChanged(StoreError):
    """A conditional write was refused: the object is not what it was when it was read."""

    code = "object_changed"
