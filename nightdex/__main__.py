"""`nightdex` and `python -m nightdex`. Worker processes import this module too, and need nothing of it."""

from __future__ import annotations

from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and exit with its status."""
    from nightdex.cli import main as run  # noqa: PLC0415 - see above

    run()


if __name__ == "__main__":
    main()
