"""The same training by transformers' Trainer on PyTorch: an arm of ``train_speed.py``.

Runs in the Python that ``--torch-python`` names, which needs torch, transformers and accelerate,
and nothing of this project. Prints one JSON line.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def main() -> None:
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        result = train(task, folder)
    print("RESULT " + json.dumps(result))


def train(task: dict[str, Any], folder: str) -> dict[str, Any]:
    import torch
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    torch.set_num_threads(task["threads"])
    set_seed(task["seed"])
    tokenizer = AutoTokenizer.from_pretrained(task["torch_model"])
    model = AutoModelForSequenceClassification.from_pretrained(task["torch_model"], num_labels=2)
    rows = [
        {**tokenizer(text, max_length=task["max_len"], truncation=True), "labels": label}
        for text, label in task["rows"]
    ]
    assert sum(tokenizer.unk_token_id in row["input_ids"] for row in rows) < len(rows) / 2

    class Bucketed(Trainer):
        def get_train_dataloader(self) -> Any:
            if task["arm"] == "torch":
                return super().get_train_dataloader()
            batches = [[rows[place] for place in batch] for batch in task["buckets"]]
            return torch.utils.data.DataLoader(
                batches, batch_size=None, collate_fn=self.data_collator
            )

    trainer = Bucketed(
        model=model,
        args=TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=task["batch_size"],
            num_train_epochs=1,
            learning_rate=5e-5,
            weight_decay=0.01,
            seed=task["seed"],
            use_cpu=True,
            bf16=task["arm"] == "torch-bfloat16",
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
        ),
        train_dataset=rows,
        data_collator=DataCollatorWithPadding(tokenizer),
    )
    started, used = time.perf_counter(), time.process_time()
    output = trainer.train()
    seconds, used = time.perf_counter() - started, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    loss = output.training_loss
    return {"seconds": seconds, "cpu_seconds": used, "loss": loss, "peak_mib": peak}


if __name__ == "__main__":
    main()
