"""`python -m nightdex` is the `nightdex` command."""

from nightdex.cli import main

if __name__ == "__main__":
    main()
