"""What must be true after a kill in a phase: nothing lost, nothing half taken for whole."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from killed_run import Terminal, outcome, taken_for_whole

from paddle_lab.runs import Registry, RunFolder

if TYPE_CHECKING:
    from forks import Forks

TWICE: Final = "resumption of a resumption"


class Trial:
    """One home, one kill or two, one judgement.

    ``finished`` is the folder of an undisturbed run: what needs one takes a copy, and trains none.
    ``forks`` and ``model`` are those of a :class:`Terminal`.
    """

    def __init__(
        self,
        home: Path,
        cache: Path,
        source: Path,
        undisturbed: dict[str, Any],
        forks: Forks | None = None,
        finished: Path | None = None,
        model: str | None = None,
    ) -> None:
        self.home, self.cache, self.undisturbed = home, cache, undisturbed
        home.mkdir()
        self.terminal = Terminal(home, cache, source, forks, model)
        self._finished = finished
        self.problems: list[str] = []

    def folder(self) -> RunFolder | None:
        runs = Registry(self.home / "data" / "runs").list()
        return runs[0].folder if runs else None

    def look(self) -> None:
        """After a kill: nothing half is taken for whole, and the run is not called running."""
        self.problems += taken_for_whole(self.home, self.cache)
        folder = self.folder()
        if folder is not None and folder.state().live:
            self.problems.append(f"called {folder.state().state}")

    def judge(self, run: Path | None) -> None:
        if run is None or RunFolder(run).state().state != "finished":
            state = "absent" if run is None else RunFolder(run).state().state
            self.problems.append(f"ended {state}")
            return
        found = outcome(run)
        self.problems += [
            f"{name} differs: {found[name]} {self.undisturbed[name]}"[:600]
            for name in found
            if found[name] != self.undisturbed[name]
        ]

    def run(self, phase: str, kill: int) -> None:
        """Kill in a phase, and judge what comes of it into :attr:`problems`."""
        special = {TWICE: self.resume_twice, "between the two renamings": self.export,
                   "removal": self.remove}  # fmt: skip
        if phase in special:
            special[phase](kill)
        else:
            self.train(phase, kill)

    def finish(self) -> RunFolder:
        """A run of this home that is finished."""
        if self._finished is None:
            self.terminal.run(*self.terminal.finetune())
        else:
            copy = self.home / "runs" / self._finished.name
            shutil.copytree(self._finished, copy)
            Registry(self.home / "data" / "runs").add(RunFolder(copy))
        folder = self.folder()
        assert folder is not None and folder.state().state == "finished"
        return folder

    def train(self, phase: str, kill: int) -> None:
        self.terminal.killed(phase, kill, *self.terminal.finetune())
        self.look()
        self.resume(self.folder())

    def resume(self, folder: RunFolder | None) -> None:
        """Go on with the run; one that left no more than a folder is told, and begun anew."""
        made = list((self.home / "runs").glob("*"))
        wanted = str(folder.path if folder is not None else made[0])
        done = self.terminal.run("finetune", "--resume", wanted, "--quiet")
        if folder is None and not (made[0] / "run.json").exists():
            if done.returncode != 1 or "This is not a run folder" not in done.stderr:
                self.problems.append(f"not told: {done.stderr}")
            made[0].rmdir()
            self.terminal.run(*self.terminal.finetune())
        folder = self.folder()
        self.judge(folder.path if folder is not None else None)

    def resume_twice(self, kill: int) -> None:
        steps = ("mid-epoch", "mid-epoch") if kill == 0 else ("first step", "tokenising")
        self.terminal.killed(steps[0], 0, *self.terminal.finetune())
        self.look()
        folder = self.folder()
        assert folder is not None
        again = ["finetune", "--resume", folder.id, "--quiet"]
        self.terminal.killed(steps[1], 0, *again)
        self.look()
        self.terminal.killed("evaluation", 0, *again)
        self.look()
        self.resume(folder)

    def export(self, kill: int) -> None:
        """A bundle is replaced: afterwards one is found, and the next export tidies up."""
        self.finish()
        self.terminal.killed("between the two renamings", kill, "export", "last")
        done = self.terminal.run("predict", "last", "质量很好", "--json")
        if done.returncode != 0:
            self.problems.append(f"no bundle is found: {done.stderr}")
        self.look()
        self.terminal.run("export", "last", "--quiet")
        folder = self.folder()
        self.judge(folder.path if folder is not None else None)

    def remove(self, kill: int) -> None:
        """A run is removed: it is gone for everybody, and what is left goes with the next."""
        folder = self.finish()
        self.terminal.killed("removal", kill, "runs", "rm", folder.id, "--yes")
        if self.folder() is not None:
            self.problems.append("a removed run is listed")
        self.terminal.killed("registered", 0, *self.terminal.finetune())
        self.terminal.run("runs", "rm", "last", "--yes")
        left = [*(self.home / "runs").iterdir(), *(self.home / "data" / "runs").iterdir()]
        if left:
            self.problems.append(f"left behind: {left}")
