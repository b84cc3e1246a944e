from __future__ import annotations

import pytest

from model_chain.backends.ollama.prefixes import prefixes_of


@pytest.mark.parametrize(
    ("model", "scheme"),
    [
        ("nomic-embed-text", "nomic@1"),
        ("someone/nomic-embed-text-v2-moe:latest", "nomic@1"),
        ("hf.co/nomic-ai/Nomic-Embed-Code-GGUF:Q4_K_M", "nomic-code@1"),
        ("mxbai-embed-large", "passages@1"),
        ("snowflake-arctic-embed:22m", "passages@1"),
        ("snowflake-arctic-embed2", "arctic2@1"),
        ("qwen3-embedding:0.6b", "qwen3@1"),
        ("all-minilm", "none@1"),
        ("bge-m3", "none@1"),
    ],
)
def test_a_model_gets_the_prefixes_of_its_family(model: str, scheme: str) -> None:
    assert prefixes_of(model).scheme == scheme


def test_a_model_nobody_knows_is_given_the_bare_text() -> None:
    unknown = prefixes_of("my-own-model")
    assert (unknown.document, unknown.query) == ("", "")
