"""Fetch what our own questions ask about, pinned by hash: a folder for each of them, as --repos wants it.

`python -m benchmarks.own_sources DIR`, then `python -m benchmarks.retrieval --annotations
benchmarks/cases/retrieval --repos DIR`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.annotations import BadAnnotations, Repository, load_repositories
from training.packages import DEFAULT_CACHE, Package, fetch, read_files, read_packages

OWN = Path(__file__).parent / "cases" / "retrieval"


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch, unpack and check every source; exit 0 when each file that answers a question is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the sources go")
    parser.add_argument("--annotations", type=Path, default=OWN, metavar="DIR", help=argparse.SUPPRESS)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, metavar="DIR", help="archives, by hash")
    options = parser.parse_args(arguments)
    for repository, package in asked_packages(options.annotations):
        files = unpack(fetch(package, options.cache), options.folder / repository.name, repository)
        print(f"{repository.name} {package.version}: {files} files, {len(repository.questions)} questions")
    return 0


def asked_packages(annotations: Path = OWN) -> Iterator[tuple[Repository, Package]]:
    """Each repository that is asked about, with where its source comes from (sources.toml).

    Raises:
        BadAnnotations: sources.toml has no package of that name.
    """
    packages = {package.folder: package for package in read_packages(annotations / "sources.toml")}
    for repository in load_repositories(annotations):
        if repository.name not in packages:
            raise BadAnnotations(f"{annotations / 'sources.toml'} has no package {repository.name}")
        yield repository, packages[repository.name]


def unpack(archive: Path, folder: Path, repository: Repository) -> int:
    """Write those files of an archive that are indexed, in their places; how many there are.

    Raises:
        BadAnnotations: a file that answers a question is not among them, or one leads out of the folder.
    """
    inside = folder / repository.root
    written: set[str] = set()
    for path, content in read_files(archive):
        target = folder / path
        if not target.resolve().is_relative_to(folder.resolve()):
            raise BadAnnotations(f"{archive} holds {path}, which leads out of its folder")
        if target.is_relative_to(inside):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            written.add(path)
    for question in repository.questions:
        for answer in question.targets:
            if answer.path not in written:
                raise BadAnnotations(
                    f"{repository.name} has no {answer.path}, which answers {question.text!r}"
                )
    return len(written)


if __name__ == "__main__":
    sys.exit(main())
