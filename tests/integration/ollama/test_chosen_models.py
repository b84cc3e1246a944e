"""Which models `auto` and the record choose, against a server that speaks Ollama's wire format."""

from __future__ import annotations

from contextlib import closing

import pytest

from index_store.schema import EmbedderRecord, SummariserRecord
from model_chain.errors import ModelChanged, ModelMissing, ModelUnavailable
from model_chain.protocol import Fingerprint
from nightdex.models import embedders_of, night_embedder, night_summariser
from nightdex.settings import Embedding, Summaries
from tests.servers.scripted_ollama import CHAT_MODEL, DIMENSION, EMBED_MODEL, NOMIC, QWEN, ScriptedOllama

NOBODY = "http://127.0.0.1:1"
RECORD = EmbedderRecord("ollama", EMBED_MODEL, NOMIC.digest, DIMENSION, "nomic@1")
EMBEDDED = EmbedderRecord("embedded", "whatever", "0" * 64, 256, "none@1")


def settings(url: str, provider: str = "auto", model: str = EMBED_MODEL) -> Embedding:
    return Embedding.model_validate({"provider": provider, "model": model, "hosts": [url]})


def chosen(settings: Embedding, recorded: EmbedderRecord | None) -> Fingerprint:
    with closing(night_embedder(settings, recorded)) as embedder:
        return embedder.fingerprint


def fingerprint(record: EmbedderRecord) -> Fingerprint:
    return Fingerprint(record.provider, record.model, record.digest, record.dimension, record.prefix_scheme)


def test_auto_takes_ollama_where_a_host_has_the_model(server: ScriptedOllama) -> None:
    assert chosen(settings(server.url), None) == fingerprint(RECORD)
    assert server.model.loads == []


@pytest.mark.parametrize("reason", ["no host", "no model"])
def test_auto_takes_the_model_in_the_package_otherwise(server: ScriptedOllama, reason: str) -> None:
    asked = settings(NOBODY) if reason == "no host" else settings(server.url, model="mxbai-embed-large")
    assert chosen(asked, None).provider == "embedded"


def test_what_auto_once_chose_stays_chosen(server: ScriptedOllama) -> None:
    assert chosen(settings(server.url), EMBEDDED).provider == "embedded"
    assert chosen(settings(NOBODY), RECORD) == fingerprint(RECORD)
    server.model.models.clear()
    assert chosen(settings(server.url), RECORD) == fingerprint(RECORD)


def test_a_provider_that_is_named_wins_over_the_record(server: ScriptedOllama) -> None:
    assert chosen(settings(server.url, "ollama"), EMBEDDED).provider == "ollama"
    assert chosen(settings(server.url, "embedded"), RECORD).provider == "embedded"


def test_another_build_of_the_model_is_another_embedder(server: ScriptedOllama) -> None:
    before = EmbedderRecord("ollama", EMBED_MODEL, "f" * 64, DIMENSION, "nomic@1")
    assert chosen(settings(server.url), before) == fingerprint(RECORD)


def test_a_named_ollama_that_never_answered_is_an_error(server: ScriptedOllama) -> None:
    with pytest.raises(ModelUnavailable, match="start Ollama"):
        night_embedder(settings(NOBODY, "ollama"), None)
    with pytest.raises(ModelMissing, match="ollama pull mxbai-embed-large"):
        night_embedder(settings(server.url, "ollama", "mxbai-embed-large"), RECORD)


def test_a_recorded_embedder_heals_when_its_host_comes_back() -> None:
    with ScriptedOllama() as server:
        port = server.port
    with closing(embedders_of(settings(f"http://127.0.0.1:{port}"))(RECORD)) as embedder:
        with pytest.raises(ModelUnavailable):
            embedder.embed_query("where is f")
        with ScriptedOllama(port=port):
            assert embedder.embed_query("where is f").shape == (DIMENSION,)


def test_a_generation_is_never_queried_with_another_build_of_its_model(server: ScriptedOllama) -> None:
    other = EmbedderRecord("ollama", EMBED_MODEL, "f" * 64, DIMENSION, "nomic@1")
    with closing(embedders_of(settings(server.url))(other)) as embedder, pytest.raises(ModelChanged):
        embedder.embed_query("where is f")
    assert server.count("/api/embed") == 0


def test_a_generation_with_other_prefixes_is_not_queried(server: ScriptedOllama) -> None:
    other = EmbedderRecord("ollama", EMBED_MODEL, NOMIC.digest, DIMENSION, "none@1")
    with pytest.raises(ModelMissing, match="nightdex run"):
        embedders_of(settings(server.url))(other)


def test_a_query_that_is_too_long_is_cut_by_a_recorded_embedder_too(server: ScriptedOllama) -> None:
    server.model.characters_per_token = 1.0
    with closing(embedders_of(settings(server.url))(RECORD)) as embedder:
        assert embedder.embed_query("where " * 2000).shape == (DIMENSION,)


def describer(url: str, provider: str, recorded: SummariserRecord | None) -> tuple[str, str] | None:
    """Model and digest of who describes, None where nobody does."""
    chosen = night_summariser(Summaries.model_validate({"provider": provider}), [url], recorded)
    if chosen is None:
        return None
    with chosen:
        return chosen.model, chosen.digest


EXTRACTIVE = SummariserRecord("extractive", "extractive@1", "")
DESCRIBER = SummariserRecord("ollama", CHAT_MODEL, QWEN.digest)


def test_who_describes_is_chosen_once_too(server: ScriptedOllama) -> None:
    assert describer(server.url, "auto", None) == (CHAT_MODEL, QWEN.digest)
    assert describer(NOBODY, "auto", None) is None
    assert describer(server.url, "auto", EXTRACTIVE) is None
    assert describer(server.url, "ollama", EXTRACTIVE) == (CHAT_MODEL, QWEN.digest)
    assert describer(server.url, "extractive", DESCRIBER) is None


def test_a_describer_whose_host_is_down_is_kept_and_its_cache_with_it() -> None:
    assert describer(NOBODY, "auto", DESCRIBER) == (CHAT_MODEL, QWEN.digest)
    assert describer(NOBODY, "ollama", None) == (CHAT_MODEL, "")
