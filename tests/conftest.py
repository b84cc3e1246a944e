"""In CI nothing is left out: a skipped test fails the run."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from index_store.log import Log

# Before any test imports Ray, which looks at them then: all that it starts listens on a loopback address, and
# asks for a token that is not the owner's.
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
os.environ["RAY_AUTH_MODE"] = "token"
os.environ["RAY_AUTH_TOKEN"] = "of-the-tests-alone-" * 3

# How long an example takes says how busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def ledger_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing that a test does is written into its owner's ledger."""
    os.environ["NIGHTDEX_LEDGER"] = str(tmp_path_factory.mktemp("ledger") / "ledger.sqlite3")


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A folder whose files every user may read: pytest makes its own private when any run begins."""
    before = os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="nightdex-open-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
    os.umask(before)


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A test that sets the logs up, as every command does, decides nothing for those after it."""
    yield
    structlog.reset_defaults()
    Log.configure = None


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.getplugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
