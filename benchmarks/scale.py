"""What 400, 4,000 and 40,000 repositories cost: hours, nodes and dollars, calculated from measured rates.

    python -m benchmarks.ray --repos ~/code --json cluster.json
    python -m benchmarks.scale cluster.json [--node-cores 16] [--node-price 0.68] [--hours 3]

Everything that is measured comes from the JSON that `benchmarks.ray` writes, as processor time, which a busy
machine does not stretch; everything that is assumed is an option and is printed. The model: chunks grow with
repositories; workers share their work evenly; what the driver does for each chunk it does on one core, one
after another; what is stored goes over its network.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SIZES = (400, 4_000, 40_000)

# What a description by a chat model takes until a night has measured it: as the forecast of a night assumes.
SECONDS_PER_DESCRIPTION = 2.5

SECONDS_PER_DAY = 86_400
REQUESTS_PER_MILLION = 1e6


@dataclass(frozen=True, slots=True)
class Assumed:
    """What nobody measured; each is an option of the command."""

    node_cores: int
    node_price: float
    hours: float
    network: float
    servers: int
    changed: float


@dataclass(frozen=True, slots=True)
class Rates:
    """Measured, for one chunk or one repository."""

    chunks_per_repository: float
    worker_cpu: float
    driver_cpu: float
    publish_cpu: float
    index_bytes: float
    resident_bytes: float


@dataclass(frozen=True, slots=True)
class Night:
    """One size, calculated. Hours but for what says otherwise."""

    repositories: int
    chunks: float
    nodes: int
    working: float
    driver: float
    publishing: float
    dollars: float
    changed_hours: float
    index_gigabytes: float
    memory_gigabytes: float
    upload_minutes: float
    description_days: float

    @property
    def hours(self) -> float:
        """Of the whole first night: the slower of workers and driver, then what follows."""
        return max(self.working, self.driver) + self.publishing + self.upload_minutes / 60


def rates_of(found: dict[str, Any]) -> Rates:
    """What `benchmarks.ray` measured, for one chunk."""
    chunks = found["chunks"]
    alone = found["alone"]
    return Rates(
        chunks_per_repository=chunks / found["repositories"],
        # More than a node's share: this machine alone also read and stored while it embedded.
        worker_cpu=(alone["helpers_cpu_seconds"] + alone["cpu_seconds"]["repositories"]) / chunks,
        driver_cpu=found["cluster"]["driver_cpu_seconds"]["repositories"] / chunks,
        publish_cpu=alone["cpu_seconds"]["publish"] / chunks,
        index_bytes=found["index_bytes"] / chunks,
        resident_bytes=found["resident_bytes"] / chunks,
    )


def night_of(repositories: int, rates: Rates, assumed: Assumed) -> Night:
    """One size, with as many nodes as the hours ask for, but no more than the driver can keep busy."""
    chunks = repositories * rates.chunks_per_repository
    processor_hours = chunks * rates.worker_cpu / 3600
    driver = chunks * rates.driver_cpu / 3600
    publishing = chunks * rates.publish_cpu / 3600
    nodes = max(1, math.ceil(processor_hours / assumed.node_cores / max(assumed.hours, driver)))
    working = processor_hours / (nodes * assumed.node_cores)
    upload = chunks * rates.index_bytes / assumed.network / 60
    hours = max(working, driver) + publishing + upload / 60
    return Night(
        repositories,
        chunks,
        nodes,
        working,
        driver,
        publishing,
        (nodes * max(working, driver) + hours) * assumed.node_price,
        max(working, driver) * assumed.changed + publishing + upload / 60,
        chunks * rates.index_bytes / 1e9,
        chunks * rates.resident_bytes / 1e9,
        upload,
        chunks * SECONDS_PER_DESCRIPTION / SECONDS_PER_DAY,
    )


def told(found: dict[str, Any], assumed: Assumed) -> str:
    """Rates, assumptions and the table."""
    rates = rates_of(found)
    nights = [night_of(size, rates, assumed) for size in SIZES]
    polls = assumed.servers * SECONDS_PER_DAY * 30 / REQUESTS_PER_MILLION
    terms = (
        f"nodes of {assumed.node_cores} cores at ${assumed.node_price:.2f} an hour",
        f"the workers done within {assumed.hours:g} hours",
        f"{assumed.network / 1e6:.0f} MB/s to the store",
        f"{assumed.changed:.0%} changed in a later night",
        f"one chat model at {SECONDS_PER_DESCRIPTION} s a description",
    )
    columns = (
        "repositories", "chunks", "nodes", "workers h", "driver h", "publish h", "upload min",
        "first night h", "$", "later night h", "index GB", "memory GB", "descriptions, GPU-days",
    )  # fmt: skip
    lines = [
        f"measured on {found['machine']}: {found['repositories']} repositories, {found['chunks']} chunks",
        f"  {rates.chunks_per_repository:.0f} chunks a repository",
        f"  {rates.worker_cpu * 1e6:.0f} us a chunk at most to cut, describe and embed it",
        f"  {rates.driver_cpu * 1e6:.0f} us a chunk on the driver to read, send, receive and store it",
        f"  {rates.publish_cpu * 1e6:.0f} us a chunk to index, verify and hash",
        f"  {rates.index_bytes:.0f} bytes a chunk stored, {rates.resident_bytes:.0f} held by a reader",
        f"assumed: {', '.join(terms)}",
        "",
        f"| {' | '.join(columns)} |",
        "|---" * len(columns) + "|",
        *map(_row, nights),
        "",
        f"{assumed.servers} servers that follow the index send {polls:.1f} million requests a month",
    ]
    return "\n".join(lines)


def _row(night: Night) -> str:
    cells = (
        f"{night.repositories:,}", f"{night.chunks / 1e6:.1f} M", str(night.nodes), f"{night.working:.2f}",
        f"{night.driver:.2f}", f"{night.publishing:.2f}", f"{night.upload_minutes:.1f}", f"{night.hours:.2f}",
        f"{night.dollars:.2f}", f"{night.changed_hours:.2f}", f"{night.index_gigabytes:.1f}",
        f"{night.memory_gigabytes:.2f}", f"{night.description_days:.0f}",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the simulation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("measured", type=Path, help="the JSON of benchmarks.ray")
    parser.add_argument("--node-cores", type=int, default=16)
    parser.add_argument("--node-price", type=float, default=0.68, help="US dollars an hour")
    parser.add_argument("--hours", type=float, default=3.0, help="in which the workers should be done")
    parser.add_argument("--network", type=float, default=500e6, help="bytes a second to the store")
    parser.add_argument("--servers", type=int, default=4, help="API servers that follow the index")
    parser.add_argument("--changed", type=float, default=0.01, help="share of the chunks of a later night")
    options = parser.parse_args()
    assumed = Assumed(
        options.node_cores,
        options.node_price,
        options.hours,
        options.network,
        options.servers,
        options.changed,
    )
    print(told(json.loads(options.measured.read_text()), assumed))


if __name__ == "__main__":
    main()
