"""What being watched costs: wall time with the live view over that of the bare Trainer.

``python benchmarks/view_overhead.py``: in one real kernel, PaddleNLP's own Trainer with the same
arguments and the same batches, with and without ``paddle_lab.LiveCallback``, in turn. The card is
displayed and fed as in a notebook. Prints one JSON line with the ratio pair by pair.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from kernel import Kernel

SETUP = """
import json, os, time
from paddle_lab.training.prepare import prepare_process
from paddle_lab.runs import RunSpec
prepare_process(RunSpec(train="reviews"))
import paddle, paddle_lab
from paddlenlp.trainer import Trainer, TrainingArguments, PrinterCallback, ProgressCallback
from paddlenlp.utils.log import logger
from paddle_lab.data.samples.reviews import load_reviews
from paddle_lab.models import load_for_classification, resolve_model
from paddle_lab.data import Dataset
from paddle_lab.models import build_tokenizer
from paddle_lab.tasks import get_task
from paddle_lab.training.batches import BucketLoader
from paddle_lab.training.inputs import encode
logger.set_level("ERROR")
resolved = resolve_model("ernie-lab-mini")
task = get_task("classify")
rows = load_reviews().train[:ROWS]
texts, labels = [row.text for row in rows], [row.label for row in rows]
dataset = Dataset.of_texts("reviews", texts, labels, [None] * len(rows))
data = encode(task, task.codec(build_tokenizer(resolved.folder).to_str(), 128, dataset), dataset)

class Bare(Trainer):
    def get_train_dataloader(self):
        return BucketLoader(data, 32, 0)

def train(watched):
    paddle.seed(0)
    with paddle.utils.unique_name.guard():
        model = load_for_classification(resolved, 2)
        args = TrainingArguments(output_dir="trainer", num_train_epochs=1, disable_tqdm=True,
                                 per_device_train_batch_size=32, report_to=[], device="cpu",
                                 save_strategy="no", logging_strategy="no")
        callbacks = [paddle_lab.LiveCallback()] if watched else []
        trainer = Bare(model=model, args=args, train_dataset=data, callbacks=callbacks)
        for unwanted in (PrinterCallback, ProgressCallback):
            trainer.remove_callback(unwanted)
        start = time.perf_counter()
        trainer.train()
        return time.perf_counter() - start
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--rows", type=int, default=3200)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, Kernel(Path(home)) as kernel:
        cell = kernel.run(SETUP.replace("ROWS", str(args.rows)) + "\ntrain(False)", timeout=300)
        if cell.status != "ok":
            raise SystemExit(cell.error)
        bare, watched = [], []
        for pair in range(args.pairs):
            for with_view in (False, True) if pair % 2 == 0 else (True, False):
                cell = kernel.run(f"print(json.dumps(train({with_view})))", timeout=600)
                if cell.status != "ok":
                    raise SystemExit(cell.error)
                seconds = float(cell.text.strip().splitlines()[-1])
                (watched if with_view else bare).append(seconds)
    ratios = [with_view / without for with_view, without in zip(watched, bare, strict=True)]
    print(
        json.dumps(
            {
                "ratio": round(statistics.median(ratios), 4),
                "min": round(min(ratios), 4),
                "max": round(max(ratios), 4),
                "bare_s": [round(x, 2) for x in bare],
                "watched_s": [round(x, 2) for x in watched],
                "rows": args.rows,
            }
        )
    )


if __name__ == "__main__":
    main()
