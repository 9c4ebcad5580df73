"""What a run is asked to do: every option resolved, written once into ``run.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from typing import Any, Final, get_args, get_origin, get_type_hints

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.runs.checks import Check, compiled


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
    def from_json(cls, data: Any) -> RunSpec:
        """Read a specification; keys of a later version are passed over.

        Raises RunError (``run.unreadable``) when a field is absent, of another type or too large.
        """
        if (reason := _form()(data)) is not None:
            raise RunError(
                T("run.json holds no usable specification.", "run.json 中没有可用的运行说明。"),
                T("spec {reason}", "spec {reason}", reason=reason),
                code="run.unreadable",
            )
        known = {item.name for item in fields(cls)}
        return cls(**{key: value for key, value in data.items() if key in known})


Limits = Mapping[str, float]

_SHARE: Final[Limits] = {"minimum": 0, "maximum": 1}
_COUNT: Final[Limits] = {"minimum": 0, "maximum": 10**9}
#: What the numbers may be at most; what makes sense is looked at when a run starts.
_RANGES: Final[dict[str, Limits]] = {
    "split": _SHARE, "warmup": _SHARE, "dropout": _SHARE,
    "seed": {"minimum": -(2**63), "maximum": 2**63 - 1},
}  # fmt: skip
_JSON_TYPES: Final = {
    str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null",
}  # fmt: skip


@cache
def _form() -> Check:
    """The check of a specification, from the types of :class:`RunSpec`'s fields."""
    hints = get_type_hints(RunSpec)
    return compiled(
        {
            "type": "object",
            "properties": {
                item.name: _node(hints[item.name], _RANGES.get(item.name, _COUNT))
                for item in fields(RunSpec)
            },
            "required": ["train"],
        }
    )


def _node(hint: Any, limits: Limits) -> dict[str, Any]:
    if get_origin(hint) is dict:
        return {"type": "object"}
    kinds = get_args(hint) or (hint,)
    return {"type": [_JSON_TYPES[kind] for kind in kinds], **limits}
