"""`nightdex run --engine ray`: what of repos.toml the engine on a cluster needs."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from nightdex.errors import RayMissing
from nightdex.models import NodeEmbedder

if TYPE_CHECKING:
    from index_store.schema import EmbedderRecord
    from indexer.embed import RowEmbedder
    from indexer.engine import Engine
    from nightdex.settings import Embedding

# Looked at when Ray is imported: with "0" all that it starts listens on a loopback address, as Ray has it on
# Windows and macOS.
LOOPBACK_ONLY = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"


def cluster_engine(
    address: str, settings: Embedding, record: EmbedderRecord
) -> Callable[[RowEmbedder], AbstractContextManager[Engine]]:
    """What opens the engine on the cluster at `address`, "" for one of this machine.

    Raises:
        RayMissing: it is not installed.
    """
    if not address:
        os.environ.setdefault(LOOPBACK_ONLY, "0")
    try:
        from indexer.cluster.ray_engine import ray_engine  # noqa: PLC0415 - Ray takes a second to import
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise RayMissing("Ray is not installed: pip install 'nightdex[ray]', on every node") from error
    return lambda rows: ray_engine(rows, address, NodeEmbedder(settings, record))
