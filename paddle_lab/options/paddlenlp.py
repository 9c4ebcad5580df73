"""PaddleNLP's TrainingArguments, as far as options reach them by name."""

from __future__ import annotations

import ast
import functools
import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from paddle_lab.errors import UsageError
from paddle_lab.i18n import T
from paddle_lab.options.declare import options_of
from paddle_lab.options.paddlenlp_fields import refuse


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
    """Refuse fields that a run decides itself, and those that do nothing in it.

    Raises UsageError with the option to use instead, or the reason.
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
        refuse(name)
