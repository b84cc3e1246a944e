from __future__ import annotations

from typing import Any

import pytest

from benchmarks.scale import Assumed, night_of, rates_of, told

FOUND: dict[str, Any] = {
    "machine": "x86_64, 2 cores",
    "repositories": 10,
    "chunks": 10_000,
    "index_bytes": 40_000_000,
    "resident_bytes": 2_000_000,
    "alone": {"helpers_cpu_seconds": 354.0, "cpu_seconds": {"repositories": 6.0, "publish": 3.6}},
    "cluster": {"driver_cpu_seconds": {"repositories": 3.6, "publish": 4.0}},
}
ASSUMED = Assumed(node_cores=10, node_price=1.0, hours=1.0, network=100e6, servers=4, changed=0.01)


def test_a_night_is_as_slow_as_the_slower_of_workers_and_driver() -> None:
    night = night_of(4_000, rates_of(FOUND), ASSUMED)
    assert night.chunks == 4_000_000
    assert night.driver == pytest.approx(0.4)
    assert night.nodes == 4  # forty hours of processor time in one hour of ten cores each
    assert night.working == pytest.approx(1.0)
    assert night.publishing == pytest.approx(0.4)
    assert night.upload_minutes == pytest.approx(160 / 60)
    assert night.hours == pytest.approx(1.0 + 0.4 + 160 / 3600)
    assert night.dollars == pytest.approx(4 * 1.0 + night.hours)


def test_no_more_nodes_are_paid_for_than_the_driver_keeps_busy() -> None:
    large = night_of(400_000, rates_of(FOUND), ASSUMED)
    assert large.driver == pytest.approx(40.0)
    assert large.nodes == 10
    assert large.working <= large.driver


def test_what_is_measured_and_what_is_assumed_is_printed() -> None:
    text = told(FOUND, ASSUMED)
    assert "x86_64, 2 cores: 10 repositories, 10000 chunks" in text
    assert "$1.00 an hour" in text
    assert text.count("\n| ") == 4
