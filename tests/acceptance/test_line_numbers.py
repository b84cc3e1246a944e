"""What the index says of lines is what `git show` shows: real bytes through git, intake, chunks and store."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.chunking.languages import language_of
from indexer.chunking.worker import chunk_text
from indexer.intake.decode import decode
from indexer.intake.skip import SkipReason
from indexer.sources.definition import SourceDefinition, SourceKind
from indexer.sources.opening import open_source
from tests.nights import World
from tests.repositories import commit

ROOT = Path(__file__).parents[2]
LINE = st.sampled_from(
    [
        b"def f():",
        b"    return 1",
        b"class A:",
        b"",
        b"x = '\xe9'",
        b"# \xe2\x80\xa8 separator",
        b"\x0c",
        b"# Title",
        b"a\rb",
    ]
)
CONTENT = st.tuples(st.lists(LINE, min_size=1, max_size=30), st.sampled_from([b"\n", b"\r\n"])).map(
    lambda drawn: drawn[1].join(drawn[0])
)


def shown_lines(folder: Path, name: str) -> list[bytes]:
    shown = subprocess.run(
        ["git", "-C", str(folder), "show", f"HEAD:{name}"], capture_output=True, check=True
    )
    return shown.stdout.split(b"\n")


def test_every_stored_chunk_of_this_projects_samples_is_those_lines_of_git_show(tmp_path: Path) -> None:
    world = World(tmp_path)
    samples = ROOT / "tests" / "golden" / "samples"
    files: dict[str, str | bytes | None] = {
        str(path.relative_to(samples)): path.read_bytes() for path in samples.rglob("*.*") if path.is_file()
    }
    world.commit("samples", files)
    world.night()
    stored = world.stored()
    assert {chunk.path for chunk in stored} == set(files)
    for chunk in stored:
        lines = shown_lines(world.folder("samples"), chunk.path)[chunk.start_line - 1 : chunk.end_line]
        assert chunk.text == b"\n".join(lines).decode()


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(content=CONTENT, name=st.sampled_from(["a.py", "a.md", "a.txt", "a.c"]))
def test_any_file_has_the_lines_of_git_show(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "repo")
        commit(folder, {name: content})
        source = open_source(SourceDefinition("r", SourceKind.REPOSITORY, str(folder)), Path(scratch))
        (entry,) = source.snapshot().entries
        ((_, data),) = source.read([entry])
        source.close()
        assert data is not None
        text = decode(entry, data)
        if isinstance(text, SkipReason):
            assert text in {SkipReason.EMPTY, SkipReason.BINARY}
            return
        shown = shown_lines(folder, name)
        for chunk in chunk_text(name, language_of(name, text), text):
            for offset, line in enumerate(chunk.text.split("\n")):
                raw = shown[chunk.start_line - 1 + offset].removesuffix(b"\r")
                assert len(line.strip()) > 0 or not raw.strip(b"\r \x0c")
                if raw.isascii() and b"\r" not in raw:
                    assert line == raw.decode()
