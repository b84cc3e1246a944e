from __future__ import annotations

import hashlib
import io
import re
import tarfile
from pathlib import Path

import pytest

from training.packages import HashMismatch, Package, fetch, read_files, read_packages
from training.sources import _JUDGED_ON, _is_left_out

PINNED = read_packages(Path(__file__).parents[3] / "training" / "packages.toml")
PERMISSIVE = re.compile(r"MIT|BSD|Apache|ISC|BSL-1.0|HPND|Zlib|PSF|Python|Unlicense")
ARCHIVE_HOSTS = ("https://deb.debian.org/debian/pool/main/", "https://files.pythonhosted.org/packages/")


def tarball(path: Path, **files: bytes) -> Package:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"top/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return Package(
        "debian", "sample", "1", "MIT", hashlib.sha256(path.read_bytes()).hexdigest(), path.as_uri()
    )


@pytest.mark.parametrize("package", PINNED, ids=lambda package: package.name)
def test_every_package_is_pinned_by_hash_and_permissively_licensed(package: Package) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", package.sha256)
    assert PERMISSIVE.search(package.licence)
    assert "GPL" not in package.licence
    assert not package.url or package.url.startswith(ARCHIVE_HOSTS)


def test_no_repository_of_the_benchmark_is_trained_on() -> None:
    names = {part for package in PINNED for part in re.split(r"[-_./@]", package.name.lower())}
    assert not names & set(_JUDGED_ON)


def test_every_package_is_named_once() -> None:
    assert len({(package.registry, package.name) for package in PINNED}) == len(PINNED)


def test_vendored_copies_are_left_out() -> None:
    assert _is_left_out("pip/_vendor/requests/api.py")
    assert _is_left_out("include/fmt/core.h")
    assert _is_left_out("src/monolog.php")
    assert not _is_left_out("src/format/core.h")


def test_an_archive_is_fetched_once_and_read_without_its_top_folder(tmp_path: Path) -> None:
    package = tarball(tmp_path / "sample.tar.gz", a=b"one", b=b"two")
    cached = fetch(package, tmp_path / "cache")
    (tmp_path / "sample.tar.gz").unlink()
    assert fetch(package, tmp_path / "cache") == cached
    assert list(read_files(cached)) == [("a", b"one"), ("b", b"two")]


def test_other_bytes_than_pinned_are_refused_and_not_kept(tmp_path: Path) -> None:
    package = tarball(tmp_path / "sample.tar.gz", a=b"one")
    tarball(tmp_path / "sample.tar.gz", a=b"changed")
    with pytest.raises(HashMismatch):
        fetch(package, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())
