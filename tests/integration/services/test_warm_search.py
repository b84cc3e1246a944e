"""`nightdex search` prints the same whether a server answers it or not."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from index_store.schema import Vector
from model_chain.errors import ModelUnavailable
from model_chain.testing import FakeEmbedder
from nightdex import __main__, warm
from nightdex.failures import INTERRUPTED, PIPE_CLOSED
from nightdex.logs import configure_logs
from nightdex.warm import search_warm
from search_api.socket_file import HEARD, SOCKET_NAME, socket_address
from tests.warm import answering, configure, publish_embedded

SHOP_LINE = "shop:src/auth/session.py:42"


@dataclass(frozen=True)
class Printed:
    out: str
    err: str
    status: object


Run = Callable[..., Printed]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An index with a server over it, and the repos.toml beside it. Not to be changed."""
    folder = tmp_path_factory.mktemp("home")
    publish_embedded(folder / "state")
    with answering(configure(folder)):
        yield folder


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `nightdex search` in this process, beside the repos.toml; what it printed, times left out."""
    monkeypatch.chdir(home)
    configure_logs()  # the server is in this process too, and has a log

    def run(*arguments: str) -> Printed:
        monkeypatch.setattr(sys, "argv", ["nightdex", "search", *arguments])
        with pytest.raises(SystemExit) as end:
            __main__.main()
        out, err = capsys.readouterr()
        return Printed(timeless(out), err, end.value.code)

    return run


def timeless(out: str) -> str:
    """Without what may differ: how long it took."""
    out = re.sub(r'"took_ms": [\d.]+', '"took_ms": 0', out)
    return re.sub(r"in \d+ ms", "in 0 ms", out)


ANSWERED = [
    ["expired token"],
    ["expired token", "--json"],
    ["expired token", "--vimgrep"],
    ["Session.refresh()", "--mode", "raw", "--json"],
    ["renews a token", "--mode=summary"],
    ["refresh", "--mode", "symbol", "--vimgrep"],
    ["token", "--mode", "exact"],
    ["self.store", "--mode", "exact", "--vimgrep"],
    [r"re\w+", "--mode", "exact", "--regex", "--json"],
    ["def f(token): return store.exchange(token)", "--mode", "similar"],
    ["why does a session expire, and how should we redesign it?", "--mode", "auto", "--json"],
    ["refresh_token", "--mode", "auto"],
    ["--like", SHOP_LINE],
    ["--like", SHOP_LINE, "--repo", "bank", "--json"],
    ["token", "--repo", "shop", "--repo", "bank", "--lang", "go"],
    ["token", "--path", "src/", "--kind", "method", "--json"],
    ["token repo:shop -path:tests lang:python"],
    ["token", "--limit", "2", "--offset", "1"],
    ["token session store", "--max-tokens", "300"],
    ["nothing repo:nowhere", "--json"],
    ["nothing repo:nowhere"],
    ["Größe 大小 \x1b[31m \u202e"],
    ["--", "--json"],
    ["token", "--config", "repos.toml"],
    ["--config=./repos.toml", "token"],
]
REFUSED = [
    ["(", "--mode", "exact", "--regex"],
    ["(", "--mode", "exact", "--regex", "--json"],
    ["--like", "nowhere:src/a.py:1"],
    ["--like", "no place", "--json"],
]
LEFT_ALONE = [
    [],
    [""],
    ["token", "--mode", "nonsense"],
    ["token", "--limit", "0", "--json"],
    ["token", "--limit", "many"],
    ["token", "--nonsense"],
    ["token", "more"],
    ["token", "--json", "--vimgrep"],
    ["token", "--like", SHOP_LINE],
    ["not \udcff text"],
    ["token", "--config", "nowhere.toml"],
    ["token", "--config"],
    ["--repo", "--config", "token"],
    ["--help"],
]


@pytest.mark.parametrize("arguments", [*ANSWERED, *REFUSED, *LEFT_ALONE], ids=" ".join)
def test_a_server_prints_byte_for_byte_what_the_command_would(run: Run, arguments: list[str]) -> None:
    assert run(*arguments) == run("--no-server", *arguments)


@pytest.mark.parametrize("arguments", [*ANSWERED, *REFUSED], ids=" ".join)
def test_what_can_be_answered_is_answered_by_the_server(
    home: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(home)
    assert search_warm(arguments) == (0 if arguments in ANSWERED else 2)
    assert search_warm(["--no-server", *arguments]) is None


@pytest.mark.parametrize("arguments", LEFT_ALONE, ids=" ".join)
def test_a_command_line_with_an_error_is_left_to_the_command(
    home: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(home)
    assert search_warm(arguments) is None


@pytest.mark.parametrize("environ", [{"TERM": "xterm-256color"}, {"TERM": "xterm", "NO_COLOR": "1"}])
def test_a_terminal_sees_the_same_colours(home: Path, environ: dict[str, str]) -> None:
    warm_bytes, cold_bytes = (
        on_terminal([*more, "expired token"], home, environ) for more in ([], ["--no-server"])
    )
    assert warm_bytes == cold_bytes
    assert (b"\x1b[1;36m" in warm_bytes) == ("NO_COLOR" not in environ)


def on_terminal(arguments: Sequence[str], folder: Path, environ: dict[str, str]) -> bytes:
    """What a terminal of 40 columns receives from a search."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["sh", "-c", 'stty cols 40; exec "$@"', "sh", sys.executable, "-m", "nightdex", "search", *arguments],
        cwd=folder, env={**os.environ, **environ}, stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    received = b""
    try:
        while more := os.read(ours, 65536):
            received += more
    except OSError:
        pass  # how a terminal ends
    os.close(ours)
    assert process.wait(timeout=30) == 0
    return timeless(received.decode()).encode()


