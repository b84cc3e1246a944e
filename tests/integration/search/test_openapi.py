"""The OpenAPI document holds: schemathesis makes requests from it, good and bad, against a real server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from model_chain.testing import FakeEmbedder
from search_api.app import create_app
from tests.pages import serving
from tests.shop import CARDS, ROWS, api, publish, shop_states

# Made-up requests for each operation, beside those that cover its schema one field at a time.
EXAMPLES = int(os.environ.get("NIGHTDEX_FUZZ_EXAMPLES", "5"))
SEED = os.environ.get("NIGHTDEX_FUZZ_SEED", "1")

# Not checked: that whatever fits the schema is accepted (it cannot say that a query must not be blank, or a
# pattern must compile; `parse_query` does, with a code for each), and that whatever does not is refused (in
# an address all values are text, so 0 may stand for false).
NOT_CHECKED = "positive_data_acceptance,negative_data_rejection"

# What is no request: no JSON, JSON that only Python has, too deep, too large, and JSON of the wrong shape.
BODIES = (b"\0", b"[NaN]", b"[" * 100_000, b" " * 200_000, b"[]", b"null", b"{}", b"7")


@pytest.mark.timeout(3 * 60 * 60)
def test_no_request_gets_a_fault_or_a_reply_that_the_document_does_not_have(tmp_path: Path) -> None:
    publish(tmp_path / "state", [*ROWS, *CARDS], shop_states([*ROWS, *CARDS]))
    app = create_app(tmp_path / "state", lambda _: FakeEmbedder())
    with capture_logs() as lines, serving(app) as address:
        said, failed = run_shown(
            [
                str(Path(sys.executable).with_name("st")), "run", f"{address}/openapi.json", "--no-color",
                "--max-examples", str(EXAMPLES), "--seed", SEED, "--continue-on-failure",
                "--exclude-checks", NOT_CHECKED, "--suppress-health-check", "all",
            ],
            tmp_path,
        )  # fmt: skip
    assert not failed, said
    counted = re.search(r"(\d+) generated", said)
    assert counted, said
    assert int(counted[1]) > 300
    assert [line for line in lines if line["log_level"] == "error"] == []


def run_shown(command: list[str], folder: Path) -> tuple[str, int]:
    """What a long command says, shown line by line to whoever looks (`pytest -s`), and its exit status."""
    said = []
    with subprocess.Popen(
        command, cwd=folder, env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as running:  # fmt: skip
        assert running.stdout
        for line in running.stdout:
            print(line, end="")  # noqa: T201 - minutes of silence look like a hang
            said.append(line)
    return "".join(said), running.returncode


@pytest.mark.anyio
async def test_whatever_a_body_is_the_document_has_the_reply(tmp_path: Path) -> None:
    publish(tmp_path, ROWS, shop_states(ROWS))
    async with api(tmp_path) as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
        for path, body, kind in product(paths, BODIES, ("application/json", "text/plain")):
            for method in paths[path].keys() & {"post", "put", "patch", "delete"}:
                reply = await client.request(method, path, content=body, headers={"Content-Type": kind})
                assert str(reply.status_code) in paths[path][method]["responses"], (path, reply.text)


def test_every_request_has_an_example(tmp_path: Path) -> None:
    document = create_app(tmp_path, lambda _: FakeEmbedder()).openapi()
    without = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            required = [one for one in operation.get("parameters", ()) if one.get("required")]
            without += [
                f"{method} {path}: {one['name']}" for one in required if not _has_example(one, document)
            ]
            if "requestBody" in operation:
                body = operation["requestBody"]["content"]["application/json"]
                if not _has_example(body, document):
                    without.append(f"{method} {path}: body")
    assert without == []


def _has_example(place: dict[str, Any], document: dict[str, Any]) -> bool:
    schema = place["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if any("example" in found or "examples" in found for found in (place, schema)):
        return True
    needed = [schema["properties"][name] for name in schema.get("required", ())]
    return bool(needed) and all("example" in one or "examples" in one for one in needed)
