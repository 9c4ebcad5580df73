"""Seconds to train a task on the same rows: PaddleNLP's Trainer, and this project's engine.

    python benchmarks/task_speed.py --task pair --model m3e-small
    python benchmarks/task_speed.py --task tag --data train.jsonl --rows 256 --rounds 3

For any task of the registry, by its name alone: on its sample, else on ``--data``. Both arms have
the same windows of tokens, the same network and the same loss of the task; every run is a fresh
process, and a round runs both, one after the other, so that a busy machine slows them alike.

| arm | what it is |
| --- | --- |
| trainer | PaddleNLP's Trainer as its examples use it: random batches, nothing set |
| lab | ``paddle_lab.finetune`` with its events, checkpoint and the evaluation of 16 rows |

Timed is the training alone: what ``Trainer.train()`` takes, and what the run itself reports. The
processor seconds of ``lab`` are those of its whole process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from train_speed import busy_seconds, own_seconds, table

ARMS = ("trainer", "lab")
_EVALUATED = 16


def main() -> None:
    """Measure, print the table, and write JSON when asked; with ``--arm`` one run, as JSON."""
    options = parser().parse_args()
    if options.arm:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["PADDLE_LAB_DATA_DIR"] = folder
            arm = by_trainer if options.arm == "trainer" else by_lab
            print("RESULT " + json.dumps(arm(options, folder)))
        return
    results: list[dict[str, Any]] = []
    for round_ in range(options.rounds):
        for arm in ARMS:
            measured = run(arm, options, round_)
            results.append(measured | {"arm": arm, "max_len": options.max_len, "round": round_})
            print(json.dumps(results[-1]), file=sys.stderr, flush=True)
    print(f"{options.task}: {results[0]['windows']} windows, {results[0]['tokens']} tokens")
    print(table(results, options.max_len, list(ARMS), results[0]["windows"]))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--task", required=True)
    made.add_argument("--data", help="a file or a sample; otherwise the task's own sample")
    made.add_argument("--rows", type=int, default=192)
    made.add_argument("--batch-size", type=int, default=32)
    made.add_argument("--max-len", type=int, default=128)
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    made.add_argument("--model", default="m3e-small")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--arm", choices=ARMS, help="one run alone: used by this file itself")
    made.add_argument("--json", type=Path, help="where to write the figures")
    return made


def run(arm: str, options: argparse.Namespace, round_: int) -> dict[str, Any]:
    """The figures of one arm in a fresh process."""
    given = {name: value for name, value in vars(options).items()
             if name not in ("arm", "json", "rounds", "seed") and value is not None}  # fmt: skip
    command = [sys.executable, __file__, "--arm", arm, "--seed", str(round_)]
    for name, value in given.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    environment = {**os.environ, "TOKENIZERS_PARALLELISM": "false"}
    environment.pop("OMP_NUM_THREADS", None)
    before = busy_seconds(), own_seconds(), time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    others = busy_seconds() - before[0] - (own_seconds() - before[1])
    share = others / (time.monotonic() - before[2]) / len(os.sched_getaffinity(0))
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        sys.exit(f"{arm} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    result: dict[str, Any] = json.loads(lines[-1].removeprefix("RESULT "))
    return result | {"others": round(max(0.0, share), 3)}


def parts(options: argparse.Namespace) -> tuple[Any, Any, Any]:
    """The task, the rows that train, and a few to evaluate."""
    from paddle_lab.data import prepare
    from paddle_lab.data.samples import SAMPLES
    from paddle_lab.tasks import get_task
    from paddle_lab.tasks.settings import own_options

    task = get_task(options.task)
    data = options.data
    if data is None:
        samples = [name for name in SAMPLES.names() if SAMPLES.get(name).task == task.name]
        if not samples:
            sys.exit(f"there is no sample for {task.name}: give --data")
        data = samples[0]
    own = own_options(task, {})
    found = prepare(task, data, limit=options.rows, max_len=options.max_len, options=own)
    return task, found.train, found.dev.take(range(min(_EVALUATED, len(found.dev))))


def by_trainer(options: argparse.Namespace, folder: str) -> dict[str, Any]:
    """PaddleNLP's Trainer on the task's windows, network and loss."""
    os.environ["TQDM_DISABLE"] = "1"
    import numpy as np
    import paddle
    from paddlenlp.trainer import Trainer, TrainingArguments
    from paddlenlp.utils.log import logger

    from paddle_lab.models import build_tokenizer, resolve_model
    from paddle_lab.tasks.api import ModelOptions
    from paddle_lab.tasks.batching import inputs_of, pad
    from paddle_lab.tasks.settings import own_options

    logger.set_level("ERROR")
    paddle.set_device("cpu")
    paddle.seed(options.seed)
    task, train, _ = parts(options)
    resolved = resolve_model(options.model)
    own = own_options(task, {})
    tokenizer_json = build_tokenizer(resolved.folder).to_str()
    codec = task.codec(tokenizer_json, options.max_len, train, own)
    model = task.model(resolved, codec, ModelOptions(own=own))
    windows = codec.encode(train.given, task.long_text)
    targets = task.encode_targets(codec, windows, train)

    class Rows(paddle.io.Dataset):  # type: ignore[misc]
        def __getitem__(self, place: int) -> int:
            return place

        def __len__(self) -> int:
            return len(windows.ids)

    def collate(rows: list[int]) -> dict[str, Any]:
        batch: dict[str, Any] = dict(inputs_of(windows, rows, codec.pad_id))
        for spec in task.targets:
            values = targets[spec.name]
            if spec.per_token:
                chosen = pad([np.asarray(values[row], spec.dtype) for row in rows], spec.pad)
            else:
                chosen = np.asarray([values[row] for row in rows], spec.dtype)
            batch[spec.name] = chosen
        return {name: paddle.to_tensor(value) for name, value in batch.items()}

    class TaskTrainer(Trainer):  # type: ignore[misc]
        def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False) -> Any:
            given = {spec.name: inputs[spec.name] for spec in codec.signature.inputs}
            outputs = model(**given)
            outputs = tuple(outputs) if isinstance(outputs, (tuple, list)) else (outputs,)
            wanted = {spec.name: inputs[spec.name] for spec in task.targets}
            loss = task.loss(model, outputs, wanted).mean()
            return (loss, outputs) if return_outputs else loss

    trainer = TaskTrainer(
        model=model,
        args=TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=options.batch_size,
            num_train_epochs=1,
            learning_rate=5e-5,
            weight_decay=0.01,
            seed=options.seed,
            device="cpu",
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            remove_unused_columns=False,
        ),
        train_dataset=Rows(),
        data_collator=collate,
    )
    started, used = time.perf_counter(), time.process_time()
    output = trainer.train()
    seconds, used = time.perf_counter() - started, time.process_time() - used
    return figures(windows, seconds, used, output.training_loss)


def by_lab(options: argparse.Namespace, folder: str) -> dict[str, Any]:
    """The whole engine on the same rows."""
    import paddle_lab
    from paddle_lab.runs.events import read_events
    from paddle_lab.tasks.settings import own_options

    task, train, dev = parts(options)
    own = own_options(task, {})
    run = paddle_lab.finetune(
        train, dev, task=task.name, model=options.model, epochs=1, lr=5e-5, warmup=0.0,
        batch_size=options.batch_size, max_len=options.max_len, seed=options.seed,
        threads=options.threads, export=False, baseline=False, out=folder, show=False,
    )  # fmt: skip
    if run.state.state != "finished":
        sys.exit(f"the run ended as {run.state.state}: {run.state.end}")
    steps = [event for event in read_events(run.folder.events_path) if event["kind"] == "step"]
    losses = [event["loss"] for event in steps if event.get("loss") is not None]
    from paddle_lab.models import build_tokenizer, resolve_model

    tokenizer_json = build_tokenizer(resolve_model(options.model).folder).to_str()
    codec = task.codec(tokenizer_json, options.max_len, train, own)
    windows = codec.encode(train.given, task.long_text)
    seconds = (run.state.end or {})["train_seconds"]
    return figures(windows, seconds, time.process_time(), sum(losses) / len(losses))


def figures(windows: Any, seconds: float, used: float, loss: float) -> dict[str, Any]:
    """What a run prints of itself."""
    return {
        "seconds": seconds,
        "cpu_seconds": used,
        "loss": loss,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "windows": len(windows.ids),
        "tokens": int(windows.lengths().sum()),
    }


if __name__ == "__main__":
    main()
