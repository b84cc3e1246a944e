"""`nightdex` and `python -m nightdex`. Worker processes import this module too, and need nothing of it."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and exit with its status."""
    if sys.argv[1:2] == ["search"]:
        from nightdex.warm import search_warm  # noqa: PLC0415 - see above

        if (status := search_warm(sys.argv[2:])) is not None:
            sys.exit(status)
    from nightdex.cli import main as run  # noqa: PLC0415 - see above

    run()


if __name__ == "__main__":
    main()
