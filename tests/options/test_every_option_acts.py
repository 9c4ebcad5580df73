"""Every option acts: given in whatever way, it reaches the specification and changes what it names.

The table `EFFECTS` says of each option of a run what it changes. A new option fails here until it
has a line, and one that changes nothing fails for as long as it does.
"""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml
from data.workbooks import workbook
from options.built import WORDS, Built, notebook, words_of, write_model, write_rows

from paddle_lab import api, cli
from paddle_lab.commands import Context, data
from paddle_lab.errors import PaddleLabError
from paddle_lab.magics.awaiting import awaiting_magics
from paddle_lab.options import find_option, options_of
from paddle_lab.options.data import DataOptions
from paddle_lab.runs import RunSpec
from paddle_lab.training.preflight import read_first

ANOTHER = object()
EMBEDDINGS = "ernie.embeddings.word_embeddings.weight"


@dataclass(frozen=True)
class Effect:
    """``watch`` sees ``seen`` with ``value``, and something else without.

    ``given`` are other options of both; ``seen`` left out is anything but what is seen without.
    """

    value: Any
    watch: Callable[[Built], Any]
    seen: Any = ANOTHER
    given: dict[str, Any] = field(default_factory=dict)
    heavy: bool = True


def of_rows(value: Any, watch: Callable[[Any], Any], seen: Any = ANOTHER, **given: Any) -> Effect:
    """An effect on the rows that are read; a refusal is one, too."""

    def outcome(built: Built) -> Any:
        try:
            return watch(built.prepared)
        except PaddleLabError as error:
            return type(error)

    return Effect(value, outcome, seen, given, heavy=False)


def first_look(built: Built) -> str | None:
    """What is said before a run is made."""
    try:
        read_first(built.spec, {})
    except PaddleLabError as error:
        return error.code
    return None


def dropouts(built: Built) -> set[float]:
    import paddle

    layers = built.loop.model.sublayers()
    return {layer.p for layer in layers if isinstance(layer, paddle.nn.Dropout)}


def rows_evaluated_at_once(built: Built) -> int:
    sizes: list[int] = []
    watched = built.loop.model.register_forward_pre_hook(
        lambda layer, inputs, keywords: sizes.append(len(keywords["input_ids"])), with_kwargs=True
    )
    built.loop.evaluate("dev", built.prepared.dev, built.inputs.dev)
    watched.remove()
    return max(sizes)


def layers_computed_again(built: Built) -> int:
    from paddlenlp.transformers import model_outputs

    calls = []
    with pytest.MonkeyPatch.context() as patch:
        real = model_outputs.recompute
        patch.setattr(model_outputs, "recompute", lambda *given: (calls.append(1), real(*given))[1])
        built.trainer.training_step(built.loop.model, next(iter(built.loop.loader)))
    return len(calls)


def threads_asked_for(built: Built) -> Any:
    from paddle.base import core

    asked: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core, "set_num_threads", asked.append)
        assert built.run.state.state == "finished"
    return set(asked)


def device(built: Built) -> str:
    try:
        return built.loop.device
    except PaddleLabError as error:
        return str(error.what.en)


def chosen(built: Built) -> float | None:
    """By which figure an evaluation is judged."""
    built.loop.hooks.take_evaluation(1, 1.0, {"accuracy": 0.75, "macro_f1": 0.5, "loss": 1.0})
    return built.loop.hooks.best.metric


def how_begun(built: Built) -> str:
    from paddle_lab.training.run import Run
    from paddle_lab.training.start import begin

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "start", lambda run, worker: type(worker).__name__)
        return str(begin(built.folder, resume=False))


def launched(option: str) -> Callable[[Built], str]:
    """What the supervisor of several processes is told of an option; the error where it is none."""

    def watch(built: Built) -> str:
        from paddle_lab.training.ranks.placing import placing_of
        from paddle_lab.training.run import Run
        from paddle_lab.training.start import begin

        def told(run: Run, worker: Any) -> str:
            words = dict(
                word.split("=", 1) for word in getattr(worker, "command", ()) if "=" in word
            )
            return str(words.get(f"--{option}", "none"))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Run, "start", told)
            try:
                placing = placing_of(built.spec)
                return str(begin(built.folder, resume=False, placing=placing))
            except PaddleLabError as error:
                return error.code

    return watch


def notices(built: Built) -> set[str]:
    return {notice["code"] for notice in built.run.state.notices}


def report_blocks(built: Built) -> str:
    report = built.run.folder.report_data()
    return "TF-IDF" if "TF-IDF" in str(report) else "none"


