"""Checks of Ollama: which models its hosts have, what they can do, and whether they fit the GPU."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from index_store.generations import serving_manifest
from model_chain.backends.ollama.installed import OllamaHost, look_at
from model_chain.errors import ModelError
from nightdex.configuration import Configuration
from nightdex.doctor.finding import Finding, Severity, ok, warning
from nightdex.doctor.sizes import gigabytes


@dataclass(frozen=True, slots=True)
class WantedModel:
    """A model that repos.toml names, and whether anything depends on Ollama having it."""

    name: str
    capability: str
    purpose: str
    needed: bool


def wanted_models(configuration: Configuration) -> Sequence[WantedModel]:
    """The models that Ollama is asked for, those included that "auto" may still choose at the first night."""
    settings = configuration.settings
    manifest = serving_manifest(configuration.state_dir)
    embedder = manifest.embedder.provider if manifest else ""
    summariser = manifest.summariser.provider if manifest and manifest.summariser else ""
    return [
        WantedModel(section.model, capability, purpose, needed="ollama" in {section.provider, recorded})
        for section, recorded, capability, purpose in (
            (settings.embedding, embedder, "embedding", "embeds"),
            (settings.summaries, summariser, "completion", "describes"),
        )
        if section.provider == "ollama" or (section.provider == "auto" and recorded in {"", "ollama"})
    ]


def check_ollama(configuration: Configuration) -> Iterator[Finding]:
    """Every host, its version and models; every configured model on it; what spills to the CPU."""
    wanted = wanted_models(configuration)
    if not wanted:
        yield ok("is not used: the models in the package are, until repos.toml says provider = 'ollama'")
        return
    urls = list(dict.fromkeys(configuration.settings.embedding.hosts))
    needed = any(model.needed for model in wanted)
    names = [model.name for model in wanted]
    with ThreadPoolExecutor(len(urls)) as pool:
        looks = list(pool.map(lambda url: _look(url, names), urls))
    for url, host in zip(urls, looks, strict=True):
        if isinstance(host, ModelError):
            found, _, remedy = str(host).partition("; ")
            yield _graded(found, remedy or "correct hosts in repos.toml", needed=needed, url=url)
            continue
        yield _listed(host)
        for model in wanted:
            yield from _check_model(host, model)
        yield from _check_memory(host)
    hosts = [host for host in looks if isinstance(host, OllamaHost)]
    for name in names:
        yield from _check_builds(hosts, name)


def _look(url: str, names: Sequence[str]) -> OllamaHost | ModelError:
    try:
        return look_at(url, names)
    except ModelError as failed:
        return failed


def _listed(host: OllamaHost) -> Finding:
    listed = ", ".join(f"{model.name}@{model.digest[:12]}" for model in host.models) or "no model"
    details: Mapping[str, object] = {
        "url": host.url,
        "version": host.version,
        "models": [asdict(model) for model in host.models],
        "loaded": [asdict(model) for model in host.loaded],
    }
    return Finding(Severity.OK, f"{host.url} is Ollama {host.version} with {listed}", details=details)


def _check_model(host: OllamaHost, wanted: WantedModel) -> Iterator[Finding]:
    installed = host.installed(wanted.name)
    if installed is None:
        command = f"OLLAMA_HOST={host.url} ollama pull {wanted.name}"
        yield _graded(
            f"{host.url} does not have {wanted.name}, which {wanted.purpose}",
            f"run `{command}`, or `nightdex doctor --pull`",
            needed=wanted.needed,
            url=host.url,
            model=wanted.name,
            pull=command,
        )
        return
    capabilities = host.capabilities.get(wanted.name)
    if capabilities is not None and wanted.capability not in capabilities:
        has = ", ".join(capabilities) or "nothing"
        found = f"{wanted.name} on {host.url} can do {has}, not {wanted.capability}"
        remedy = f"name another model where repos.toml has the one that {wanted.purpose}"
        yield _graded(found, remedy, needed=wanted.needed, url=host.url, model=wanted.name)
        return
    found = f"{wanted.name} {wanted.purpose} ({installed.digest[:12]}, {gigabytes(installed.size)})"
    yield ok(found, url=host.url, model=wanted.name, digest=installed.digest, capabilities=capabilities)


def _check_memory(host: OllamaHost) -> Iterator[Finding]:
    for model in host.loaded:
        if model.on_cpu:
            found = (
                f"{model.name} on {host.url} does not fit its GPU: {gigabytes(model.on_cpu)} of "
                f"{gigabytes(model.size)} are computed by the CPU, many times as slowly"
            )
            remedy = "free the GPU's memory (`ollama ps`, `nvidia-smi`), or choose a smaller model"
            yield warning(found, remedy, url=host.url, **asdict(model))


def _check_builds(hosts: Sequence[OllamaHost], name: str) -> Iterator[Finding]:
    builds = {host.url: model.digest for host in hosts if (model := host.installed(name))}
    if len(set(builds.values())) > 1:
        told = ", ".join(f"{digest[:12]} on {url}" for url, digest in builds.items())
        remedy = f"run `ollama pull {name}` on each: only hosts with one build of it share the work"
        yield warning(f"{name} is not the same everywhere: {told}", remedy, model=name, builds=builds)


def _graded(found: str, remedy: str, *, needed: bool, **details: object) -> Finding:
    """An error where something depends on it; otherwise "auto" does without."""
    severity = Severity.ERROR if needed else Severity.NOTE
    return Finding(severity, found, remedy, details)
