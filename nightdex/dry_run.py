"""`nightdex run --dry-run`: what is due, how long it takes, and how many nights."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from indexer.forecast import Forecast, forecast_night
from model_chain.backends.extractive import ExtractiveSummariser
from nightdex.night import prepared
from nightdex.settings import Settings

MINUTES_OF_A_DAY = 24 * 60


def dry_run_command(file: Path, only: Sequence[str], *, as_json: bool) -> int:
    """Write what a night would do; no model is asked, and the index stays as it is.

    Raises:
        ConfigurationError, UnknownRepository, IndexerError, IndexStoreError, ModelError: it cannot be said.
    """
    with prepared(file, only) as night:
        forecast = forecast_night(
            night.options, night.embedder, ExtractiveSummariser(), night.progress, night.describer
        )
        hours = hours_of_describing(night.settings)
        nights = forecast.nights(hours, night.settings.summaries.max_per_night)
        describes = night.describer is not None
    if as_json:
        json.dump({**forecast.as_json(), "hours_per_night": hours, "nights": nights}, sys.stdout)
        sys.stdout.write("\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in told(forecast, hours, nights, describes=describes))
    return 0


def hours_of_describing(settings: Settings) -> float:
    """From the beginning of a night to its deadline, over midnight if need be."""
    begin, end = (_minutes(clock) for clock in (settings.schedule.at, settings.summaries.deadline))
    return ((end - begin) % MINUTES_OF_A_DAY or MINUTES_OF_A_DAY) / 60


def _minutes(clock: str) -> int:
    hour, minute = map(int, clock.split(":"))
    return hour * 60 + minute


def told(forecast: Forecast, hours: float, nights: int, *, describes: bool) -> list[str]:
    """The forecast for a person."""
    source = "measured" if forecast.measured else "assumed until a night has measured it"
    lines = [
        f"{forecast.files} files to read, {forecast.chunks} chunks to write",
        f"embeddings due: {forecast.embeddings}, {duration(forecast.embedding_hours)}",
    ]
    if describes:
        rate = f"{forecast.seconds_per_description:.2g} s each ({source})"
        saved = f"{forecast.trivial} chunks too short, {forecast.identical} identical to another one"
        lines += [
            f"descriptions due: {forecast.descriptions}, {duration(forecast.description_hours)} at {rate}",
            f"not asked for: {saved}, {forecast.known} known before",
            f"nights of {hours:.2g} h: {nights or 'never, max_per_night is 0'}",
        ]
    lines += [f"failed: {name}: {reason}" for name, reason in forecast.failed.items()]
    lines.append("nothing was asked of a model, and the index is as it was")
    return lines


def duration(hours: float) -> str:
    """Hours in their most readable unit: "36 h", "12 min", "5 s"."""
    for unit, length in (("h", 1.0), ("min", 1 / 60)):
        if hours >= 2 * length:
            return f"{hours / length:.0f} {unit}"
    return f"{hours * 3600:.0f} s"