def test_the_quick_way_imports_nothing_that_takes_time(home: Path) -> None:
    code = (
        "import sys\nfrom nightdex.warm import search_warm\nassert search_warm(['token', '--json']) == 0\n"
        "heavy = {'typer', 'click', 'pydantic', 'rich', 'structlog', 'lancedb', 'numpy', 'asyncio'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    root = str(Path(__main__.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=home, env={"PYTHONPATH": root}, capture_output=True, check=True
    )
    assert done.stderr.decode().strip() == "[]"


@pytest.mark.parametrize(
    "toml",
    [
        '[index]\nstate_dir = "elsewhere"\n',
        '[index]\nstate_dir = "state"\n[embedding]\nhosts = ["http://127.0.0.1:9"]\n',
        '[index]\nstate_dir = "state"\nunknown = 1\n',
        "[index]\nstate_dir = 3\n",
        "[index\n",
        "index = 3\n",
    ],
)  # fmt: skip
def test_another_configuration_is_left_to_the_command(home: Path, run: Run, toml: str) -> None:
    file = home / "other.toml"
    file.write_text(toml)
    assert search_warm(["token", "--config", str(file)]) is None
    assert run("token", "--config", str(file)) == run("token", "--no-server", "--config", str(file))


def test_a_variable_that_changes_the_configuration_counts(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("NIGHTDEX_INDEX__STATE_DIR", str(home / "elsewhere"))
    assert search_warm(["token"]) is None
    monkeypatch.setenv("NIGHTDEX_INDEX__STATE_DIR", str(home / "state"))
    monkeypatch.setenv("NIGHTDEX_NONSENSE__KEY", "1")
    assert search_warm(["token"]) is None
    monkeypatch.delenv("NIGHTDEX_NONSENSE__KEY")
    monkeypatch.setenv("NIGHTDEX_API__PORT", "4711")
    assert search_warm(["token"]) == 0
    assert "Session.refresh" in capsys.readouterr().out


def test_a_server_of_another_nightdex_does_not_answer(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setattr(warm, "installation", lambda: ["/usr/lib/nightdex/__init__.py", 1])
    assert search_warm(["token"]) is None


def test_a_generation_just_published_is_what_is_searched(tmp_path: Path, run: Run) -> None:
    publish_embedded(tmp_path / "state")
    file = configure(tmp_path)
    with answering(file):
        for number in range(2, 5):
            publish_embedded(tmp_path / "state")
            answer = json.loads(run("token", "--json", "--config", str(file)).out)
            assert answer["index"]["generation"] == number


def test_an_answer_that_lacks_something_is_left_to_the_command(tmp_path: Path) -> None:
    class Silent(FakeEmbedder):
        def embed_query(self, text: str) -> Vector:
            raise ModelUnavailable(f"nobody is there for {text}")

    publish_embedded(tmp_path / "state")
    file = configure(tmp_path)
    with answering(file, embedder_for=lambda _: Silent()):
        assert search_warm(["token", "--config", str(file)]) is None
        assert search_warm(["token", "--mode", "exact", "--config", str(file)]) == 0


@pytest.mark.parametrize(
    "says", [b"", HEARD, HEARD + b'{"out": "half', HEARD + b"{}", HEARD + b"[]", b"HTTP"]
)
def test_a_server_that_breaks_off_is_not_relied_upon(
    tmp_path: Path, says: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    file = configure(tmp_path)
    with strange_server(tmp_path / "state", says):
        assert search_warm(["token", "--config", str(file)]) is None
    assert capsys.readouterr().out == ""


def test_a_server_that_is_stuck_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = configure(tmp_path)
    monkeypatch.setattr(warm, "HEARD_S", 0.05)
    (tmp_path / "state").mkdir()
    with socket.socket(socket.AF_UNIX) as stuck, socket_address(tmp_path / "state") as address:
        stuck.bind(address)
        stuck.listen()
        assert search_warm(["token", "--config", str(file)]) is None


def test_an_interrupted_search_ends_as_every_command_does(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.chdir(home)
    monkeypatch.setattr(warm, "is_same_user", interrupt)
    assert search_warm(["token"]) == INTERRUPTED
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_has_seen_enough_is_no_traceback(home: Path) -> None:
    nobody, ours = os.pipe()
    os.close(nobody)
    command = [sys.executable, "-m", "nightdex", "search", "token"]
    done = subprocess.run(command, cwd=home, stdout=ours, stderr=subprocess.PIPE, check=False)
    os.close(ours)
    assert (done.returncode, done.stderr) == (PIPE_CLOSED, b"")


class strange_server:  # noqa: N801 - reads like a function where it is used
    """Listens where a server would, takes one question, says something and hangs up."""

    def __init__(self, state_dir: Path, says: bytes) -> None:
        state_dir.mkdir()
        self._says = says
        self._socket = socket.socket(socket.AF_UNIX)
        with socket_address(state_dir) as address:
            self._socket.bind(address)
        self._socket.listen()
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        connected, _ = self._socket.accept()
        with connected, connected.makefile("rb") as sent:
            sent.readline()
            connected.sendall(self._says)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exception: object) -> None:
        self._thread.join(timeout=20)
        self._socket.close()


def test_a_real_server_takes_its_socket_away_and_a_killed_one_is_passed_over(tmp_path: Path) -> None:
    publish_embedded(tmp_path / "state")
    file = configure(tmp_path)
    path = tmp_path / "state" / SOCKET_NAME
    for sent, left in ((signal.SIGKILL, True), (signal.SIGTERM, False)):
        with real_server(file) as process:  # the second in place of what the first has left
            assert search_warm(["token", "--config", str(file)]) == 0
            process.send_signal(sent)
            process.wait(timeout=20)
        assert path.is_socket() == left
        assert search_warm(["token", "--config", str(file)]) is None


class real_server:  # noqa: N801 - reads like a function where it is used
    """`nightdex serve` in a process of its own, ready."""

    def __init__(self, file: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "nightdex", "serve", "--config", str(file)],
            env={**os.environ, "NIGHTDEX_API__PORT": str(port)}, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stderr is not None
        address = next(line.split()[-1] for line in self._process.stderr if line.startswith("serving on"))
        assert httpx.get(f"{address}/readyz", timeout=30).status_code == 200

    def __enter__(self) -> subprocess.Popen[str]:
        return self._process

    def __exit__(self, *exception: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=20)
