"""Trust is given by a person, for one call: no file, cell, setting or folder can give it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paddle_lab import api
from paddle_lab.commands import Context
from paddle_lab.commands.export import build_parser as export_parser
from paddle_lab.commands.finetune import FinetuneOptions, build_parser, given_options, start
from paddle_lab.errors import UsageError
from paddle_lab.options.files import read_options
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.runs.reproduce import commands
from paddle_lab.training import start as starting
from paddle_lab.training.launchers import thread
from paddle_lab.training.run import Run


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")


def test_what_a_run_holds_neither_says_trust_nor_hears_it() -> None:
    spec = RunSpec.from_json({"train": "reviews", "trust": True})
    assert not hasattr(spec, "trust")
    assert "trust" not in spec.to_json()
    assert not any("trust" in text for text in commands(spec).values())


@pytest.mark.parametrize("value", ["true", "false", "'yes'", "null", "[1]"])
@pytest.mark.parametrize("kind", ["cell", "file"])
def test_a_file_or_cell_that_says_trust_is_refused(tmp_path: Path, kind: str, value: str) -> None:
    text = f"epochs: 1\ntrust: {value}\n"
    path = tmp_path / "run.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="put --trust on the command's line") as caught:
        source = text if kind == "cell" else str(path)
        read_options(FinetuneOptions, source, kind, "%ernie_finetune")
    assert caught.value.code == "usage.trust"
    assert caught.value.why is not None and caught.value.fix is not None


def test_the_line_gives_trust_beside_the_options_not_among_them() -> None:
    args = build_parser().parse_args(shlex.split("reviews --trust --epochs 1"))
    assert args.trust is True
    assert given_options(args, Context()) == {"train": "reviews", "epochs": 1.0}
    assert export_parser().parse_args(["last", "--trust"]).trust is True
    assert export_parser().parse_args(["last"]).trust is False


@pytest.mark.parametrize(
    ("line", "trust"),
    [
        ("reviews", False),
        ("reviews --trust", True),
        ("--resume last", False),
        ("--resume last --trust", True),
    ],
)
def test_the_command_hands_it_to_this_one_call(
    line: str, trust: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: dict[str, Any] = {}
    monkeypatch.setattr(api, "launch", lambda *data, **options: called.update(options))
    start(build_parser().parse_args(shlex.split(line)), Context())
    assert called["trust"] is trust


def test_python_takes_true_or_false_and_nothing_like_it(registry_root: Path) -> None:
    for value in ("no", 1, None):
        with pytest.raises(UsageError, match="expected: true or false"):
            api.finetune("reviews", trust=value)  # type: ignore[arg-type]


def test_an_isolated_run_hears_it_from_its_command_line_alone(
    make_run: Callable[..., RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[list[str]] = []
    monkeypatch.setattr(Run, "start", lambda run, worker: begun.append(worker.command))
    folder = make_run(isolate=True)
    info = json.loads(folder.info_path.read_text("utf-8"))
    info["spec"]["trust"] = True
    folder.info_path.write_text(json.dumps(info), "utf-8")
    starting.begin(folder, resume=False)
    starting.begin(folder, resume=False, trust=True)
    assert ["--trust" in command for command in begun] == [False, True]


@pytest.mark.parametrize("trust", [False, True])
def test_a_run_in_this_process_hears_it_as_an_argument(
    trust: bool, make_run: Callable[..., RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[bool] = []
    monkeypatch.setattr(thread, "prepare_process", lambda spec: None)
    monkeypatch.setattr(thread, "import_paddle", lambda: None)
    monkeypatch.setattr(
        Run, "start", lambda run, worker: heard.append(worker.session.keywords["trust"])
    )
    starting.begin(make_run(), resume=False, trust=trust)
    assert heard == [trust]
