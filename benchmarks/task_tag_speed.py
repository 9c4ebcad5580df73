"""Seconds to train a tagger on the same rows: PaddleNLP's Trainer beside this project.

    python benchmarks/task_tag_speed.py --model m3e-small --rows 256 --rounds 3

``trainer`` is PaddleNLP's Trainer as its example of sequence labelling uses it: the model
``ErnieForTokenClassification`` with its own cross-entropy, ``DataCollatorForTokenClassification``,
batches of 32 in random order, at most 128 tokens, one character a token, the environment untouched.
``lab`` is the whole engine with its events, checkpoint, evaluation of 16 rows, and the CRF. Every
run is a fresh process, a round runs both; ratios are of one round.
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

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
ARMS = ("trainer", "lab")


def main() -> None:
    options = parser().parse_args()
    if options.arm:
        with tempfile.TemporaryDirectory() as folder:
            result = (trainer if options.arm == "trainer" else lab)(options, folder)
        print("RESULT " + json.dumps(result))
        return
    ratios, seconds = [], {arm: [] for arm in ARMS}  # type: dict[str, list[float]]
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
    made.add_argument("--rows", type=int, default=256)
    made.add_argument("--batch-size", type=int, default=32)
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    made.add_argument("--arm", choices=ARMS, help=argparse.SUPPRESS)
    made.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    return made


def run(options: argparse.Namespace, arm: str, seed: int) -> dict[str, Any]:
    """Seconds, processor seconds and loss of one arm in a fresh process."""
    environment = {**os.environ, "TOKENIZERS_PARALLELISM": "false"}
    environment.pop("OMP_NUM_THREADS", None)
    command = [sys.executable, __file__, "--arm", arm, "--seed", str(seed)]
    for name in ("model", "rows", "batch_size", "threads"):
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
    from paddlenlp.data import DataCollatorForTokenClassification
    from paddlenlp.trainer import Trainer, TrainingArguments
    from paddlenlp.transformers import ErnieTokenizer
    from paddlenlp.utils.log import logger

    from paddle_lab.data.samples import SAMPLES
    from paddle_lab.models import load_with_head, resolve_model
    from paddle_lab.tasks.tag.spans import character_tags, spans_of

    logger.set_level("ERROR")
    paddle.seed(options.seed)
    data = SAMPLES.get("people").load()["train"].take(range(options.rows))
    tags = ["O", *(f"{letter}-{kind}" for kind in ("LOC", "ORG", "PER") for letter in "BI")]
    resolved = resolve_model(options.model)
    model = load_with_head(resolved, "ErnieForTokenClassification", num_labels=len(tags))
    tokenizer = ErnieTokenizer.from_pretrained(str(resolved.folder))
    rows = []
    for text, target in data.rows():
        encoded = tokenizer(list(text), is_split_into_words=True, max_length=128, truncation=True)
        length = len(encoded["input_ids"])
        numbers = [tags.index(tag) for tag in character_tags(spans_of(target), len(text))]
        rows.append({**encoded, "labels": ([0, *numbers][: length - 1] + [0] * length)[:length]})

    class Rows(paddle.io.Dataset):  # type: ignore[misc]
        def __getitem__(self, index: int) -> dict[str, Any]:
            return rows[index]

        def __len__(self) -> int:
            return len(rows)

    made = Trainer(
        model=model,
        args=TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=options.batch_size,
            num_train_epochs=1,
            learning_rate=2e-5,
            weight_decay=0.01,
            seed=options.seed,
            device="cpu",
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
        ),
        train_dataset=Rows(),
        data_collator=DataCollatorForTokenClassification(tokenizer),
        criterion=None,
    )
    started, used = time.perf_counter(), time.process_time()
    output = made.train()
    return {
        "seconds": round(time.perf_counter() - started, 2),
        "cpu_seconds": round(time.process_time() - used, 2),
        "loss": round(float(output.training_loss), 4),
    }


def lab(options: argparse.Namespace, folder: str) -> dict[str, Any]:
    """The whole engine, one epoch; timed is what the run itself reports."""
    os.environ["PADDLE_LAB_DATA_DIR"] = folder
    import paddle_lab
    from paddle_lab.data.samples import SAMPLES

    parts = SAMPLES.get("people").load()
    train, dev = (
        [{"text": text, "spans": spans} for text, spans in parts[name].take(range(count)).rows()]
        for name, count in (("train", options.rows), ("dev", 16))
    )
    used = time.process_time()
    run = paddle_lab.finetune(
        train, dev, task="tag", model=options.model, epochs=1.0, batch_size=options.batch_size,
        max_len=128, lr=2e-5, seed=options.seed, threads=options.threads, export=False,
        baseline=False, out=folder, show=False,
    )  # fmt: skip
    if run.state.state != "finished":
        sys.exit(f"the run {run.state.state}: {run.state.end}")
    return {
        "seconds": round((run.state.end or {})["train_seconds"], 2),
        "cpu_seconds": round(time.process_time() - used, 2),
        "loss": None,
    }


if __name__ == "__main__":
    main()
