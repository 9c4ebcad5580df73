"""Checks in a process that has nothing of ours in it: no model, no paddlenlp, another folder."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from paddle_lab.bundle.exchange import in_place
from paddle_lab.bundle.locate import find_bundle
from paddle_lab.bundle.manifest import FIRST_RUNTIME, load_manifest
from paddle_lab.bundle.proof import TOLERANCE, ExportProof
from paddle_lab.bundle.runtimes import RUNTIMES, refused_here
from paddle_lab.errors import BundleError
from paddle_lab.i18n import T, Text

TIMEOUT_S: Final = 600.0
_POLL_S: Final = 0.1
# What a notebook's or a launcher's environment must not bring into the check.
_UNWANTED: Final = ("FLAGS_", "GLOG_", "PADDLE_", "JPY_", "OMP_", "KMP_", "PYTHON", "COVERAGE_")
_WANTED: Final = (
    "PADDLE_LAB_LANG",
    "PYTHONHOME",
    "PYTHONUSERBASE",
    "PYTHONNOUSERSITE",
    "PYTHONPYCACHEPREFIX",
)

Heartbeat = Callable[[float], None]


def verify_bundle(
    path: str | Path, *, timeout_s: float = TIMEOUT_S, heartbeat: Heartbeat | None = None
) -> ExportProof:
    """Check a finished bundle again, in a fresh process, against the sentences it carries.

    Works on any machine: no row of the training data is needed. Each runtime that the bundle was
    made for, and that runs here, is checked; the proof is that of Paddle's, or of the first.
    ``path`` as in :func:`paddle_lab.load_bundle`. Raises BundleError when it is damaged or does not
    answer as the trained model did, EnvError when what a runtime runs on is not installed.
    """
    folder = find_bundle(path)

    def check() -> dict[str, ExportProof]:
        proofs = {}
        for runtime in load_manifest(folder, check_hashes=False).runtimes:
            if refused_here(runtime) is not None:
                continue
            with tempfile.TemporaryDirectory(prefix="paddle-lab-verify-") as work:
                proofs[runtime] = check_in_fresh_process(
                    folder, Path(work), timeout_s=timeout_s,
                    heartbeat=heartbeat or (lambda _: None), runtime=runtime,
                )  # fmt: skip
        return proofs

    proofs = in_place(folder, check)
    for runtime, proof in proofs.items():
        if (why := proof.failure()) is not None:
            raise _answers_otherwise(folder, runtime, why)
    return proofs.get(FIRST_RUNTIME) or next(iter(proofs.values()))


def _answers_otherwise(folder: Path, runtime: str, why: Text) -> BundleError:
    return BundleError(
        T(
            "The bundle {folder} does not answer as the trained model did (runtime {runtime}).",
            "模型包 {folder} 的答案与训练好的模型不同（运行时 {runtime}）。",
            folder=folder,
            runtime=runtime,
        ),
        why,
        T(
            "Use the versions it was made with, or export it again: %ernie_export RUN",
            "请使用生成它的版本，或重新导出：%ernie_export RUN",
        ),
        code="bundle.check_failed",
    )


def check_in_fresh_process(
    folder: Path,
    work: Path,
    *,
    expected: Path | None = None,
    tolerance: float = TOLERANCE,
    timeout_s: float = TIMEOUT_S,
    heartbeat: Heartbeat = lambda seconds: None,
    unproven: bool = False,
    runtime: str = FIRST_RUNTIME,
) -> ExportProof:
    """Run :mod:`paddle_lab.bundle.verify` on ``folder`` in the empty folder ``work``.

    ``heartbeat`` hears the seconds so far and may raise to give up. Returns the proof, passed or
    not. Raises BundleError when the process cannot be started, dies, or takes longer than
    ``timeout_s``; it is then killed.
    """
    result = work / "result.json"
    command = [sys.executable, "-m", "paddle_lab.bundle.verify", str(folder)]
    command += ["--result", str(result), "--tolerance", repr(tolerance)]
    command += ["--runtime", runtime]
    command += [] if RUNTIMES.get(runtime).anywhere else ["--device", "auto"]
    command += ["--expect", str(expected)] if expected is not None else []
    command += ["--unproven"] if unproven else []
    code = _run(command, work, timeout_s, heartbeat)
    content = _answer(result, code, work)
    try:
        return ExportProof.from_json(content["proof"])
    except (KeyError, TypeError) as error:
        raise _died(code, work) from error


def convert_in_fresh_process(
    folder: Path,
    work: Path,
    runtime: str,
    *,
    kept: Path | None = None,
    timeout_s: float = TIMEOUT_S,
    heartbeat: Heartbeat = lambda seconds: None,
) -> tuple[str, ...]:
    """Run :mod:`paddle_lab.bundle.convert` on ``folder``; returns the runtime's files in it.

    ``kept`` is a file of the ids whose words stay, for ``runtime`` "fewer-words".

    Raises BundleError when it cannot be converted, and as :func:`check_in_fresh_process`;
    EnvError where a tool is not installed.
    """
    result = work / f"{runtime}.json"
    command = [sys.executable, "-m", "paddle_lab.bundle.convert", str(folder), runtime]
    command += [str(result), *([] if kept is None else [str(kept)])]
    code = _run(command, work, timeout_s, heartbeat)
    content = _answer(result, code, work)
    return tuple(str(name) for name in content["files"])


def _answer(result: Path, code: int, work: Path) -> dict[str, Any]:
    """What the process wrote. Raises the error that it wrote, BundleError when it wrote nothing."""
    try:
        content = dict(json.loads(result.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise _died(code, work) from error
    if "error" in content:
        raise BundleError.from_json(content["error"])
    return content


def _run(command: list[str], work: Path, timeout_s: float, heartbeat: Heartbeat) -> int:
    started = time.monotonic()
    try:
        with (work / "output.txt").open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=work,
                env=clean_environment(dict(os.environ)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # the notebook's interrupt button is not meant for it
            )
    except OSError as error:
        raise BundleError(
            T("The check's process cannot be started.", "无法启动用于验证的进程。"),
            T("{command}: {error}", "{command}：{error}", command=command[0], error=error),
            code="bundle.check_not_started",
        ) from error
    try:
        while True:
            try:
                return process.wait(timeout=_POLL_S)
            except subprocess.TimeoutExpired:
                seconds = time.monotonic() - started
                heartbeat(seconds)
                if seconds > timeout_s:
                    raise _too_slow(timeout_s) from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def clean_environment(inherited: dict[str, str]) -> dict[str, str]:
    """The caller's environment without its switches, and with the way to this package."""
    environment = {
        name: value
        for name, value in inherited.items()
        if name in _WANTED or not name.startswith(_UNWANTED)
    }
    home = str(Path(__file__).resolve().parents[2])
    inherited_path = inherited.get("PYTHONPATH", "").split(os.pathsep)
    search = [entry for entry in inherited_path if os.path.isabs(entry)]  # noqa: PTH117
    # An installed package is found anyway, and must not come before the standard library.
    if home not in {str(Path(entry).resolve()) for entry in _site_folders()}:
        search.insert(0, home)
    if search:
        environment["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(search))
    environment["PYTHONUTF8"] = "1"
    environment["GLOG_minloglevel"] = "2"
    return environment


def _site_folders() -> list[str]:
    return [*site.getsitepackages(), site.getusersitepackages()]


def _too_slow(timeout_s: float) -> BundleError:
    return BundleError(
        T(
            "The check of the bundle took longer than {seconds:.0f} s and was ended.",
            "模型包的验证超过 {seconds:.0f} 秒，已被终止。",
            seconds=timeout_s,
        ),
        T("The machine is busy or out of memory.", "机器繁忙或内存不足。"),
        T("Try again later: %ernie_export RUN", "请稍后重试：%ernie_export RUN"),
        code="bundle.check_timeout",
    )


def _died(code: int, work: Path) -> BundleError:
    try:
        lines = (work / "output.txt").read_text(encoding="utf-8", errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    except OSError as error:
        last = str(error)
    return BundleError(
        T(
            "The check's process ended with code {code} and said nothing.",
            "用于验证的进程以代码 {code} 结束，没有给出结果。",
            code=code,
        ),
        T("{last}", "{last}", last=last[:300]) if last else None,
        T(
            "Killed from outside or out of memory, most often; try again: %ernie_export RUN",
            "多半是被外部终止或内存不足；请重试：%ernie_export RUN",
        ),
        code="bundle.check_died",
    )
