"""What a run is asked to do: every option resolved, written once into ``run.json``."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from paddle_lab.errors import RunError
from paddle_lab.i18n import T


@dataclass(frozen=True)
class RunSpec:
    """The specification of one fine-tuning.

    ``train``, ``dev``, ``test``: a file, a sample's name, or the name of a table saved in the run
    folder. ``lr`` per optimiser step of ``batch_size`` rows; ``max_len`` in tokens with the two
    special ones; ``warmup`` a share of all steps; ``dropout`` None leaves the model's
    own; ``checkpoint_minutes`` between checkpoints beside those at each evaluation. None means:
    chosen from the model's recommendation or the data.

    Whether weights may run a program is not among them: a person says that (``--trust``) for one
    call, and a folder cannot say it of itself.
    """

    train: str
    dev: str | None = None
    test: str | None = None
    task: str = "classify"
    text: str | None = None
    label: str | None = None
    sep: str | None = None
    encoding: str | None = None
    split: float = 0.1
    limit: int | None = None
    model: str = "ernie-lab-mini"
    random_init: bool = False
    epochs: float = 3.0
    batch_size: int = 32
    eval_batch_size: int = 64
    lr: float = 5e-5
    max_len: int = 128
    warmup: float = 0.1
    weight_decay: float = 0.01
    dropout: float | None = None
    early_stopping: int = 0
    metric: str = "accuracy"
    evals_per_epoch: int = 1
    checkpoint_minutes: float = 5.0
    seed: int = 42
    threads: int = 0
    device: str = "auto"
    precision: str = "auto"
    save_memory: bool = False
    export: bool = True
    baseline: bool = True
    report_to: str = "none"
    name: str = "run"
    out: str | None = None
    isolate: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The specification as ``run.json`` and the command views hold it."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> RunSpec:
        """Read a specification; keys of a later version are passed over.

        Raises RunError when it is not a specification.
        """
        known = {item.name for item in fields(cls)}
        try:
            return cls(**{key: value for key, value in data.items() if key in known})
        except TypeError as error:
            raise RunError(
                T("run.json holds no usable specification.", "run.json 中没有可用的运行说明。"),
                T("{error}", "{error}", error=error),
            ) from error
