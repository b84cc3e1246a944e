"""lancedb's REST client is not loaded, and is whole for whoever wants it."""

from __future__ import annotations

import subprocess
import sys


def _python(script: str) -> str:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    return done.stdout.strip()


def test_lancedb_comes_without_the_methods_of_its_rest_client() -> None:
    script = "import sys, index_store, lancedb; print('lance_namespace_urllib3_client.api' in sys.modules)"
    assert _python(script) == "False"


def test_a_name_of_the_rest_client_brings_all_of_it() -> None:
    script = "import index_store, lance_namespace_urllib3_client as c; print(c.ApiClient, c.TableApi)"
    assert _python(script).count("class") == 2


def test_a_name_that_the_rest_client_does_not_have_is_an_error() -> None:
    script = (
        "import index_store, lance_namespace_urllib3_client as c\n"
        "for _ in range(2):\n"
        "    for name in ('__nothing__', 'nothing'):\n"
        "        try: getattr(c, name)\n"
        "        except AttributeError as error: print(error)"
    )
    said = _python(script).splitlines()
    assert len(said) == 4
    assert all("nothing" in line for line in said)


def test_its_models_validate_though_they_were_not_built_for_it() -> None:
    script = (
        "import index_store, lancedb, pydantic\n"
        "from lance_namespace_urllib3_client.models import CreateTableRequest as Request\n"
        "print(Request.__pydantic_complete__, pydantic.BaseModel.model_config, Request(id=['a']).id)\n"
        "try: Request(id=3)\n"
        "except pydantic.ValidationError as error: print(error.error_count())"
    )
    assert _python(script).splitlines() == ["False {} ['a']", "1"]


def test_lancedb_marks_its_overrides_and_does_not_check_them() -> None:
    script = (
        "import sys, index_store, lancedb\n"
        "print(lancedb.db.LanceDBConnection.open_table.__override__, 'overrides.signature' in sys.modules)\n"
        "import overrides; overrides.final; print(overrides.override.__module__)"
    )
    if sys.version_info < (3, 12):  # later ones have no such package
        assert _python(script).splitlines() == ["True False", "overrides.overrides"]
