"""lancedb without the client of a REST catalogue, which it imports and we never call: half of its start-up.

lancedb needs the models of that client at import, and its `api`, a thousand validated methods, only for
`connect_namespace`. So the package is there from the beginning, and executed when it is asked for a name.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec
from typing import Any

_CLIENT = "lance_namespace_urllib3_client"


def defer_rest_client() -> None:
    """Keep the client's `__init__` from running until a name of it is used; its submodules import as ever."""
    spec = find_spec(_CLIENT)
    if _CLIENT in sys.modules or spec is None or spec.loader is None:
        return
    package, loader = module_from_spec(spec), spec.loader

    def whole(name: str) -> Any:  # noqa: ANN401 - whatever the package holds
        # Whoever goes over all modules for a `__warningregistry__` wants nothing of this one.
        if name.startswith("__") or package.__dict__.pop("__getattr__", None) is None:
            raise AttributeError(f"module {_CLIENT!r} has no attribute {name!r}")
        loader.exec_module(package)
        return getattr(package, name)

    package.__getattr__ = whole  # type: ignore[method-assign] # PEP 562
    sys.modules[_CLIENT] = package
