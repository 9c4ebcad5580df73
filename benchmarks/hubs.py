"""Downloads that are cut and pushes that are killed, by a hub on this machine: ``--part cuts``.

``cuts``: a file is cut at 20 random bytes, once with a network that comes back and once with one
that does not until it is asked again. ``kills``: a push is killed (-9) at 10 random moments, to
either hub and to a folder; what a reader then sees is compared with both versions, and a second
push must complete. ``load``: the second load of a model whose layout had to be converted beside one
that had not. The hub speaks the protocols of real ones; a real one was not reached. One JSON line a
part.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

import numpy as np
from bundle.making import make_bundle
from hub_server import HubServer
from model_builders import CONFIG, VOCABULARY, write_folder, write_safetensors, write_torch

from paddle_lab.bundle import load_manifest
from paddle_lab.bundle.locate import find_bundle
from paddle_lab.errors import HubError
from paddle_lab.hubs import MODELS, fetch, hub_name, look
from paddle_lab.models import resolve_model
from paddle_lab.models.config import ernie_config
from paddle_lab.models.convert import expected_shapes
from paddle_lab.publishing.plan import plan_push

FILE = "model.safetensors"
PUSHER = Path(__file__).parents[1] / "tests" / "publishing" / "pusher.py"


def use(hub: HubServer, place: Path) -> None:
    """Everything of this process goes to the hub, and into caches of its own."""
    from huggingface_hub import constants

    os.environ |= {
        "HF_ENDPOINT": hub.address, "MODELSCOPE_ENDPOINT": hub.address, "HF_TOKEN": "hf_right",
        "MODELSCOPE_API_TOKEN": "hf_right", "MODELSCOPE_HOME": str(place / "ms"),
        "HF_HUB_DISABLE_XET": "1", "HF_HUB_CACHE": str(place / "hf"),
        "PADDLE_LAB_CACHE_DIR": str(place / "cache"),
    }  # fmt: skip
    constants.HF_HUB_CACHE = str(place / "hf")
    constants.HF_HUB_DISABLE_XET = True


def cuts(times: int, megabytes: int) -> dict[str, Any]:
    chance = random.Random(1)
    content = chance.randbytes(megabytes << 20)
    digest = hashlib.sha256(content).hexdigest()
    found: dict[str, Any] = {"part": "cuts", "megabytes": megabytes}
    for prefix in ("hf", "ms"):
        whole = resumed = halves = 0
        for number in range(times):
            with tempfile.TemporaryDirectory() as work, HubServer() as hub:
                place = Path(work)
                use(hub, place)
                hub.store.put("org/m", {FILE: content})
                name = hub_name(f"{prefix}:org/m")
                assert name is not None
                state = look(name, MODELS)
                returns = number % 2 == 0
                hub.faults.cuts = [chance.randrange(1, len(content))] + (
                    [] if returns else [0] * 99
                )
                try:
                    folder = fetch(state, [FILE])
                except HubError:
                    halves += any(path.name == FILE for path in place.rglob("*") if path.is_file())
                    hub.faults.cuts = []
                    folder = fetch(state, [FILE])
                whole += hashlib.sha256((folder / FILE).read_bytes()).hexdigest() == digest
                resumed += hub.ranges > 0
        found[prefix] = {"of": times, "right_sha256": whole, "went_on": resumed,
                         "half_files_under_the_name": halves}  # fmt: skip
    return found


def kills(times: int) -> dict[str, Any]:
    chance = random.Random(2)
    found: dict[str, Any] = {"part": "kills"}
    for kind in ("hf:somebody/shop", "ms:somebody/shop", "file:{place}/share/somebody/shop"):
        seen = {"old": 0, "new": 0, "half": 0}
        completed = 0
        with tempfile.TemporaryDirectory() as work, HubServer() as hub:
            place = Path(work)
            use(hub, place)
            target = kind.format(place=place)
            name = hub_name(target)
            assert name is not None
            bundles = [make_bundle(place / f"b{n}", metrics={"accuracy": n / 100})
                       for n in range(times + 1)]  # fmt: skip
            took = 0.0
            for number, bundle in enumerate(bundles):
                moment = chance.uniform(0, took) if number else None
                took = max(took, pushed(bundle, target, f"v{number}", moment))
                if number:
                    seen[_seen(target, (number - 1) / 100, number / 100)] += 1
                    pushed(bundle, target, f"v{number}", None)
                figure = load_manifest(find_bundle(f"{target}@v{number}")).metrics["accuracy"]
                completed += figure == number / 100 and plan_push(bundle, name).known
        found[kind.partition(":")[0]] = {"of": times, **seen, "completed": completed - 1}
    return found


def _seen(target: str, old: float, new: float) -> str:
    try:
        figure = load_manifest(find_bundle(target)).metrics["accuracy"]
    except Exception:
        return "half"
    return {old: "old", new: "new"}.get(figure or 0.0, "half")


def pushed(bundle: Path, target: str, tag: str, killed_after_s: float | None) -> float:
    """Seconds until it was done, or was killed."""
    command = [sys.executable, str(PUSHER), str(bundle), target, tag]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"go\n"
        begun = time.monotonic()
        if killed_after_s is not None:
            time.sleep(killed_after_s)
            process.kill()
        process.communicate()
        return time.monotonic() - begun


def load(times: int) -> dict[str, Any]:
    """Seconds of the second and later loads, interleaved."""
    config = {**CONFIG, "hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 4,
              "num_attention_heads": 8, "max_position_embeddings": 512}  # fmt: skip
    chance = np.random.default_rng(0)
    native = {name: chance.normal(0, 0.02, shape).astype(np.float32)
              for name, shape in expected_shapes(ernie_config(config)).items()}  # fmt: skip
    assert len(VOCABULARY) == config["vocab_size"]
    from model_builders import torch_weights

    with tempfile.TemporaryDirectory() as work:
        os.environ["PADDLE_LAB_CACHE_DIR"] = f"{work}/cache"
        first = write_folder(Path(work, "native"), config)
        write_safetensors(first / FILE, native)
        second = write_folder(Path(work, "torch"), {**config, "model_type": "bert"})
        write_torch(second / "pytorch_model.bin", torch_weights(native))
        seconds: dict[str, list[float]] = {"native": [], "torch": []}
        for folder in (first, second):
            resolve_model(str(folder))
        for _ in range(times):
            for key, folder in (("native", first), ("torch", second)):
                begun = time.perf_counter()
                resolve_model(str(folder))
                seconds[key].append(time.perf_counter() - begun)
    ratios = [b / a for a, b in zip(seconds["native"], seconds["torch"], strict=True)]
    return {
        "part": "load", "times": times,
        "native_ms": round(statistics.median(seconds["native"]) * 1000, 1),
        "converted_ms": round(statistics.median(seconds["torch"]) * 1000, 1),
        "ratio": round(statistics.median(ratios), 3),
        "ratio_quartiles": [round(one, 3) for one in statistics.quantiles(ratios, n=4)],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("cuts", "kills", "load"), action="append")
    parser.add_argument("--times", type=int, help="20 cuts, 10 kills, 30 loads when left out")
    parser.add_argument("--megabytes", type=int, default=8)
    args = parser.parse_args()
    for part in args.part or ("cuts", "kills", "load"):
        if part == "cuts":
            result = cuts(args.times or 20, args.megabytes)
        elif part == "kills":
            result = kills(args.times or 10)
        else:
            result = load(args.times or 30)
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
