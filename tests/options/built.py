"""A run of the command's line, built up to where each option acts: data, model, loader, events."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from kernel import events_of
from model_builders import CONFIG, paddle_weights, write_folder, write_safetensors

from paddle_lab.api import specify
from paddle_lab.commands import Context
from paddle_lab.commands.finetune import FinetuneOptions, build_parser, given_options
from paddle_lab.options import find_option
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.training.run import Run
from paddle_lab.training.start import begin, create_run

WORDS = ("很好", "很差")


def words_of(given: dict[str, Any]) -> list[str]:
    """The options as a person types them on the line."""
    words = []
    for name, value in given.items():
        option = find_option(FinetuneOptions, name)
        if option.positional:
            words.append(value)
        elif option.kind == "dict":
            words += [word for key in value for word in (option.flag, f"{key}={value[key]}")]
        elif option.kind == "tuple":
            words += [word for one in value for word in (option.flag, one)]
        elif option.kind != "bool":
            words += [option.flag, str(value)]
        elif value != option.default:
            words.append(option.flag)
    return words


def spec_of(given: dict[str, Any]) -> RunSpec:
    """The specification that the line gives."""
    options = given_options(build_parser().parse_args(words_of(given)), Context())
    return specify(options.pop("train"), options.pop("dev", None), {}, options)[0]


def write_rows(path: Path, rows: int, *, mark: str = "", form: str = "{text}\t{label}") -> Path:
    """Different short texts of two classes."""
    lines = [
        form.format(text=f"{WORDS[n % 2]}{mark}{chr(0x4E00 + n)}", label="01"[n % 2], other=n % 3)
        for n in range(rows)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_model(folder: Path, seed: int = 0) -> Path:
    """A model of two layers that takes texts of 16 tokens."""
    config = {**CONFIG, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1}
    write_safetensors(write_folder(folder, config) / "model.safetensors", paddle_weights(seed=seed))
    return folder


def notebook() -> SimpleNamespace:
    """What a magic asks of IPython's shell."""
    return SimpleNamespace(user_ns={}, var_expand=lambda line, depth: line)


class Built:
    """What a line makes; each part is made when it is asked for."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.spec = spec_of(given)

    @cached_property
    def prepared(self) -> Any:
        from paddle_lab.training.tables import prepare_for

        return prepare_for(self.spec, {})

    @cached_property
    def folder(self) -> RunFolder:
        return create_run(self.spec)

    @cached_property
    def inputs(self) -> Any:
        from paddle_lab.training.inputs import load_inputs
        from paddle_lab.training.reporter import Reporter

        return load_inputs(self.folder, self.spec, Reporter(self.folder))

    @cached_property
    def loop(self) -> Any:
        from paddle_lab.training.quiet import import_paddlenlp

        import_paddlenlp(self.folder.log_path)
        from paddle_lab.training.loop import TrainingLoop
        from paddle_lab.training.reporter import Reporter

        return TrainingLoop(self.folder, self.spec, Reporter(self.folder), self.inputs)

    @property
    def weights(self) -> dict[str, np.ndarray]:
        return {name: tensor.numpy() for name, tensor in self.loop.model.state_dict().items()}

    @cached_property
    def trainer(self) -> Any:
        """The Trainer with its optimizer, as at the beginning of ten steps."""
        trainer = self.loop._trainer
        trainer.create_optimizer_and_scheduler(num_training_steps=10)
        return trainer

    @cached_property
    def rates(self) -> list[float]:
        """The learning rate of each of the ten steps."""
        found = []
        for _ in range(10):
            found.append(float(self.trainer.optimizer.get_lr()))
            self.trainer.lr_scheduler.step()
        return found

    @cached_property
    def run(self) -> Run:
        """The finished run."""
        return begin(self.folder, resume=False).wait()

    def count(self, kind: str) -> int:
        """Events of a kind in the finished run."""
        return sum(event["kind"] == kind for event in events_of(self.run.folder))
