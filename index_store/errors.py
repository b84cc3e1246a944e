"""Errors of the index store. The docstring says what happened; the message says what to do.

IndexStoreError
├── NoIndex            nothing has been published yet (exit 10)
├── GenerationMissing  the generation asked for is not there
├── IndexDamaged       files or rows are not what was published
├── FormatTooNew       a newer nightdex wrote this index
├── FormatTooOld       an older nightdex wrote this index (exit 10)
├── RowInvalid         a row that must not be stored
├── VectorInvalid      a query vector the index cannot answer
└── CountsUnavailable  how often chunks were shown cannot be read or written; costs no search and no night
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
