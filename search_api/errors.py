"""Errors of the search API. The docstring says what happened; the message says what to do.

SearchError
├── QueryError               the query cannot be understood (400, exit 2)
│   ├── QueryEmpty
│   ├── QueryTooLong
│   ├── QueryNotText         NUL or lone surrogates
│   ├── PatternInvalid       RE2 refused the pattern; the message carries its words
│   ├── ModeUnknown
│   ├── FilterInvalid
│   ├── LimitOutOfRange
│   ├── RegexNeedsExact
│   ├── PlaceInvalid         neither an id nor repo:path:line
│   └── SimilarToWhat        not exactly one of id, like and code
├── RequestError             the request never became a query
│   ├── BodyNotJson          400
│   ├── AccessRefused        401: who asks may not
│   │   ├── KeyMissing
│   │   ├── KeyRejected
│   │   └── KeyExpired
│   ├── OriginRefused        403
│   ├── RouteNotFound        404
│   ├── FileNotIndexed       404
│   ├── ChunkNotFound        404
│   ├── MethodNotAllowed     405
│   ├── BodyTooLarge         413
│   ├── MediaTypeUnsupported 415
│   ├── HostRefused          421
│   ├── RequestInvalid       422
│   └── TooManyRequests      429
├── IndexNotReady            nothing is published yet (503, exit 10)
├── SearchTimedOut           503
├── ServerBusy               503
├── KeysUnreadable           503, exit 1
├── LedgerUnreadable         503
├── InternalError            500
└── CommandError             met on the command line only
    ├── BindRefused          exit 12
    ├── AddressUnavailable   exit 1
    ├── KeyNotFound          exit 2
    └── KeyOptionInvalid     exit 2
"""

from __future__ import annotations


class SearchError(Exception):
    """Base of everything the search API raises on purpose."""

    code = "search_error"
    exit_status = 1
    http_status = 500
    retry_after_s: int | None = None


class QueryError(SearchError):
    """The query cannot be understood."""

    code = "query_invalid"
    exit_status = 2
    http_status = 400


class QueryEmpty(QueryError):
    """Nothing is left to search for once blanks and qualifiers are taken away."""

    code = "query_empty"


class QueryTooLong(QueryError):
    """The query is longer than a search can use."""

    code = "query_too_long"


class QueryNotText(QueryError):
    """The query holds something that is not text: NUL, or half of a surrogate pair."""

    code = "query_not_text"


class PatternInvalid(QueryError):
    """RE2 does not accept the pattern."""

    code = "pattern_invalid"


class ModeUnknown(QueryError):
    """There is no such mode."""

    code = "mode_unknown"


class FilterInvalid(QueryError):
    """A filter cannot be applied as written."""

    code = "filter_invalid"


class LimitOutOfRange(QueryError):
    """The page asked for is larger or further away than a search reaches."""

    code = "limit_out_of_range"


class RegexNeedsExact(QueryError):
    """A regular expression was asked for in a mode that has no use for one."""

    code = "regex_needs_exact"


class PlaceInvalid(QueryError):
    """What is to be looked up is neither the id of a chunk nor repo:path:line."""

    code = "place_invalid"


class SimilarToWhat(QueryError):
    """A search for similar code names none, or several ways, of what it is to be like."""

    code = "similar_to_what"


class RequestError(SearchError):
    """The request never became a query."""

    code = "request_error"
    exit_status = 2
    http_status = 400


class BodyNotJson(RequestError):
    """The body is not JSON as RFC 8259 has it: cut off, nested too deeply, NaN or infinity."""

    code = "body_not_json"


class AccessRefused(RequestError):
    """The one who asks may not."""

    code = "access_refused"
    http_status = 401


class KeyMissing(AccessRefused):
    """This server answers holders of a key only, and there is none with the request."""

    code = "key_missing"


class KeyRejected(AccessRefused):
    """The key is not one of ours, or was revoked."""

    code = "key_rejected"


class KeyExpired(AccessRefused):
    """The key was good once, and its time is over."""

    code = "key_expired"


class OriginRefused(RequestError):
    """A page of another site sent the request."""

    code = "origin_refused"
    http_status = 403


class RouteNotFound(RequestError):
    """There is nothing at this path."""

    code = "route_not_found"
    http_status = 404


class FileNotIndexed(RequestError):
    """The file is not in the index, or not in the caller's part of it."""

    code = "file_not_indexed"
    http_status = 404


class ChunkNotFound(RequestError):
    """There is no chunk of that id or at that place, or not in the caller's part of the index."""

    code = "chunk_not_found"
    http_status = 404


class MethodNotAllowed(RequestError):
    """The path exists and does not take this method."""

    code = "method_not_allowed"
    http_status = 405


class BodyTooLarge(RequestError):
    """The body is larger than any query."""

    code = "body_too_large"
    http_status = 413


class MediaTypeUnsupported(RequestError):
    """The body is not declared as JSON."""

    code = "media_type_unsupported"
    http_status = 415


class HostRefused(RequestError):
    """The request is addressed to a name that is not this server's."""

    code = "host_refused"
    http_status = 421


class RequestInvalid(RequestError):
    """A field is unknown, missing or of the wrong type."""

    code = "request_invalid"
    http_status = 422


class TooManyRequests(RequestError):
    """The key has asked more often than it may."""

    code = "too_many_requests"
    http_status = 429

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class IndexNotReady(SearchError):
    """No generation is open, or the open one does not answer."""

    code = "index_not_ready"
    exit_status = 10
    http_status = 503
    retry_after_s = 1


class SearchTimedOut(SearchError):
    """The search did not finish within its deadline."""

    code = "search_timed_out"
    http_status = 503
    retry_after_s = 1


class ServerBusy(SearchError):
    """As many searches as the machine can do are running, and enough are waiting."""

    code = "server_busy"
    http_status = 503
    retry_after_s = 1


class KeysUnreadable(SearchError):
    """The file with the keys cannot be read or written."""

    code = "keys_unreadable"
    http_status = 503
    retry_after_s = 1


class LedgerUnreadable(SearchError):
    """The ledger does not answer."""

    code = "ledger_unreadable"
    http_status = 503


class InternalError(SearchError):
    """A fault of ours; the log has the details."""

    code = "internal_error"
    http_status = 500


class CommandError(SearchError):
    """The command line asked for what cannot be done; no request meets it."""

    code = "command_error"


class BindRefused(CommandError):
    """The address is reachable from other machines, and nothing guards it."""

    code = "bind_refused"
    exit_status = 12


class AddressUnavailable(CommandError):
    """The address cannot be listened on: taken, or not ours."""

    code = "address_unavailable"


class KeyNotFound(CommandError):
    """There is no key of that id."""

    code = "key_not_found"
    exit_status = 2


class KeyOptionInvalid(CommandError):
    """A key cannot be made as asked for."""

    code = "key_option_invalid"
    exit_status = 2
