"""What lancedb imports in vain is not loaded, and is whole for whoever wants it."""

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


def test_what_stands_for_a_model_of_it_becomes_that_model_when_it_is_used() -> None:
    script = (
        "import sys, index_store, lancedb, pydantic\n"
        "from lance_namespace import CreateTableRequest as Request\n"
        "print('lance_namespace_urllib3_client.models.create_table_request' in sys.modules)\n"
        "print(Request(id=['a']).id, isinstance(Request(id=['a']), Request), isinstance(3, Request))\n"
        "print(Request.model_fields['id'].is_required(), hasattr(Request, '__origin__'))\n"
        "try: Request(id=3)\n"
        "except pydantic.ValidationError as error: print(error.error_count())"
    )
    assert _python(script).splitlines() == ["False", "['a'] True False", "False False", "1"]


def test_a_version_of_lancedb_that_builds_upon_a_model_of_it_fails_at_once() -> None:
    script = (
        "import index_store\n"
        "from lance_namespace import CreateTableRequest as Request\n"
        "try: type('Ours', (Request,), {})\n"
        "except TypeError as error: print(error)"
    )
    assert "Ours is derived from a model of lancedb's REST client" in _python(script)


def test_a_name_that_is_no_model_of_it_where_one_should_be_brings_all_models() -> None:
    script = (
        "import index_store, lance_namespace_urllib3_client.models as models\n"
        "before = models.CreateTableRequest\n"
        "print(hasattr(models, 'Nothing'), before is models.CreateTableRequest)\n"
        "print(models.CreateTableRequest(id=['a']).id)"
    )
    assert _python(script).splitlines() == ["False False", "['a']"]


def test_lancedb_comes_without_its_embedding_functions_and_has_them_when_they_are_asked_for() -> None:
    script = (
        "import sys, index_store, lancedb\n"
        "print('lancedb.embeddings.openai' in sys.modules, 'lancedb.embeddings.registry' in sys.modules)\n"
        "from lancedb.embeddings import EmbeddingFunctionRegistry as registry, OpenAIEmbeddings\n"
        "print(registry.get_instance().get('openai') is OpenAIEmbeddings, registry.__module__)"
    )
    assert _python(script).splitlines() == ["False True", "True lancedb.embeddings.registry"]


def test_lancedb_marks_its_overrides_and_does_not_check_them() -> None:
    script = (
        "import sys, index_store, lancedb\n"
        "print(lancedb.db.LanceDBConnection.open_table.__override__, 'overrides.signature' in sys.modules)\n"
        "import overrides; overrides.final; print(overrides.override.__module__)"
    )
    if sys.version_info < (3, 12):  # later ones have no such package
        assert _python(script).splitlines() == ["True False", "overrides.overrides"]
