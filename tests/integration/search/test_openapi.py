"""The OpenAPI document holds: schemathesis makes requests from it, good and bad, against a real server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from model_chain.testing import FakeEmbedder
from search_api.app import create_app
from tests.pages import serving
from tests.shop import CARDS, ROWS, publish, shop_states

# Made-up requests for each operation, beside those that cover its schema one field at a time.
EXAMPLES = int(os.environ.get("NIGHTDEX_FUZZ_EXAMPLES", "5"))

# Not checked: that whatever fits the schema is accepted (it cannot say that a query must not be blank, or a
# pattern must compile; `parse_query` does, with a code for each), and that whatever does not is refused (in
# an address all values are text, so 0 may stand for false).
NOT_CHECKED = "positive_data_acceptance,negative_data_rejection"


@pytest.mark.timeout(3 * 60 * 60)
def test_no_request_gets_a_fault_or_a_reply_that_the_document_does_not_have(tmp_path: Path) -> None:
    publish(tmp_path / "state", [*ROWS, *CARDS], shop_states([*ROWS, *CARDS]))
    app = create_app(tmp_path / "state", lambda _: FakeEmbedder())
    with capture_logs() as lines, serving(app) as address:
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("st")), "run", f"{address}/openapi.json", "--no-color",
                "--max-examples", str(EXAMPLES), "--seed", "1", "--continue-on-failure",
                "--exclude-checks", NOT_CHECKED, "--suppress-health-check", "all",
            ],
            cwd=tmp_path, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)}, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    counted = re.search(r"(\d+) generated", done.stdout)
    assert counted, done.stdout
    print(f"{counted[1]} requests")  # noqa: T201 - the figure a release quotes
    assert int(counted[1]) > 300
    assert [line for line in lines if line["log_level"] == "error"] == []


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
