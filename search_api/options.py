"""What the front door decides about the API and hands to `create_app`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """Everything optional; each default is what one person on one machine needs."""


DEFAULT_OPTIONS = ApiOptions()
