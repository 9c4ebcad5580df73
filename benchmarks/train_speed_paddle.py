"""One training on PaddlePaddle, timed: an arm of ``train_speed.py``, in a process of its own.

Prints one JSON line. ``trainer`` is PaddleNLP's Trainer as its own examples use it; the other arms
add one thing after the other.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

# What each arm adds to the one before it.
STEPS = ("trainer", "threads", "buckets", "memory", "kernels", "bfloat16")


def main() -> None:
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    level = STEPS.index(task["arm"])
    if level >= STEPS.index("threads"):
        os.environ["OMP_NUM_THREADS"] = str(task["threads"])
    if level >= STEPS.index("memory"):
        from paddle_lab.cpu import keep_memory

        keep_memory()
    os.environ["TQDM_DISABLE"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        result = train(task, level, folder)
    print("RESULT " + json.dumps(result))


def train(task: dict[str, Any], level: int, folder: str) -> dict[str, Any]:
    import paddle
    from paddlenlp.data import DataCollatorWithPadding
    from paddlenlp.trainer import Trainer, TrainingArguments
    from paddlenlp.transformers import ErnieTokenizer
    from paddlenlp.utils.log import logger

    from paddle_lab.cpu import FastCpu
    from paddle_lab.cpu.clipping import speed_up_clipping
    from paddle_lab.models import load_for_classification, resolve_model
    from paddle_lab.tasks.api import TargetSpec
    from paddle_lab.tasks.codec import Windows
    from paddle_lab.training.batches import BucketLoader, Encoded

    logger.set_level("ERROR")
    paddle.seed(task["seed"])
    resolved = resolve_model(task["model"])
    model = load_for_classification(resolved, 2)
    tokenizer = ErnieTokenizer.from_pretrained(str(resolved.folder))
    rows = [
        {**tokenizer(text, max_length=task["max_len"], truncation=True), "labels": label}
        for text, label in task["rows"]
    ]
    buckets, kernels = level >= STEPS.index("buckets"), level >= STEPS.index("kernels")

    class Rows(paddle.io.Dataset):  # type: ignore[misc]
        def __getitem__(self, place: int) -> dict[str, Any]:
            return rows[place]

        def __len__(self) -> int:
            return len(rows)

    class Bucketed(Trainer):  # type: ignore[misc]
        def get_train_dataloader(self) -> Any:
            if not buckets:
                return super().get_train_dataloader()
            import numpy as np

            ids = [np.array(row["input_ids"], dtype=np.int64) for row in rows]
            labels = np.array([row["labels"] for row in rows], dtype=np.int64)
            none = [False] * len(ids)
            windows = Windows(ids, np.arange(len(ids)), none, none)
            specs = (TargetSpec("labels"),)
            data = Encoded(windows, {"labels": labels}, specs, tokenizer.pad_token_id)
            return BucketLoader(data, task["batch_size"], task["seed"])

        def create_optimizer(self, *arguments: Any, **options: Any) -> Any:
            optimizer = super().create_optimizer(*arguments, **options)
            if kernels:
                speed_up_clipping(self.optimizer)
            return optimizer

    trainer = Bucketed(
        model=model,
        args=TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=task["batch_size"],
            num_train_epochs=1,
            learning_rate=5e-5,
            weight_decay=0.01,
            seed=task["seed"],
            device="cpu",
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            release_grads=kernels,
        ),
        train_dataset=Rows(),
        data_collator=DataCollatorWithPadding(tokenizer),
    )
    switch: Any = contextlib.nullcontext()
    if kernels:
        switch = FastCpu(
            model,
            seed=task["seed"],
            step_of=lambda: trainer.state.global_step,
            bfloat16=task["arm"] == "bfloat16",
        )
    with switch:
        if kernels and switch.reason:
            sys.exit(switch.reason)
        started, used = time.perf_counter(), time.process_time()
        output = trainer.train()
        seconds, used = time.perf_counter() - started, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    loss = output.training_loss
    return {"seconds": seconds, "cpu_seconds": used, "loss": loss, "peak_mib": peak}


if __name__ == "__main__":
    main()
