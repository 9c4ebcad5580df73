"""Seconds to train question answering on the same rows: PaddleNLP's Trainer beside this project.

    python benchmarks/task_answer_speed.py --model m3e-small --rows 48 --rounds 3

``trainer`` is PaddleNLP's Trainer as its example of machine reading uses it: the model
``ErnieForQuestionAnswering`` with its own loss, ``DataCollatorWithPadding``, windows in random
order, the environment untouched. ``lab`` is the whole engine with its events, checkpoint and an
evaluation of 4 questions. Both read the same windows, all of them, of questions of the sample
``cmrc``. Every run
is a fresh process, a round runs both; ratios are of one round.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
ARMS = ("trainer", "lab")


def main() -> None:
    options = parser().parse_args()
    if options.arm:
        with tempfile.TemporaryDirectory() as folder:
            result = (trainer if options.arm == "trainer" else lab)(options, folder)
        print("RESULT " + json.dumps(result))
        return
    ratios: list[float] = []
    seconds: dict[str, list[float]] = {arm: [] for arm in ARMS}
    for seed in range(options.rounds):
        found = {arm: run(options, arm, seed) for arm in ARMS}
        print(json.dumps({"seed": seed, **found}), flush=True)
        for arm in ARMS:
            seconds[arm].append(found[arm]["seconds"])
        ratios.append(found["trainer"]["seconds"] / found["lab"]["seconds"])
    print(
        json.dumps(
            {
                "model": options.model,
                "rows": options.rows,
                "max_len": options.max_len,
                "batch_size": options.batch_size,
                "trainer_seconds": round(statistics.median(seconds["trainer"]), 1),
                "lab_seconds": round(statistics.median(seconds["lab"]), 1),
                "times_faster": round(statistics.median(ratios), 2),
                "range": [round(min(ratios), 2), round(max(ratios), 2)],
            }
        )
    )


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--model", default="m3e-small")
    made.add_argument("--rows", type=int, default=48)
    made.add_argument("--max-len", type=int, default=256)
    made.add_argument("--batch-size", type=int, default=16)
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    made.add_argument("--arm", choices=ARMS, help=argparse.SUPPRESS)
    made.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    return made


def run(options: argparse.Namespace, arm: str, seed: int) -> dict[str, Any]:
    """Seconds and processor seconds of one arm in a fresh process."""
    environment = {**os.environ, "TOKENIZERS_PARALLELISM": "false"}
    environment.pop("OMP_NUM_THREADS", None)
    command = [sys.executable, __file__, "--arm", arm, "--seed", str(seed)]
    for name in ("model", "rows", "max_len", "batch_size", "threads"):
        command += [f"--{name.replace('_', '-')}", str(getattr(options, name))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        sys.exit(f"{arm} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    result: dict[str, Any] = json.loads(lines[-1].removeprefix("RESULT "))
    return result


def trainer(options: argparse.Namespace, folder: str) -> dict[str, Any]:
    """PaddleNLP's Trainer, one epoch."""
    import paddle
    from paddlenlp.data import DataCollatorWithPadding
    from paddlenlp.trainer import Trainer, TrainingArguments
    from paddlenlp.transformers import ErnieTokenizer
    from paddlenlp.utils.log import logger

    from paddle_lab.data.samples import SAMPLES
    from paddle_lab.models import build_tokenizer, load_with_head, resolve_model
    from paddle_lab.tasks import get_task

    logger.set_level("ERROR")
    paddle.seed(options.seed)
    task: Any = get_task("answer")
    data = SAMPLES.get("cmrc").load()["train"].take(range(options.rows))
    resolved = resolve_model(options.model)
    model = load_with_head(resolved, "ErnieForQuestionAnswering", num_labels=2)
    tokenizer_json = build_tokenizer(resolved.folder).to_str()
    codec = task.codec(tokenizer_json, options.max_len, data, task.options())
    windows = codec.encode(data.given, "windows")
    targets = task.encode_targets(codec, windows, data)
    rows = [
        {
            "input_ids": windows.ids[index].tolist(),
            "token_type_ids": windows.type_ids[index].tolist(),
            "start_positions": int(targets["start"][index]),
            "end_positions": int(targets["end"][index]),
        }
        for index in range(len(windows.ids))
    ]

    class Rows(paddle.io.Dataset):  # type: ignore[misc]
        def __getitem__(self, position: int) -> dict[str, Any]:
            return rows[position]

        def __len__(self) -> int:
            return len(rows)

    made = Trainer(
        model=model,
        args=TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=options.batch_size,
            num_train_epochs=1,
            learning_rate=3e-5,
            weight_decay=0.01,
            seed=options.seed,
            device="cpu",
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            label_names=["start_positions", "end_positions"],
        ),
        train_dataset=Rows(),
        data_collator=DataCollatorWithPadding(ErnieTokenizer.from_pretrained(str(resolved.folder))),
    )
    started, used = time.perf_counter(), time.process_time()
    output = made.train()
    return {
        "seconds": round(time.perf_counter() - started, 2),
        "cpu_seconds": round(time.process_time() - used, 2),
        "windows": len(rows),
        "loss": round(float(output.training_loss), 4),
    }


def lab(options: argparse.Namespace, folder: str) -> dict[str, Any]:
    """The whole engine, one epoch; timed is what the run itself reports."""
    os.environ["PADDLE_LAB_DATA_DIR"] = folder
    import paddle_lab
    from paddle_lab.data.samples import SAMPLES

    parts = SAMPLES.get("cmrc").load()
    train, dev = (
        [
            {"question": question, "context": context, "answer": target}
            for question, context, target in parts[name].take(range(count)).rows()
        ]
        for name, count in (("train", options.rows), ("dev", 4))
    )
    used = time.process_time()
    run = paddle_lab.finetune(
        train, dev, task="answer", model=options.model, epochs=1.0, batch_size=options.batch_size,
        max_len=options.max_len, lr=3e-5, seed=options.seed, threads=options.threads, export=False,
        baseline=False, out=folder, show=False, extra={"empty_windows": 1000},
    )  # fmt: skip
    if run.state.state != "finished":
        sys.exit(f"the run {run.state.state}: {run.state.end}")
    return {
        "seconds": round((run.state.end or {})["train_seconds"], 2),
        "cpu_seconds": round(time.process_time() - used, 2),
        "windows": None,
        "loss": None,
    }


if __name__ == "__main__":
    main()
