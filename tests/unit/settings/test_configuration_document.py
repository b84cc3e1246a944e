from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from nightdex.settings import PriceSettings, Settings, TierSettings

DOCUMENT = (Path(__file__).parents[3] / "docs" / "CONFIGURATION.md").read_text()


def tables() -> dict[str, type[BaseModel]]:
    found: dict[str, type[BaseModel]] = {}
    for name, field in Settings.model_fields.items():
        models = [arg for arg in (field.annotation, *get_args(field.annotation)) if isinstance(arg, type)]
        found[name] = next(model for model in models if issubclass(model, BaseModel))
    return {**found, "chain.tiers.NAME": TierSettings, "chain.prices.MODEL": PriceSettings}


def section_of(name: str) -> str:
    match = re.search(rf"^## \[+{name}\]+\n(.*?)(?=^## |\Z)", DOCUMENT, re.DOTALL | re.MULTILINE)
    assert match, f"docs/CONFIGURATION.md has no section on {name}"
    return match[1]


@pytest.mark.parametrize("name", list(tables()))
def test_every_key_is_documented_and_every_documented_key_exists(name: str) -> None:
    documented = re.findall(r"^\| `(\w+)` \|", section_of(name), re.MULTILINE)
    assert documented == list(tables()[name].model_fields)


@pytest.mark.parametrize(
    "name", [name for name in tables() if name not in {"repo", "cards", "golden", "chain.prices.MODEL"}]
)
def test_the_documented_defaults_are_the_real_ones(name: str) -> None:
    for key, default in re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", section_of(name), re.MULTILINE):
        real = json.loads(tables()[name]().model_dump_json())[key]
        assert tomllib.loads(f"v = {default}")["v"] == real
