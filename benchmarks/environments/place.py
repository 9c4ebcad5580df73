"""One environment on this machine, filled by hard links, with a home and a working folder.

Nothing of the environment that is linked is ever written to: what is to be changed is replaced by
a file of its own first (:meth:`Place.own`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

KEPT = ("PIP_", "UV_", "SSL_", "REQUESTS_", "CURL_")  # how the package index is reached


@dataclass
class Answered:
    """What a command in a terminal said; ``code`` is None after the time limit."""

    code: int | None
    out: str
    err: str
    seconds: float

    @property
    def text(self) -> str:
        return (self.out + self.err).strip()


@dataclass
class Place:
    """An environment: ``prefix``, its interpreter, its packages; ``environ`` is its terminal's."""

    root: Path
    layout: str
    prefix: Path
    python: Path
    site: Path
    environ: dict[str, str]
    mounts: list[Path] = field(default_factory=list)
    changes: Path | None = None

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def home(self) -> Path:
        return self.root / "home"

    def shell(self, script: str, limit: float = 300.0) -> Answered:
        """A script in bash, in the working folder."""
        started = time.perf_counter()
        process = subprocess.Popen(
            ["bash", "-c", script],
            cwd=self.work,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            out, err = process.communicate(timeout=limit)
            code: int | None = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            out, err = process.communicate()
            code = None
        return Answered(code, out, err, time.perf_counter() - started)

    def own(self, name: str) -> Path:
        """A file of ``site`` as a copy of its own, so that it may be damaged."""
        return own(self.site / name)

    def packages(self, *arguments: str) -> None:
        """``uv pip`` in this environment, as a person did before anything was wrong."""
        if shutil.which("uv", path=self.environ["PATH"]) is None:
            raise Skipped("uv is not installed")
        command = [
            str(self.root / "tools" / "uv"),
            "pip",
            arguments[0],
            "-q",
            "--python",
            str(self.python),
            *arguments[1:],
        ]
        environ = {**self.environ, "PIP_CONSTRAINT": ""}
        if self.layout == "system":
            command.insert(4, "--break-system-packages")
        done = subprocess.run(command, cwd=self.home, env=environ, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{command}: {done.stderr.strip()[-400:]}")

    def mount(self, folder: Path, *options: str, bind: bool = False) -> None:
        """A small file system (or the folder itself, read-only) over ``folder``; needs root."""
        if os.geteuid():
            raise Skipped("mounting needs root")
        source = (
            ["--bind", str(folder)] if bind else ["-t", "tmpfs", "-o", ",".join(options), "none"]
        )
        subprocess.run(["mount", *source, str(folder)], check=True)
        self.mounts.append(folder)
        if bind:
            command = ["mount", "-o", ",".join(["remount", "bind", *options]), str(folder)]
            subprocess.run(command, check=True)

    def remove(self) -> None:
        """Take it away: mounts first, then the folders."""
        for folder in reversed(self.mounts):
            subprocess.run(["umount", "-l", str(folder)], check=True)
        self.mounts.clear()
        folders = [str(folder) for folder in (self.root, self.changes) if folder]
        subprocess.run(["rm", "-rf", *folders], check=True)  # seconds faster than rmtree


class Skipped(Exception):
    """This kind cannot be made on this machine."""


def own(path: Path) -> Path:
    """Replace a hard link by a copy: what is written to it then changes nothing else."""
    copy = path.with_name(path.name + ".own")
    shutil.copy2(path, copy)
    copy.replace(path)
    return path


def link_tree(source: Path, target: Path, leave_out: tuple[str, ...] = ()) -> None:
    """The files of ``source`` as hard links in ``target``; symbolic links stay what they are."""
    shutil.copytree(
        source,
        target,
        symlinks=True,
        copy_function=_link,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(*leave_out),
    )


def _link(source: str, target: str) -> None:
    if not os.path.lexists(target):
        os.link(source, target, follow_symlinks=False)


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file of a folder with its checksum: the original must be what it was."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            digest = hashlib.blake2b()
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
            found[str(path)] = digest.hexdigest()
    return found
