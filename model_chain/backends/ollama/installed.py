"""What one Ollama host has: its version, its models, and how much of a loaded one is outside the GPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ollama

from model_chain.backends.ollama.client import OllamaClient, translated_errors
from model_chain.limits import LOOK_SECONDS


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model as /api/tags lists it; `size` is in bytes."""

    name: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model as /api/ps lists it; what is not in the GPU's memory is computed by the CPU (bytes)."""

    name: str
    size: int
    size_vram: int

    @property
    def on_cpu(self) -> int:
        """Bytes that did not fit the GPU."""
        return max(0, self.size - self.size_vram)


@dataclass(frozen=True, slots=True)
class OllamaHost:
    """One host at one moment.

    Attributes:
        capabilities: what each of the models asked for can do, e.g. "embedding", by the name it was asked for
            with; a model that is not installed is missing, one of a server too old to tell has None.
    """

    url: str
    version: str
    models: tuple[InstalledModel, ...]
    loaded: tuple[LoadedModel, ...]
    capabilities: Mapping[str, tuple[str, ...] | None]

    def installed(self, model: str) -> InstalledModel | None:
        """The model of this name, None where it is not installed."""
        wanted = full_name(model)
        return next((one for one in self.models if one.name == wanted), None)


def full_name(model: str) -> str:
    """A model's name with its tag: "latest" is what Ollama adds."""
    return model if ":" in model.rpartition("/")[2] else f"{model}:latest"


def look_at(url: str, models: Sequence[str], read_seconds: float = LOOK_SECONDS) -> OllamaHost:
    """Ask a host what it has, and what the named models can do; this loads none.

    Raises:
        ModelError: it cannot be reached, or does not answer as Ollama does.
    """
    with OllamaClient(url, read_seconds) as client, translated_errors(url, ", ".join(models)):
        found = OllamaHost(
            url=url,
            version=client.version(),
            models=tuple(_installed(model) for model in client.list().models),
            loaded=tuple(_loaded(model) for model in client.ps().models),
            capabilities={},
        )
        there = [model for model in models if found.installed(model)]
        shown = {model: client.show(model).capabilities for model in there}
    told = {model: None if has is None else tuple(map(str, has)) for model, has in shown.items()}
    return OllamaHost(url, found.version, found.models, found.loaded, told)


def _installed(model: ollama.ListResponse.Model) -> InstalledModel:
    return InstalledModel(model.model or "", model.digest or "", int(model.size or 0))


def _loaded(model: ollama.ProcessResponse.Model) -> LoadedModel:
    return LoadedModel(model.model or model.name or "", int(model.size or 0), int(model.size_vram or 0))