EFFECTS: dict[str, Effect] = {
    "train": of_rows("more.tsv", lambda data: len(data.train) + len(data.dev), 60),
    "dev": of_rows("other.tsv", lambda data: len(data.dev), 20),
    "test": of_rows("other.tsv", lambda data: data.test and len(data.test), 20),
    "text": of_rows("b", lambda data: data.train.texts[0][-1], "乙", train="named.tsv", label="l"),
    "label": of_rows("m", lambda data: data.labels, ["0", "1", "2"], train="named.tsv", text="a"),
    "column": of_rows({"label": "m"}, lambda data: data.labels, ["0", "1", "2"],
                      train="named.tsv", text="a"),
    "sep": of_rows("|", lambda data: "|" in data.train.texts[0], False, train="bars.tsv"),
    "encoding": of_rows("latin-1", lambda data: data.train.texts[0][:2] in WORDS, False),
    "sheet": of_rows("第二批", lambda data: len(data.train) + len(data.dev), 20, train="book.xlsx"),
    "split": of_rows(0.5, lambda data: len(data.dev) > 10, True),
    "limit": of_rows(10, lambda data: len(data.train), 10),
    "skip_bad": of_rows(True, lambda data: len(data.train) + len(data.dev), 40, train="bad.tsv"),
    "max_len": Effect(9, lambda built: int(built.inputs.train.lengths().max()), 9,
                      {"train": "long.tsv"}),
    "add": of_rows(("other.tsv",), lambda data: len(data.train) + len(data.dev), 60),
    "drop_issues": of_rows("issues.tsv", lambda data: len(data.train) + len(data.dev), 39),
    "soft": Effect("answers.jsonl", lambda built: built.inputs.train.targets["labels"].ndim, 2),
    "task": Effect("twin", lambda built: built.loop.task.name, "twin"),
    "model": Effect("other", lambda built: built.weights[EMBEDDINGS].tolist()),
    "random_init": Effect(True, lambda built: built.weights[EMBEDDINGS].tolist()),
    "layers": Effect(1, lambda built: len(built.loop.model.ernie.encoder.layers), 1),
    "dropout": Effect(0.4, lambda built: max(dropouts(built)), 0.4),
    "epochs": Effect(3.0, lambda built: built.run.state.total_steps, 15),
    "batch_size": Effect(6, lambda built: len(next(iter(built.loop.loader))["labels"]), 6),
    "eval_batch_size": Effect(2, rows_evaluated_at_once, 2),
    "lr": Effect(0.25, lambda built: max(built.rates), 0.25),
    "warmup": Effect(0.5, lambda built: int(np.argmax(built.rates)), 5),
    "weight_decay": Effect(0.3, lambda built: built.trainer.optimizer._weight_decay, 0.3),
    "metric": Effect("macro_f1", chosen, 0.5),
    "early_stopping": Effect(1, lambda built: "early-stopping" in notices(built), True,
                             {"epochs": 4.0, "lr": 1e-9}),
    "evals_per_epoch": Effect(2, lambda built: built.count("eval"), 2),
    "checkpoint_minutes": Effect(1e-6, lambda built: built.count("checkpoint") > 1, True),
    "seed": Effect(7, lambda built: built.weights["classifier.weight"].tolist()),
    "precision": Effect("bf16", lambda built: built.loop._fast.bfloat16, True),
    "save_memory": Effect(True, layers_computed_again, 2),
    "threads": Effect(3, threads_asked_for, {3}),
    "device": Effect("gpu:77", device),
    "procs": Effect(2, launched("procs"), "2"),
    "gpus": Effect("77,", launched("gpus"), "env.no_gpu", {"device": "auto"}),
    "nnodes": Effect(2, launched("nnodes"), "2", {"procs": 2}),
    "master": Effect("127.0.0.1:29999", launched("master"), "127.0.0.1:29999",
                     {"nnodes": 2}),
    "nodes": Effect("here,there", launched("nodes"), "here,there", {"procs": 2}),
    "restarts": Effect(3, launched("restarts"), "3"),
    "extra": Effect({"max_grad_norm": 0.125},
                    lambda built: built.trainer.optimizer._grad_clip.clip_norm, 0.125),
    "name": Effect("my-own", lambda built: built.folder.path.name.rpartition("-")[0], "my-own"),
    "out": Effect("elsewhere", lambda built: built.folder.path.parent.name, "elsewhere"),
    "isolate": Effect(True, how_begun, "ProcessWorker"),
    "export": Effect(True, lambda built: built.run.bundle is not None, True),
    "baseline": Effect(True, report_blocks, "TF-IDF"),
    "require_licence": Effect("mit", first_look, "model.licence", heavy=False),
    "report_to": Effect("visualdl", lambda built: built.run and
                        (built.folder.path / "visualdl").is_dir(), True),
}  # fmt: skip


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What every line here gives, in a folder with files to choose from."""
    for name in ("DATA_DIR", "CACHE_DIR", "RUNS_DIR"):
        monkeypatch.setenv(f"PADDLE_LAB_{name}", str(tmp_path / name.lower()))
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    monkeypatch.chdir(tmp_path)
    write_rows(Path("few.tsv"), 40)
    write_rows(Path("more.tsv"), 60)
    write_rows(Path("other.tsv"), 20, mark="另")
    write_rows(Path("long.tsv"), 40, mark="好差书店很不错的")
    write_rows(Path("bars.tsv"), 40, form="{text}|{label}\t{other}")
    write_rows(Path("named.tsv"), 60, form="{text}甲\t{text}乙\t{label}\t{other}")
    Path("named.tsv").write_text("a\tb\tl\tm\n" + Path("named.tsv").read_text("utf-8"), "utf-8")
    Path("bad.tsv").write_text(Path("few.tsv").read_text("utf-8") + "没有标签\n", "utf-8")
    first, second = (
        [line.split("\t") for line in Path(name).read_text("utf-8").splitlines()]
        for name in ("few.tsv", "other.tsv")
    )
    Path("book.xlsx").write_bytes(workbook({"第一批": first, "第二批": second}))
    wrong = Path("few.tsv").read_text("utf-8").splitlines()[0]
    Path("issues.tsv").write_text(f"text\tlabel\tconfirmed\n{wrong}\tyes\n", "utf-8")
    answers = [
        {"labels": ["0", "1"], "teacher": {"name": "larger"}},
        {"text": "好", "p": [0.2, 0.8]},
    ]
    Path("answers.jsonl").write_text("\n".join(map(json.dumps, answers)), "utf-8")
    write_model(Path("tiny"))
    return {"train": "few.tsv", "model": "tiny", "max_len": 12, "batch_size": 8, "epochs": 1.0,
            "lr": 1e-3, "device": "cpu", "export": False, "baseline": False}  # fmt: skip


def test_each_option_of_a_run_says_what_it_changes() -> None:
    assert sorted(EFFECTS) == sorted(option.name for option in options_of(RunSpec))


class Launched(Exception):
    """The run that would have begun."""

    def __init__(self, spec: RunSpec) -> None:
        self.spec = spec


def by_magic(given: dict[str, Any]) -> Any:
    shown = awaiting_magics(notebook())["_ernie_finetune_await"]
    return asyncio.run(shown(shlex.join(words_of(given))))


def by_cell(given: dict[str, Any]) -> Any:
    shown = awaiting_magics(notebook())["_ernie_finetune_await"]
    return asyncio.run(shown("", in_yaml(given)))


def by_file(given: dict[str, Any]) -> Any:
    Path("run.yaml").write_text(in_yaml(given), encoding="utf-8")
    return cli.main(["finetune", "--config", "run.yaml"])


def in_yaml(given: dict[str, Any]) -> str:
    keys = {find_option(RunSpec, name).key: value for name, value in given.items()}
    return str(yaml.safe_dump(keys, allow_unicode=True))


@pytest.mark.parametrize("name", EFFECTS)
@pytest.mark.parametrize(
    "way",
    [
        by_magic,
        by_cell,
        by_file,
        lambda given: cli.main(["finetune", *words_of(given)]),
        lambda given: api.finetune(**given),
    ],
    ids=["magic", "cell", "file", "terminal", "python"],
)
def test_given_in_any_way_it_is_in_the_specification(
    way: Callable[[dict[str, Any]], Any],
    name: str,
    base: dict[str, Any],
    twin: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def launch(train: Any, dev: Any, *, resume: Any, trust: Any, names: Any, show: Any,
               **options: Any) -> None:  # fmt: skip
        raise Launched(api.specify(train, dev, names or {}, options)[0])

    monkeypatch.setattr(api, "launch", launch)
    value = EFFECTS[name].value
    with pytest.raises(Launched) as launched:
        way({**base, **EFFECTS[name].given, name: value})
    assert getattr(launched.value.spec, name) == value


@pytest.fixture
def twin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second task, as another package would bring it."""
    from paddle_lab import plugins
    from paddle_lab.tasks.classify.task import Classify

    class Twin(Classify):
        name = "twin"

    monkeypatch.setattr(
        plugins.importlib.metadata,
        "entry_points",
        lambda group: [SimpleNamespace(name="twin", load=Twin)] if "tasks" in group else [],
    )


