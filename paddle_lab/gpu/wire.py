"""Samples as the stream sends them: names once, then arrays of numbers each second.

Columns of ``fast``: busy %, memory used MiB, power W, throttle bits, memory busy %.
Columns of ``slow``: temperature °C, clock MHz, memory clock MHz, fan %, ECC errors, limit W.
Columns of ``links``: PCIe received, sent, NVLink received, sent; bytes a second.
"""

from __future__ import annotations

from typing import Any, Final

from paddle_lab.gpu.history import History
from paddle_lab.gpu.readings import MIB, FastReading, Gpu, LinkReading, SlowReading
from paddle_lab.gpu.sampler import Sample

SPARK_POINTS: Final = 180


def full(sample: Sample, history: History) -> dict[str, Any]:
    """All that a view needs to draw the panel from nothing, with the last 15 minutes."""
    inventory = sample.inventory
    return {
        **delta(sample, None),
        "generation": sample.generation,
        "simulated": sample.simulated,
        "driver": inventory.driver,
        "condition": inventory.condition.to_json() if inventory.condition else None,
        "notes": [note.to_json() for note in inventory.notes],
        "gpus": [_gpu(gpu) for gpu in inventory.gpus],
        "host": sample.host.to_json() if sample.host else None,
        "history": history.window("15m", sample.t, SPARK_POINTS),
    }


def delta(sample: Sample, before: Sample | None) -> dict[str, Any]:
    """What changed: the fast values always, the slow ones and conditions when they are new."""
    message: dict[str, Any] = {
        "seq": sample.seq,
        "t": int(sample.t),
        "f": [_fast(reading) for reading in sample.fast],
    }
    if sample.host is not None:
        message["h"] = [round(sample.host.cpu), sample.host.memory_used // MIB]
    if before is None or sample.slow_seq != before.slow_seq:
        message["w"] = [_slow(reading) for reading in sample.slow]
        if sample.host is not None and sample.host.disk_used is not None:
            message["d"] = sample.host.disk_used // MIB
    if sample.links:
        message["l"] = {str(position): _links(links) for position, links in sample.links.items()}
    changed = _changed_conditions(sample, before)
    if changed:
        message["c"] = changed
    return message


def _changed_conditions(sample: Sample, before: Sample | None) -> dict[str, Any]:
    """Conditions of single GPUs that differ from the last message; null where one has gone."""
    earlier = before.fast if before is not None else ()
    changed: dict[str, Any] = {}
    for position, reading in enumerate(sample.fast):
        known = earlier[position].condition if position < len(earlier) else None
        if reading.condition != known:
            changed[str(position)] = reading.condition.to_json() if reading.condition else None
    return changed


def snapshot(sample: Sample) -> dict[str, Any]:
    """``{"gpus": [...], "host": {...}}`` with names and units, for scripts and operators."""
    inventory = sample.inventory
    return {
        "t": round(sample.t, 3),
        "simulated": sample.simulated,
        "driver": inventory.driver,
        "condition": inventory.condition.to_json() if inventory.condition else None,
        "notes": [note.to_json() for note in inventory.notes],
        "gpus": [
            _named(sample, position, gpu, reading)
            for position, (gpu, reading) in enumerate(
                zip(inventory.gpus, sample.fast, strict=False)
            )
        ],
        "host": sample.host.to_json() if sample.host else None,
    }


def _named(sample: Sample, position: int, gpu: Gpu, fast: FastReading) -> dict[str, Any]:
    slow = sample.slow[position] if position < len(sample.slow) else SlowReading()
    return {
        "place": position,
        "index": gpu.index,
        "uuid": gpu.uuid,
        "name": gpu.name,
        "parent": gpu.parent,
        "mig": gpu.mig,
        "utilization_percent": fast.busy,
        "memory_utilization_percent": fast.memory_busy,
        "memory_used_bytes": fast.used,
        "memory_total_bytes": fast.total if fast.total is not None else gpu.memory,
        "power_watts": fast.power,
        "power_limit_watts": slow.power_limit or gpu.power_limit,
        "temperature_celsius": slow.temperature,
        "clock_mhz": slow.clock,
        "memory_clock_mhz": slow.memory_clock,
        "fan_percent": slow.fan,
        "ecc_errors": slow.ecc_errors,
        "throttle_bits": fast.throttle,
        "condition": fast.condition.to_json() if fast.condition else None,
    }


def _gpu(gpu: Gpu) -> dict[str, Any]:
    return {
        "uuid": gpu.uuid,
        "index": gpu.index,
        "name": gpu.name,
        "memory": gpu.memory // MIB if gpu.memory is not None else None,
        "limit": gpu.power_limit,
        "parent": gpu.parent,
        "mig": gpu.mig,
    }


def _fast(reading: FastReading) -> list[int | None]:
    return [
        reading.busy,
        None if reading.used is None else reading.used // MIB,
        None if reading.power is None else round(reading.power),
        reading.throttle,
        reading.memory_busy,
    ]


def _slow(reading: SlowReading) -> list[int | float | None]:
    return [
        reading.temperature,
        reading.clock,
        reading.memory_clock,
        reading.fan,
        reading.ecc_errors,
        reading.power_limit,
    ]


def _links(reading: LinkReading) -> list[int | None]:
    return [reading.pcie_rx, reading.pcie_tx, reading.nvlink_rx, reading.nvlink_tx]
