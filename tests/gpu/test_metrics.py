"""Prometheus gauges: what a scraper reads, and that it can read it at all."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from paddle_lab.gpu.host import HostReading
from paddle_lab.gpu.metrics import Collector, exposition
from paddle_lab.gpu.ownership import Owner, Ownership
from paddle_lab.gpu.readings import FastReading, Gpu, Inventory
from paddle_lab.gpu.sampler import Sample
from paddle_lab.gpu.states import GPU_LOST, NO_PERMISSION

GIB = 1 << 30
HOST = HostReading(50.0, 4, GIB, 8 * GIB, False, None, None, "/runs")


def scrape(*owners: Owner, readings: tuple[FastReading, ...]) -> dict[tuple, float]:
    """``{(name, labels): value}`` as a scraper reads it; a sample given twice fails."""
    gpus = tuple(Gpu(f"u{i}", i, "test", 10 * GIB) for i in range(len(readings)))
    sample = Sample(1, 1.0, 1.0, 1, Inventory(gpus), readings, (), {}, HOST, 1)
    text = exposition(Collector(lambda: (sample, Ownership(owners), ()))).decode()
    found: dict[tuple, float] = {}
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            key = (one.name, *sorted(one.labels.values()))
            assert key not in found, f"{key} twice"
            found[key] = one.value
    return found


def test_units_are_those_of_the_names():
    found = scrape(readings=(FastReading(busy=40, used=GIB, power=250.0),))
    assert found[("paddle_lab_gpu_utilization_ratio", "0", "u0")] == pytest.approx(0.4)
    assert found[("paddle_lab_gpu_memory_used_bytes", "0", "u0")] == GIB
    assert found[("paddle_lab_gpu_power_watts", "0", "u0")] == 250
    assert found[("paddle_lab_host_cpu_ratio",)] == pytest.approx(0.5)
    assert not any("disk" in key[0] for key in found), "what is not known is left out"


def test_a_lost_gpu_is_down_and_one_with_a_missing_number_is_not():
    partly = FastReading(used=GIB, condition=NO_PERMISSION)
    found = scrape(readings=(FastReading(condition=GPU_LOST), partly))
    up = {key[1]: value for key, value in found.items() if key[0] == "paddle_lab_gpu_up"}
    assert up == {"0": 0.0, "1": 1.0}


def test_two_runs_of_one_notebook_are_one_series():
    runs = [Owner("run", f"run:{i}", "r", {0: GIB}, path="a.ipynb") for i in range(2)]
    found = scrape(*runs, readings=(FastReading(used=2 * GIB),))
    assert found[("paddle_lab_owner_gpu_memory_bytes", "a.ipynb", "run")] == 2 * GIB


def test_hostile_names_stay_within_their_quotes():
    name = 'a"} 1\n# HELP x\\<script>.ipynb'
    found = scrape(Owner("notebook", "k", name, {0: 7}, path=name), readings=(FastReading(),))
    assert found[("paddle_lab_owner_gpu_memory_bytes", name, "notebook")] == 7