def heavy(name: str) -> Any:
    return pytest.param(name, marks=[pytest.mark.slow] if EFFECTS[name].heavy else [])


@pytest.mark.parametrize("name", [heavy(name) for name in EFFECTS])
def test_it_changes_what_it_names(name: str, base: dict[str, Any], twin: None) -> None:
    effect = EFFECTS[name]
    if name == "model":
        write_model(Path("other"), seed=1)
    given = {**base, **effect.given}
    without = effect.watch(Built(given))
    seen = effect.watch(Built({**given, name: effect.value}))
    assert seen != without
    if effect.seen is not ANOTHER:
        assert seen == effect.seen


@pytest.mark.parametrize("name", [option.name for option in options_of(DataOptions)])
def test_the_data_command_reads_and_reports_as_a_run_would(
    name: str, base: dict[str, Any], twin: None
) -> None:
    def found(given: dict[str, Any]) -> Any:
        args = data.build_parser().parse_args(words_of(given))
        try:
            return data.execute(args, Context()).json
        except PaddleLabError as error:
            return str(error)

    effect = EFFECTS[name]
    given = {"train": base["train"], "max_len": 12, **effect.given}
    with_it = {**given, name: effect.value}
    assert found(with_it) != found(given)
    prepared = Built({**base, **with_it}).prepared
    assert found(with_it)["fingerprint"] == prepared.fingerprint
    assert found(with_it)["parts"] == prepared.report.to_json()["parts"]
