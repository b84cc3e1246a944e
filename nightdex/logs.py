"""Where log lines go: to standard error, coloured on a terminal, one JSON object a line elsewhere."""

from __future__ import annotations

import logging
import sys
from functools import partial
from typing import Any

from index_store.log import Log
from nightdex import journal

_PRIORITIES = {
    "critical": journal.CRITICAL,
    "error": journal.ERROR,
    "warning": journal.WARNING,
    "info": journal.INFO,
    "debug": journal.DEBUG,
}


def configure_logs(level: int = logging.WARNING) -> None:
    """Send what is of a level or worse to whatever standard error is at that moment."""
    import structlog  # noqa: PLC0415 - as long as a night takes that changes nothing

    terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=not terminal),
            *([] if terminal else [structlog.processors.dict_tracebacks]),
            structlog.dev.ConsoleRenderer()
            if terminal
            else partial(_json_line, structlog.processors.JSONRenderer(default=str)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Not PrintLoggerFactory: a live progress display replaces sys.stderr, and must see the lines.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def configure_logs_late() -> None:
    """The same before the first line of a `Log`; any other module's are configured by whoever imports it."""
    Log.configure = configure_logs


def _json_line(as_json: Any, logger: Any, name: str, event: Any) -> str:  # noqa: ANN401 - structlog's own types
    return journal.marked(str(as_json(logger, name, event)), _PRIORITIES[event["level"]], sys.stderr)
