"""The log of a module in which most nights have nothing to say, without the time to import structlog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar


class Log:
    """The lines of one module, through structlog, which is imported for the first of them.

    Attributes:
        configure: called once before that, None for nothing; for whoever starts the process to set.
    """

    configure: ClassVar[Callable[[], None] | None] = None

    def __init__(self, name: str) -> None:
        self._name = name

    def info(self, event: str, **values: object) -> None:
        """Say what happened."""
        self._lines().info(event, **values)

    def warning(self, event: str, **values: object) -> None:
        """Say what did not go well."""
        self._lines().warning(event, **values)

    def _lines(self) -> Any:  # noqa: ANN401 - structlog's own type
        import structlog  # noqa: PLC0415 - the point of this class

        configure, Log.configure = Log.configure, None
        if configure is not None:
            configure()
        return structlog.get_logger(self._name)
