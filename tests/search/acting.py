"""Runs that only act as if they trained: a curve that their learning rate decides."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from paddle_lab.paths import atomic_write_json
from paddle_lab.runs import ProcessMark, RunFolder

BEST_LR = 1e-4
ROWS = "".join(f"{word}{n}\t{n % 2}\n" for n in range(60) for word in ("好房间", "差房间"))


def rows(folder: Path) -> str:
    """A file of labelled rows."""
    path = folder / "rows.tsv"
    path.write_text("text\tlabel\n" + ROWS, encoding="utf-8")
    return str(path)


def quality(lr: float) -> float:
    """What a whole run comes to: the nearer to BEST_LR, the higher."""
    return 0.9 - 0.15 * abs(math.log10(lr / BEST_LR))


class Acting:
    """Stands in for ``paddle_lab.training.start.begin``; ``ends`` says how which runs end.

    ``ends`` maps the number of a run, from 0, to the error (as JSON) that it fails with.
    """

    def __init__(self, evaluations: int = 6) -> None:
        self.evaluations = evaluations
        self.begun: list[str] = []
        self.finished: list[str] = []
        self.errors: dict[int, dict[str, Any]] = {}
        self.hold: threading.Event | None = None
        self.holding = threading.Event()

    def begin(self, folder: RunFolder, **options: Any) -> Any:
        """Begin a run; it ends by itself, or when its folder is asked to."""
        number = len(self.begun)
        self.begun.append(folder.path.name)
        work = self._finish if options["finish"] else self._train
        thread = threading.Thread(target=work, args=(folder, number, options["resume"]))
        thread.start()
        return _Run(thread)

    def _train(self, folder: RunFolder, number: int, resume: bool) -> None:
        asked = folder.watch_requests()
        done = len(folder.state().evals) if resume else 0
        with folder.open_log() as log:
            mark = ProcessMark.of_this_process().to_json()
            log.append("phase", phase="train", process=mark, total_steps=10 * self.evaluations)
            for evaluation in range(done + 1, self.evaluations + 1):
                if self.hold is not None:
                    self.holding.set()
                    self.hold.wait(20)
                if number in self.errors:
                    log.append("end", state="failed", step=0, error=self.errors[number])
                    return
                if asked.poll():
                    log.append("end", state="stopped", step=10 * evaluation)
                    return
                value = quality(folder.spec().lr) * evaluation / self.evaluations
                log.append("eval", step=10 * evaluation, split="dev",
                           metrics={"accuracy": value, "loss": 1.0}, best=True)  # fmt: skip
                threading.Event().wait(0.03)  # as long as a step
            log.append("end", state="finished", step=10 * self.evaluations, to_finish=True)

    def _finish(self, folder: RunFolder, number: int, resume: bool) -> None:
        self.finished.append(folder.path.name)
        folder.report.mkdir()
        report = {"split": "dev", "rows": 1, "metrics": {}, "blocks": []}
        atomic_write_json(folder.report / "report.json", report)
        with folder.open_log() as log:
            mark = ProcessMark.of_this_process().to_json()
            log.append("phase", phase="report", process=mark)
            log.append("end", state="finished", step=10 * self.evaluations)


class _Run(SimpleNamespace):
    def __init__(self, thread: threading.Thread) -> None:
        super().__init__(thread=thread)

    @property
    def working(self) -> bool:
        """Whether it goes on."""
        return bool(self.thread.is_alive())

    def abort(self) -> None:
        """Nothing is aborted in these tests."""
