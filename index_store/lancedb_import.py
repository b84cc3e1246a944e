"""lancedb without what its import does in vain: more than half of its start-up.

It imports the client of a REST catalogue, whose `api`, a thousand validated methods, only `connect_namespace`
needs: so the package is there from the beginning, and executed when it is asked for a name. It also imports a
hundred models of that client by name, to say what methods take that nobody calls: each is a class that stands
for the model until one is made, or asked for anything.

It imports every embedding function that it knows, of twenty makers, for two classes that none of them need.

It checks, by reading bytecode, that its own methods override what they say, until Python 3.12, under which it
does without.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

_CLIENT = "lance_namespace_urllib3_client"
_MODELS = f"{_CLIENT}.models"
_CHECKS = "overrides"
_EMBEDDINGS = "lancedb.embeddings"

# What lancedb itself takes from its embedding functions, and the module that has it.
_WITHOUT_FUNCTIONS = {"EmbeddingFunctionConfig": "base", "EmbeddingFunctionRegistry": "registry"}

# `FtsQuery` is in `fts_query`.
_BEFORE_CAPITAL = re.compile(r"(?<=.)(?=[A-Z])")


def defer_rest_client() -> None:
    """Keep the client's `__init__` and its models from running until they are used."""
    if _defer(_CLIENT) is not None:
        _defer(_MODELS, _stand_in)


def defer_embedding_functions() -> None:
    """Keep the functions by which lancedb would embed from being imported until one of them is asked for."""
    _defer(_EMBEDDINGS, _without_functions)


def skip_override_checks() -> None:
    """Let `override` mark a method and nothing more; any other name brings the package that checks."""
    if (package := _defer(_CHECKS)) is not None:
        package.override = _marked  # type: ignore[attr-defined]
        package.EnforceOverrides = _Unchecked  # type: ignore[attr-defined]


@contextmanager
def models_built_late() -> Iterator[None]:
    """Let pydantic build what validates a model that is defined in the block when it is first needed."""
    from pydantic import BaseModel, ConfigDict  # noqa: PLC0415 - only where lancedb is imported, which does too

    before = BaseModel.model_config
    BaseModel.model_config = ConfigDict(defer_build=True)
    try:
        yield
    finally:
        BaseModel.model_config = before


class _Unchecked:
    """What a class inherits from whose methods are not checked."""


def _marked(method: Any) -> Any:  # noqa: ANN401 - whatever is decorated
    method.__override__ = True
    return method


class _StandIn(type):
    """The class of what stands for a model: the model is imported once one is made, compared or asked."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> _StandIn:
        if bases:
            raise TypeError(f"{name} is derived from a model of lancedb's REST client: see {__name__}")
        return super().__new__(cls, name, bases, namespace)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the model is called
        return cls._model()(*args, **kwargs)

    def __getattr__(cls, name: str) -> Any:  # noqa: ANN401 - whatever the model has
        if name.startswith("__"):  # typing and pydantic look for protocols that no model is asked for by name
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
        return getattr(cls._model(), name)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls._model())

    def _model(cls) -> type:
        model: type = getattr(import_module(cls.__module__), cls.__name__)
        return model


def _stand_in(name: str) -> type | None:
    """What stands for the model of that name; None where there is no model where it should be."""
    module = f"{_MODELS}.{_BEFORE_CAPITAL.sub('_', name).lower()}"
    return _StandIn(name, (), {"__module__": module}) if find_spec(module) else None


def _without_functions(name: str) -> type | None:
    module = _WITHOUT_FUNCTIONS.get(name)
    return getattr(import_module(f"{_EMBEDDINGS}.{module}"), name) if module else None


def _defer(name: str, stand_in: Callable[[str], Any] = lambda _: None) -> ModuleType | None:
    """Put a package where its importers find it; it is executed at the first name that nothing stands for."""
    spec = _find(name) if name not in sys.modules else None
    if spec is None or spec.loader is None:
        return None
    package, loader = module_from_spec(spec), spec.loader

    def find(wanted: str) -> Any:  # noqa: ANN401 - whatever the package holds
        # Whoever goes over all modules for a `__warningregistry__` wants nothing of this one.
        if wanted.startswith("__"):
            raise AttributeError(f"module {name!r} has no attribute {wanted!r}")
        if (found := stand_in(wanted)) is not None:
            setattr(package, wanted, found)
            return found
        if package.__dict__.pop("__getattr__", None) is None:
            raise AttributeError(f"module {name!r} has no attribute {wanted!r}")
        loader.exec_module(package)
        return getattr(package, wanted)

    package.__getattr__ = find  # type: ignore[method-assign] # PEP 562
    sys.modules[name] = package
    return package


def _find(name: str) -> ModuleSpec | None:
    """As `find_spec`, which would import the package that a package is in."""
    outer, _, _ = name.rpartition(".")
    if not outer:
        return find_spec(name)
    around = find_spec(outer)
    return PathFinder.find_spec(name, around.submodule_search_locations) if around else None
