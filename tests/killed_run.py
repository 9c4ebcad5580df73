"""Commands that kill themselves at a named moment: ``python killed_run.py PHASE KILL COMMAND ...``.

``COMMAND ...`` is what follows ``paddle-lab`` in a terminal. The process changes one function of
Paddle Lab for itself, so that it gets SIGKILL there; KILL, 0 or 1, chooses between two moments of
the phase. Nothing of this is in the product.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn

from forks import Forks
from ordinary_user import AS_ORDINARY_USER

ROOT: Final = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]


Install = Callable[[int], None]
Calls = tuple[int, int]
OPTIONS: Final = (
    *("--seed", "1", "--epochs", "2", "--max-len", "32", "--batch-size", "16", "--lr", "5e-4"),
    *("--checkpoint-minutes", "0.001", "--threads", "1", "--quiet"),
)


def die(*_: Any, **__: Any) -> NoReturn:
    """SIGKILL: nothing is tidied up."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def at(owner: str, name: str, call: int = 1, *, after: bool = False) -> None:
    """Die at a call, counted from 1, of a module's or (``module:Class``) a class's function."""
    module, _, kind = owner.partition(":")
    target = importlib.import_module(module)
    target = getattr(target, kind) if kind else target
    real, calls = getattr(target, name), 0

    def counted(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and not after:
            die()
        result = real(*args, **options)
        if calls == call:
            die()
        return result

    setattr(target, name, counted)


def late(owner: str, name: str, calls: Calls = (1, 1), *, after: bool = False) -> Install:
    """As :func:`at`, once the data are read: ``owner`` imports Paddle, which is there by then."""

    def install(kill: int) -> None:
        session = importlib.import_module("paddle_lab.training.session")
        load = session.load_inputs

        def load_then_change(*args: Any, **options: Any) -> Any:
            inputs = load(*args, **options)
            at(owner, name, calls[kill], after=after)
            return inputs

        session.load_inputs = load_then_change  # type: ignore[attr-defined]

    return install


def early(
    owner: str, name: str, calls: tuple[int, int] = (1, 1), *, after: bool = False
) -> Install:
    return lambda kill: at(owner, name, calls[kill], after=after)


def either(first: Install, second: Install) -> Install:
    return lambda kill: (first, second)[kill](kill)


def in_import(module: str) -> Install:
    """Die when ``module`` is about to be imported."""

    class Finder:
        @staticmethod
        def find_spec(name: str, *_: Any) -> None:
            if name == module:
                die()

    def install(_: int) -> None:
        sys.meta_path.insert(0, Finder)  # type: ignore[arg-type]

    return install


def half_converted(_: int) -> None:
    """Half of the model's weights are in the cache."""
    import safetensors.numpy

    save = safetensors.numpy.save_file

    def save_half(weights: Any, path: Path, **options: Any) -> None:
        save(weights, path, **options)
        os.truncate(path, path.stat().st_size // 2)
        die()

    safetensors.numpy.save_file = save_half


def in_proof(kill: int) -> None:
    """The fresh process checks the bundle, just begun or for a while."""
    fresh = importlib.import_module("paddle_lab.bundle.fresh")
    run = fresh._run

    def run_and_die(command: Any, work: Any, timeout_s: float, heartbeat: Any) -> int:
        def die_in_time(seconds: float) -> None:
            if seconds > kill:
                die()

        return int(run(command, work, timeout_s, die_in_time))

    fresh._run = run_and_die  # type: ignore[attr-defined]


def in_baseline(_: int) -> None:
    """The baseline of whatever task it is."""
    from paddle_lab.tasks import TASKS

    for task in TASKS:
        at(f"{type(task).__module__}:{type(task).__name__}", "baseline")


_TRAINING: Final = "paddle_lab.training"
_HOOKS: Final = f"{_TRAINING}.callbacks:RunHooks"
_STAGING: Final = "paddle_lab.bundle.staging"
#: Killed while it trains; every one ends as the undisturbed run does when it is resumed.
PHASES: Final[dict[str, Install]] = {
    "folder made": either(
        early("paddle_lab.runs.folder", "atomic_write_json"),
        early("paddle_lab.runs.registry:Registry", "add"),
    ),
    "registered": either(
        early(f"{_TRAINING}.start", "begin"),
        early(f"{_TRAINING}.launchers.thread", "import_paddle"),
    ),
    "import of paddle": either(
        early(f"{_TRAINING}.session", "import_paddlenlp"), in_import("paddlenlp.trainer.trainer")
    ),
    "reading data": either(
        early(f"{_TRAINING}.inputs", "_remember_data"),
        early(f"{_TRAINING}.inputs", "atomic_write_json", after=True),
    ),
    "model conversion": either(half_converted, early("paddle_lab.models.cache", "fsync_dir")),
    "tokenising": early(f"{_TRAINING}.inputs", "check_length"),
    "baseline": in_baseline,
    "first step": late(_HOOKS, "on_step_end"),
    "mid-epoch": late(_HOOKS, "on_step_end", (5, 13)),
    "evaluation": late(f"{_TRAINING}.loop:TrainingLoop", "evaluate", (1, 2), after=True),
    "between files of a checkpoint": early(f"{_TRAINING}.checkpoint", "_write", (2, 8)),
    "before a checkpoint's rename": early(f"{_TRAINING}.checkpoint", "fsync_dir", (1, 3)),
    "before old checkpoints go": late(f"{_TRAINING}.callbacks", "prune", (1, 3)),
    "end of an epoch": late(_HOOKS, "on_epoch_end", (1, 2)),
    "best weights restored": late(f"{_TRAINING}.final_weights:FinalWeights", "put_back"),
    "report half written": early("paddle_lab.tasks.files", "atomic_write_json"),
    "program written": early("paddle_lab.bundle.program", "save_program", after=True),
    "before the bundle's rename": early(_STAGING, "put_in_place"),
    "proof in a fresh process": in_proof,
    "end event": early(f"{_TRAINING}.reporter:Reporter", "end"),
}
#: Killed while an older bundle is replaced: a bundle is there afterwards, the older or the new.
EXPORT: Final = either(early("pathlib:Path", "rename", after=True), early(_STAGING, "fsync_dir"))
#: Killed while a run is removed: it is gone for everybody, and what is left goes with the next.
REMOVAL: Final = either(
    early("paddle_lab.runs.registry:Registry", "remove"), early("os", "rmdir", (2, 2))
)
_ALL: Final = {**PHASES, "between the two renamings": EXPORT, "removal": REMOVAL}


class Terminal:
    """A person's terminal: a home of its own, in which commands are killed or not.

    With ``forks`` each command is a process that has Paddle imported already. ``model`` is that
    of the runs: None for the one that is shipped.
    """

    def __init__(
        self,
        home: Path,
        cache: Path,
        source: Path,
        forks: Forks | None = None,
        model: str | None = None,
    ) -> None:
        self.home, self.source, self._forks, self._model = home, source, forks, model
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PADDLE_LAB_DATA_DIR": str(home / "data"),
            "PADDLE_LAB_CACHE_DIR": str(cache),
            "PADDLE_LAB_RUNS_DIR": str(home / "runs"),
            "PADDLE_LAB_LANG": "en",
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """``paddle-lab WORDS``; its traceback, if there is one, is an error of ours."""
        done = self._call("-m", "paddle_lab.cli", *words)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def killed(self, phase: str, kill: int, *words: str) -> None:
        """``paddle-lab WORDS``, killed in ``phase``."""
        done = self._call(str(Path(__file__)), phase, str(kill), *words)
        if done.returncode != -signal.SIGKILL:
            raise AssertionError(f"{phase} {kill}: ended with {done.returncode}: {done.stderr}")

    def finetune(self) -> list[str]:
        """The words that begin a run."""
        model = [] if self._model is None else ["--model", self._model]
        return ["finetune", str(self.source), *OPTIONS, *model]

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """``paddle-lab WORDS``, not waited for."""
        return subprocess.Popen(
            [*AS_ORDINARY_USER, sys.executable, "-m", "paddle_lab.cli", *words],
            env=self.environment,
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _call(self, *words: str) -> subprocess.CompletedProcess[str]:
        if self._forks is not None:
            return self._forks.run(words, self.environment, self.home)
        return subprocess.run(
            [*AS_ORDINARY_USER, sys.executable, *words],
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            text=True,
        )


def make_read_only(folder: Path) -> None:
    """As another user's folder is: to be read, not to be written."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)


def make_writable(folder: Path) -> None:
    """The reverse."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def outcome(run: Path) -> dict[str, Any]:
    """What a run has made, whatever way it took: hashes of its weights, its report, its bundle."""
    from paddle_lab.bundle.manifest import load_manifest
    from paddle_lab.training.checkpoint import MODEL_FILE

    manifest = load_manifest(run / "bundle")
    report = json.loads((run / "report" / "report.json").read_text(encoding="utf-8"))
    return {
        "checkpoints": {
            path.parent.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted((run / "checkpoints").glob(f"step-*/{MODEL_FILE}"))
        },
        "report": without_seconds(report),
        "bundle": {name: entry.sha256 for name, entry in manifest.files.items() if name in _SAME},
        "left behind": sorted(
            str(path.relative_to(run)) for path in run.rglob(".*") if path.name != ".reserve"
        ),
    }


_SAME: Final = ("model.json", "model.pdiparams", "tokenizer.json")


def without_seconds(report: Any) -> Any:
    """A report without its column of seconds, which are others each time."""
    if isinstance(report, dict):
        if "columns" in report:
            timed = ['"seconds"' in json.dumps(column) for column in report["columns"]]
            rows = [
                [cell for cell, time in zip(row, timed, strict=True) if not time]
                for row in report["rows"]
            ]
            return {**report, "rows": rows}
        return {key: without_seconds(item) for key, item in report.items()}
    return [without_seconds(item) for item in report] if isinstance(report, list) else report


def taken_for_whole(home: Path, cache: Path) -> list[str]:
    """What looks complete after a kill, and is not: checkpoints, bundles, reports, models."""
    from paddle_lab.bundle.manifest import load_manifest
    from paddle_lab.models.safe_weights import safetensors_entries
    from paddle_lab.training.checkpoint import read_checkpoint

    looks: list[tuple[Path, Callable[[Path], Any]]] = []
    looks += [(path, read_checkpoint) for path in home.glob("runs/*/checkpoints/step-*")]
    looks += [(path, load_manifest) for path in home.glob("runs/*/bundle")]
    looks += [(path, read_json) for path in home.glob("runs/*/report/report.json")]
    looks += [(path, read_json) for path in home.glob("runs/*/*.json")]
    looks += [
        (path, safetensors_entries)
        for path in cache.glob("models/*/model.safetensors")
        if not path.parent.name.startswith(".")
    ]
    bad = []
    for path, look in looks:
        try:
            look(path)
        except Exception as error:
            bad.append(f"{path}: {error}")
    return bad


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def check() -> None:
    """Change all that the phases change, to see that there is such a thing; nothing is called."""
    importlib.import_module(f"{_TRAINING}.loop")
    session = importlib.import_module(f"{_TRAINING}.session")
    session.load_inputs = lambda: None  # type: ignore[attr-defined]
    for install in _ALL.values():
        for kill in (0, 1):
            install(kill)
            session.load_inputs()


def main() -> int:
    """Do what the terminal does, and die on the way; ``--check``: :func:`check`."""
    from paddle_lab import cli

    if sys.argv[1:] == ["--check"]:
        check()
        return 0
    _ALL[sys.argv[1]](int(sys.argv[2]))
    return cli.main(sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
