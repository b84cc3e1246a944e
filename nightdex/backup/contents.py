"""What a backup is: which files it has, and the list of them with their digests.

```
DEST/
├── backup.json            what this is, with the SHA-256 of every other file and of itself
├── generations/41/        the generation that served
├── nights/                the reports
├── summaries.sqlite       every description a model was asked for
├── keys.sqlite            hashes of the API keys, never the keys
├── shown.sqlite, carry_over.json
├── ledger.sqlite3         what the model chain cost
└── repos.toml             as it was; restoring leaves yours alone
```

Mirrors are not in it: the next night fetches them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from index_store.durable import write_durably
from index_store.manifest import sha256_of
from index_store.shown import SHOWN_NAME
from indexer.describer import CACHE_NAME
from nightdex.errors import BackupUnusable
from search_api.keys import FILE_NAME as KEYS_NAME

LIST_NAME = "backup.json"
FORMAT = 1

# In the state directory, and beside the ledger's own place.
DATABASES = (CACHE_NAME, KEYS_NAME, SHOWN_NAME)
LEDGER_NAME = "ledger.sqlite3"
GENERATIONS = "generations"
CONFIGURATION_NAME = "repos.toml"


@dataclass(frozen=True, slots=True)
class Backup:
    """The list of a backup. `files` gives size in bytes and SHA-256 by relative name."""

    generation: int
    made_at: str
    host: str
    version: str
    files: Mapping[str, tuple[int, str]]
    format: int = FORMAT

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(size for size, _ in self.files.values())


def write_list(folder: Path, backup: Backup) -> None:
    """Write the list durably, with a checksum of itself."""
    body = asdict(backup)
    document = {"backup": body, "sha256": _digest(body)}
    write_durably(folder / LIST_NAME, json.dumps(document, indent=1, sort_keys=True).encode())


def read_list(folder: Path) -> Backup:
    """Read the list of a backup.

    Raises:
        BackupUnusable: it is none, is damaged, or a newer nightdex made it.
    """
    try:
        document: dict[str, Any] = json.loads((folder / LIST_NAME).read_bytes())
        body = document["backup"]
        made_by, whole = body["format"], document["sha256"] == _digest(body)
    except OSError as error:
        raise BackupUnusable(
            f"{folder} is no backup: {LIST_NAME} cannot be read ({error.strerror})"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BackupUnusable(f"{folder} is no backup: {LIST_NAME} is damaged; use another one") from error
    if isinstance(made_by, int) and made_by > FORMAT:
        raise BackupUnusable(
            f"{folder} has format {made_by} and was made by nightdex {body.get('version')}; this one reads "
            f"up to {FORMAT}: upgrade nightdex"
        )
    if not whole:
        raise BackupUnusable(f"{folder / LIST_NAME} was changed after it was written; use another backup")
    files = {name: (size, digest) for name, (size, digest) in body.pop("files").items()}
    return Backup(files=files, **body)


def problems_of(folder: Path, backup: Backup) -> Iterator[str]:
    """Read every byte of a backup; a sentence for each file that is not what was written."""
    for name, (size, digest) in sorted(backup.files.items()):
        path = folder / name
        try:
            if path.stat().st_size != size:
                yield f"{name} has {path.stat().st_size} bytes instead of {size}"
            elif sha256_of(path) != digest:
                yield f"{name} was changed: its SHA-256 differs"
        except OSError as error:
            yield f"{name} cannot be read: {error.strerror}"


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
