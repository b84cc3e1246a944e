"""Sizes as people read them."""

from __future__ import annotations


def gigabytes(size: int) -> str:
    """Bytes as "0.27 GB" or "9.0 GB"."""
    return f"{size / 1e9:.{2 if size < 1e9 else 1}f} GB"
