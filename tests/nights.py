"""A small world for whole-night tests: real git repositories and a real index below one folder."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from index_store.reader import Reader
from indexer.night_options import DescriptionLimits, NightOptions, no_failpoint
from indexer.night_report import NightReport
from indexer.nightly import run_night
from indexer.sources.definition import SourceDefinition, SourceKind
from model_chain.backends.extractive import ExtractiveSummariser
from model_chain.protocol import Embedder
from model_chain.summary_cache import VersionedSummariser
from model_chain.testing import FakeEmbedder
from tests.repositories import commit


@dataclass
class World:
    """Repositories by name below `root`/code and one state directory beside them."""

    root: Path
    names: list[str] = field(default_factory=list)
    kinds: dict[str, SourceKind] = field(default_factory=dict)
    embedder: FakeEmbedder = field(default_factory=FakeEmbedder)

    @property
    def state(self) -> Path:
        return self.root / "state"

    def folder(self, name: str) -> Path:
        return self.root / "code" / name

    def commit(self, name: str, files: Mapping[str, str | bytes | None]) -> str:
        if name not in self.names:
            self.names.append(name)
        return commit(self.folder(name), files)

    def sources(self) -> tuple[SourceDefinition, ...]:
        return tuple(
            SourceDefinition(name, self.kinds.get(name, SourceKind.REPOSITORY), str(self.folder(name)))
            for name in self.names
        )

    def night(
        self,
        *,
        only: tuple[str, ...] = (),
        accept_vanished: bool = False,
        failpoint: Callable[[str], None] = no_failpoint,
        embedder: Embedder | None = None,
        describer: VersionedSummariser | None = None,
        limits: DescriptionLimits | None = None,
    ) -> NightReport:
        options = NightOptions(
            self.state,
            self.sources(),
            frozenset(only),
            accept_vanished,
            workers=1,
            descriptions=limits or DescriptionLimits(),
            failpoint=failpoint,
        )
        return run_night(options, embedder or self.embedder, ExtractiveSummariser(), describer=describer)

    def symbols(self) -> set[tuple[str, str, str]]:
        """Every (repo, path, symbol) that the current generation serves, read through a real reader."""
        return {(c.repo, c.path, c.symbol) for c in self.stored()}

    def stored(self):  # type: ignore[no-untyped-def]  # noqa: ANN201 - the reader's own row type
        async def read():  # type: ignore[no-untyped-def]  # noqa: ANN202
            reader = await Reader.open(self.state)
            try:
                return await reader.chunks(range(len(reader.catalogue)))
            finally:
                await reader.close()

        return asyncio.run(read())
