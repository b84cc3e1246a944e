"""lancedb without what its import does in vain: more than half of its start-up.

It imports the client of a REST catalogue, needs its models at import, and its `api`, a thousand validated
methods, only for `connect_namespace`. So the package is there from the beginning, and executed when it is
asked for a name; its models are used by nobody, so pydantic builds what validates one when that changes.

It checks, by reading bytecode, that its own methods override what they say, until Python 3.12, under which it
does without.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

_CLIENT = "lance_namespace_urllib3_client"
_MODELS = f"{_CLIENT}.models"
_CHECKS = "overrides"


def defer_rest_client() -> None:
    """Keep the client's `__init__` and its models from running until a name of them is used."""
    if _defer(_CLIENT, lambda execute: execute()) is not None:
        _defer(_MODELS, _without_validators)


def skip_override_checks() -> None:
    """Let `override` mark a method and nothing more; any other name brings the package that checks."""
    if (package := _defer(_CHECKS, lambda execute: execute())) is not None:
        package.override = _marked  # type: ignore[attr-defined]
        package.EnforceOverrides = _Unchecked  # type: ignore[attr-defined]


class _Unchecked:
    """What a class inherits from whose methods are not checked."""


def _marked(method: Any) -> Any:  # noqa: ANN401 - whatever is decorated
    method.__override__ = True
    return method


def _defer(name: str, run: Callable[[Callable[[], None]], None]) -> ModuleType | None:
    """Put a package where its importers find it; `run` executes it at the first name that it is asked for."""
    spec = find_spec(name) if name not in sys.modules else None
    if spec is None or spec.loader is None:
        return None
    package, loader = module_from_spec(spec), spec.loader

    def whole(wanted: str) -> Any:  # noqa: ANN401 - whatever the package holds
        # Whoever goes over all modules for a `__warningregistry__` wants nothing of this one.
        if wanted.startswith("__") or package.__dict__.pop("__getattr__", None) is None:
            raise AttributeError(f"module {name!r} has no attribute {wanted!r}")
        run(lambda: loader.exec_module(package))
        return getattr(package, wanted)

    package.__getattr__ = whole  # type: ignore[method-assign] # PEP 562
    sys.modules[name] = package
    return package


def _without_validators(execute: Callable[[], None]) -> None:
    from pydantic import BaseModel, ConfigDict  # noqa: PLC0415 - only where lancedb is imported, which does too

    before = BaseModel.model_config
    BaseModel.model_config = ConfigDict(defer_build=True)
    try:
        execute()
    finally:
        BaseModel.model_config = before
