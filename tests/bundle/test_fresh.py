"""The fresh process: what it inherits, how it ends, and its own command line."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle.making import make_bundle
from bundle.tiny import LABELS, REPOSITORY, build_tokenizer_json, python

from paddle_lab.bundle import fresh, verify_bundle
from paddle_lab.bundle.fresh import check_in_fresh_process, clean_environment
from paddle_lab.bundle.proof import Expected, compare
from paddle_lab.errors import BundleError
from paddle_lab.tasks.classify.codec import ClassifyCodec


def test_switches_of_the_notebook_do_not_reach_it() -> None:
    inherited = {
        "PATH": "/bin",
        "HOME": "/home/x",
        "LD_LIBRARY_PATH": "/cuda",
        "CUDA_VISIBLE_DEVICES": "1",
        "FLAGS_use_mkldnn": "0",
        "PADDLE_TRAINER_ENDPOINTS": "a,b",
        "OMP_NUM_THREADS": "1",
        "PYTHONSTARTUP": "x.py",
        "PYTHONINSPECT": "1",
        "PYTHONPATH": os.pathsep.join(["", ".", "relative", "/absolute"]),
        "PADDLE_LAB_LANG": "zh",
    }
    found = clean_environment(inherited)
    assert {"PATH", "HOME", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "PADDLE_LAB_LANG"} <= set(
        found
    )
    assert not {"FLAGS_use_mkldnn", "PADDLE_TRAINER_ENDPOINTS", "OMP_NUM_THREADS"} & set(found)
    assert "PYTHONSTARTUP" not in found and "PYTHONINSPECT" not in found
    assert found["PYTHONPATH"].split(os.pathsep) == [str(REPOSITORY), "/absolute"]


def test_an_installed_package_does_not_come_before_the_standard_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fresh, "_site_folders", lambda: [str(REPOSITORY)])
    assert "PYTHONPATH" not in clean_environment({})


def test_a_process_that_dies_is_told_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho 'Killed by nobody in particular'\nexit 7\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    with pytest.raises(BundleError) as caught:
        check_in_fresh_process(make_bundle(tmp_path / "bundle"), tmp_path)
    assert "code 7" in caught.value.in_language("en") and "nobody" in caught.value.in_language("en")


def test_an_interpreter_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with pytest.raises(BundleError, match="no-python"):
        check_in_fresh_process(make_bundle(tmp_path / "bundle"), tmp_path)


def test_a_slow_process_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "python"
    script.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    pids: list[int] = []

    def heartbeat(_: float) -> None:
        while not pids:
            with contextlib.suppress(OSError, ValueError):
                pids.append(int((tmp_path / "pid").read_text()))

    with pytest.raises(BundleError) as caught:
        check_in_fresh_process(
            make_bundle(tmp_path / "bundle"), tmp_path, timeout_s=0.5, heartbeat=heartbeat
        )
    assert "longer than" in caught.value.in_language("en")
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def difference(expected: np.ndarray, found: np.ndarray) -> tuple[bool, float, int]:
    codec = ClassifyCodec(build_tokenizer_json(), 16, ["a", "b"])
    rows = {"text": ["x"] * len(expected)}
    windows = codec.encode(rows)
    seen = compare(codec, rows, windows, {"logits": expected}, {"logits": found}, 1e-4)
    return seen.equal, seen.largest, seen.ties


def test_comparison_is_by_answer_difference_and_ties() -> None:
    one = np.array([[1.0, 0.0], [0.0, 0.5]], dtype=np.float32)
    assert difference(one, one) == (True, 0.0, 0)
    assert difference(one, one + np.float32(0.25))[:2] == (True, 0.25)
    assert difference(one, one[:, ::-1])[0] is False
    tie = np.array([[0.5, 0.50005]], dtype=np.float32)
    assert difference(tie, tie[:, ::-1])[::2] == (True, 1)
    assert difference(one, one * np.nan) == (False, float("inf"), 0)
    assert difference(one, one[:1])[0] is False


@pytest.mark.slow
def test_a_stored_logit_that_differs_is_found_again(copy_of: Path) -> None:
    """What an untouched bundle says on a machine where Paddle computes otherwise."""
    from dataclasses import asdict

    from bundle.making import rewrite

    from paddle_lab.bundle.manifest import file_entry

    path = copy_of / "proof.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["outputs"]["logits"][3][0] += 0.01
    path.write_text(json.dumps(content), encoding="utf-8")
    rewrite(copy_of, lambda m: m["files"].update({"proof.json": asdict(file_entry(path))}))
    with pytest.raises(BundleError) as caught:
        verify_bundle(copy_of)
    assert "1.00e-02" in caught.value.in_language("en")


@pytest.mark.slow
def test_the_command_line_takes_anyones_rows(exported: tuple[Path, Any], tmp_path: Path) -> None:
    texts = ["好", "差"]
    outputs = {"logits": np.zeros((2, len(LABELS)), np.float32)}
    Expected({"text": texts}, outputs).write(tmp_path / "mine.json")
    code = "import sys; from paddle_lab.bundle.verify import main; sys.exit(main(sys.argv[1:]))"
    done = python(code, str(exported[0]), "--expect", str(tmp_path / "mine.json"))
    proof = json.loads(done.stdout)["proof"]
    assert done.returncode == 1 and proof["rows"] == 2 and proof["ok"] is False
    again = python(code, str(exported[0]), "--tolerance", "1e-5")
    assert again.returncode == 0 and json.loads(again.stdout)["proof"]["tolerance"] == 1e-5
    nothing = python(code, str(tmp_path))
    assert nothing.returncode == 2
    assert "not a bundle" in json.loads(nothing.stdout)["error"]["what"]["en"]
