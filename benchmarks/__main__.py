"""`python -m benchmarks` names what can be measured."""

import importlib
import pkgutil

import benchmarks

if __name__ == "__main__":
    for module in pkgutil.iter_modules(benchmarks.__path__):
        if not module.name.startswith("_"):
            promise = (importlib.import_module(f"benchmarks.{module.name}").__doc__ or "").splitlines()[0]
            print(f"python -m benchmarks.{module.name:12} {promise}")
