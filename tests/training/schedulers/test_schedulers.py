"""What a kit writes starts the run: the scripts are run here, with stand-ins for the schedulers."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from paddle_lab import cli
from paddle_lab.commands.finetune import build_parser
from paddle_lab.commands.launch import build_parser as launch_parser
from paddle_lab.runs import Registry, RunFolder, RunSpec
from paddle_lab.training.schedulers import MACHINE, SCHEDULERS, Job, machine_script, words_of

SPEC = RunSpec(train="/data/train one.tsv", epochs=2.0, procs=4, nnodes=2, master="old:1234")
JOB = Job("reviews", words_of(SPEC), machines=2, procs=3, image="r.example/lab:1", claim="runs")
#: Says what it was called with, in place of paddle-lab.
TELLS = '#!/bin/sh\nprintf "%s\\n" "$*" >> "$TOLD"\n'
SRUN = """#!/bin/sh
while [ "${1#--}" != "$1" ]; do shift; done
for number in 0 1; do SLURM_NODEID=$number SLURM_NNODES=2 "$@" || exit 1; done
"""
SSH = '#!/bin/sh\nwhile [ "$1" != "--" ]; do shift; done\nshift 2\nexec sh -c "$*"\n'


@pytest.fixture
def started(tmp_path: Path) -> Callable[..., list[list[str]]]:
    """The calls of ``paddle-lab`` that a script comes to."""

    def start(files: dict[str, str], command: str, **more: str) -> list[list[str]]:
        programs, work, told = tmp_path / "bin", tmp_path / "work", tmp_path / "told"
        for name, content in {
            "paddle-lab": TELLS, "srun": SRUN, "ssh": SSH,
            "scontrol": "#!/bin/sh\necho gpu1\necho gpu2\n",
        }.items():  # fmt: skip
            programs.mkdir(exist_ok=True)
            (programs / name).write_text(content)
            (programs / name).chmod(0o755)
        work.mkdir(exist_ok=True)
        for name, content in files.items():
            (work / name).write_text(content, encoding="utf-8")
        environment = {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "TOLD": str(told), **more,
        }  # fmt: skip
        done = subprocess.run(
            ["sh", "-c", command], cwd=work, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return [shlex.split(line) for line in sorted(told.read_text().splitlines())]

    return start


def files_of(name: str, job: Job = JOB) -> dict[str, str]:
    return {MACHINE: machine_script(job), **SCHEDULERS.get(name).files(job)}


def checked(calls: list[list[str]]) -> tuple[Any, Any]:
    """The options of the first machine's call, and of the other's, as the commands read them."""
    first, other = calls
    assert first[0] == "finetune" and other[0] == "launch"
    words = first[1:]
    # printf has joined the words: the path with a blank is two here.
    words = [word for word in words if word not in ("/data/train", "one.tsv")]
    return (
        build_parser("x").parse_args([*words, "data.tsv"]),
        launch_parser("x").parse_args(other[1:]),
    )


def test_slurm_starts_a_part_on_each_machine(started: Callable[..., list[list[str]]]) -> None:
    calls = started(files_of("slurm"), "bash job.sbatch", SLURM_JOB_ID="77", SLURM_JOB_NODELIST="x")
    first, other = checked(calls)
    assert first.master == other.master == "gpu1:20077"
    assert first.nnodes == other.nnodes == 2 and first.procs == other.procs == 3
    assert other.node_rank == 1 and other.run == first.out and first.out.endswith("runs-77")
    assert first.epochs == 2.0


def test_ssh_starts_a_part_on_each_host(started: Callable[..., list[list[str]]]) -> None:
    first, other = checked(started(files_of("ssh"), "sh start.sh me@gpu1 gpu2"))
    assert first.master == other.master == "gpu1:29500" and other.node_rank == 1
    assert first.procs == other.procs == 3


@pytest.mark.parametrize(
    ("manifest", "environment"),
    [
        ("paddlejob.yaml", lambda n: {"HOSTNAME": f"reviews-worker-{n}", "PADDLE_NNODES": "2",
                                      "PADDLE_MASTER": "reviews-worker-0:29500"}),
        ("volcano.yaml", lambda n: {"VC_TASK_INDEX": str(n),
                                    "VC_WORKER_HOSTS": "reviews-worker-0.reviews,b"}),
    ],
)  # fmt: skip
def test_a_cluster_starts_a_part_in_each_pod(
    manifest: str,
    environment: Callable[[int], dict[str, str]],
    started: Callable[..., list[list[str]]],
    tmp_path: Path,
) -> None:
    files = files_of("k8s", replace(JOB, gpus=4, procs=1))
    pod = pod_of(yaml.safe_load(files[manifest]))
    (container,) = pod["containers"]
    command = container["command"][2].replace("/job/", "").replace("/runs/", f"{tmp_path}/runs/")
    for number in (0, 1):
        calls = started({MACHINE: files[MACHINE]}, command, **environment(number))
    first, other = checked(calls)
    assert first.master == other.master and first.master.startswith("reviews-worker-0")
    assert first.gpus == other.gpus == "4" and other.node_rank == 1
    assert container["resources"]["limits"] == {"nvidia.com/gpu": 4}
    script = yaml.safe_load(files["script.yaml"])
    assert script["data"][MACHINE] == files[MACHINE]
    assert {one["name"] for one in container["volumeMounts"]} == {
        one["name"] for one in pod["volumes"]
    }


def pod_of(manifest: Any) -> Any:
    spec = manifest["spec"]
    if manifest["kind"] == "PaddleJob":
        return spec["paddleReplicaSpecs"]["Worker"]["template"]["spec"]
    return spec["tasks"][0]["template"]["spec"]


def test_started_again_it_goes_on_with_the_run_that_is_there(
    started: Callable[..., list[list[str]]], tmp_path: Path
) -> None:
    run = tmp_path / "shared" / "reviews-1a2b"
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}")
    (call,) = started(
        {MACHINE: machine_script(JOB)}, f"sh {MACHINE} 0 2 gpu1:29500 {tmp_path}/shared"
    )
    assert call[:3] == ["finetune", "--resume", str(run)]


def test_one_machine_by_itself_waits_for_no_other() -> None:
    script = machine_script(replace(JOB, machines=1, gpus=8))
    assert "--master" not in script and "--gpus 8" in script


def test_the_command_is_the_runs_own_but_for_where_it_was_worked_on() -> None:
    assert words_of(SPEC).startswith("'/data/train one.tsv' ") and "--epochs 2.0" in words_of(SPEC)
    assert not {"--procs", "--nnodes", "--master"} & set(shlex.split(words_of(SPEC)))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "home"))
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    monkeypatch.chdir(tmp_path)
    folder = RunFolder.create(SPEC, tmp_path / "runs")
    Registry().add(folder)
    return folder


def test_the_command_writes_a_kit_once(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["launch", "last", "--kit", "slurm", "--nnodes", "2", "--gpus", "4", "--out", "job"]
    assert cli.main([*line, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["files"] == ["job.sbatch", MACHINE] and told["steps"][-1] == "sbatch job.sbatch"
    assert "--gpus-per-node=4" in Path("job/job.sbatch").read_text()
    assert cli.main(line) == 2
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--kit k8s", "--image is missing"),
        ("--kit k8s --image r.example/lab:1", "--claim is missing"),
        ("--kit k8s --image $(x) --claim runs", "--image is missing, or"),
        ("--kit slurm --image r.example/lab:1", "--image says nothing"),
        ("--kit slurm --gpus 0,1", "so many GPUs"),
        ("--kit slurm --gpus 2 --procs 2", "--procs is for the CPU"),
        ("--kit ssh --node-rank 1", "is told its number"),
        ("--kit pbs", "pbs"),
        ("--out job", "--kit is missing"),
    ],
)
def test_what_does_not_fit_a_kit_is_refused(
    options: str, said: str, run: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["launch", "last", *options.split()]) == 2
    assert said in capsys.readouterr().err
    assert not Path("job").exists()
