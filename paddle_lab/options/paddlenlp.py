"""PaddleNLP's TrainingArguments, as far as options reach them by name."""

from __future__ import annotations

import ast
import functools
import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from paddle_lab.errors import UsageError
from paddle_lab.i18n import T
from paddle_lab.options.declare import options_of

# Fields that the run itself must hold: its events, its batches, its thread.
_HELD: Final = (
    "logging_strategy",
    "logging_steps",
    "logging_first_step",
    "load_best_model_at_end",
    "disable_tqdm",
    "dataloader_num_workers",
    "ignore_data_skip",
    "skip_data_intervals",
    # Files that PaddleNLP would write or fetch elsewhere.
    "logging_dir",
    "metrics_output_path",
    "output_signal_dir",
    "pdc_download_ckpt",
    "pdc_download_timeout",
)


@functools.cache
def training_argument_names() -> tuple[str, ...]:
    """Fields of PaddleNLP's TrainingArguments, read from its source: importing takes seconds."""
    spec = importlib.util.find_spec("paddlenlp")
    if spec is None or spec.origin is None:
        return ()
    source = Path(spec.origin).parent / "trainer" / "training_args.py"
    try:
        tree = ast.parse(source.read_text(encoding="utf-8"))
    except (OSError, SyntaxError):
        return ()
    return tuple(
        statement.target.id
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == "TrainingArguments"
        for statement in node.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    )


def native_arguments(options: Any) -> dict[str, Any]:
    """TrainingArguments that are options as they are, from an object of an option dataclass."""
    return {
        option.native: getattr(options, option.name)
        for option in options_of(type(options))
        if option.native is not None
    }


def check_settings(declared: type, names: Iterable[str]) -> None:
    """Refuse fields that would change behind the back of the run what the run itself decides.

    Raises UsageError with the option to use instead.
    """
    own = {
        native: f"{option.flag} {value}".rstrip()
        for option in options_of(declared)
        for native, value in (
            *([(option.native, "")] if option.native else []),
            *option.covers.items(),
        )
    }
    for name in names:
        if name in own:
            raise UsageError(
                T("--set {name} has an option of its own.", "--set {name} 有专门的选项。",
                  name=name),
                fix=T("Use {option}.", "请使用 {option}。", option=own[name]),
                code="usage.own_option",
            )  # fmt: skip
        if name in _HELD:
            raise UsageError(
                T("--set {name} cannot be changed.", "不能更改 --set {name}。", name=name),
                T("The run writes its events, checkpoints and batches itself.",
                  "事件、检查点和批次由运行本身管理。"),
                T("Leave it out.", "请去掉该选项。"),
                code="usage.fixed_option",
            )  # fmt: skip
