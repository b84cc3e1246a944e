"""Nights killed, loaded and disturbed: short in `make test`, long in `make soak`; see `scenarios.py`."""
