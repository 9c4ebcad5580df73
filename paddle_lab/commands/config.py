"""Options written as YAML, in a cell or a file, and ``--set NAME=VALUE``."""

from __future__ import annotations

import ast
import functools
import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from paddle_lab.errors import UsageProblem
from paddle_lab.i18n import T, Text
from paddle_lab.paths import expanded
from paddle_lab.runs.spec import RunSpec
from paddle_lab.text.close_names import did_you_mean
from paddle_lab.training.options import typed, unknown_option

_ALSO = ("set", "skip_bad")
# Options that say how the command is called, not what the run is.
_LINE_ONLY = {
    "background": "%%ernie_finetune --background",
    "resume": "%ernie_finetune --resume last",
    "config": "%ernie_finetune --config run.yaml",
    "dry_run": "%%ernie_finetune --dry-run",
    "output": "%%ernie_finetune -o run",
    "quiet": "%%ernie_finetune --quiet",
    "json": "%%ernie_finetune --json",
    "lang": "%%ernie_finetune --lang zh",
}


def read_config(source: str, kind: str) -> dict[str, Any]:
    """Options from YAML: ``source`` is the text of a cell, or a file's path when kind is "file".

    Keys are the option names with ``-`` or ``_``. Raises UsageProblem for what is not YAML, is not
    a mapping, or names no option (with the closest one).
    """
    import yaml

    where = "cell" if kind == "cell" else source
    text = source if kind == "cell" else _read(source)
    try:
        data = yaml.safe_load(text)
        _refuse_repeated(yaml.compose(text, yaml.SafeLoader), where)
    except yaml.YAMLError as error:
        raise UsageProblem(
            T("{where} is not valid YAML.", "{where} 不是有效的 YAML。", where=where),
            T("{error}", "{error}", error=str(error).replace("\n", " ")[:300]),
            T("One option a line, e.g. `epochs: 3`.", "每行一个选项，例如 `epochs: 3`。"),
        ) from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise UsageProblem(
            T("{where} holds no options.", "{where} 中没有选项。", where=where),
            fix=T("One option a line, e.g. `epochs: 3`.", "每行一个选项，例如 `epochs: 3`。"),
        )
    named: dict[str, Any] = {}
    for key, value in data.items():
        name = _known(str(key), where)
        if name in named:
            raise _given_twice(str(key), where)
        named[name] = _value(name, value)
    return named


def _refuse_repeated(node: Any, where: str) -> None:
    """YAML itself lets the last of equal keys win: a line that is silently ignored."""
    seen: set[str] = set()
    for key, _ in node.value if getattr(node, "id", "") == "mapping" else ():
        if key.value in seen:
            raise _given_twice(str(key.value), where)
        seen.add(key.value)


def _given_twice(key: str, where: str) -> UsageProblem:
    return UsageProblem(
        T(
            "'{key}' stands twice in {where}.",
            "{where} 中“{key}”出现了两次。",
            key=key,
            where=where,
        ),
        fix=T("Keep one of the two lines.", "请只保留其中一行。"),
    )


def merge_options(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One set of options; earlier layers win."""
    merged: dict[str, Any] = {}
    for layer in reversed(list(layers)):
        merged.update(layer)
    return merged


def parse_assignments(words: Sequence[str]) -> dict[str, Any]:
    """``["max_grad_norm=0.5"]`` as values; names must be fields of PaddleNLP's TrainingArguments.

    Raises UsageProblem for an unknown name, with the closest one.
    """
    values: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.isidentifier():
            raise UsageProblem(
                T(
                    "--set {word} is not NAME=VALUE.",
                    "--set {word} 不是 名称=值 的形式。",
                    word=word,
                ),
                fix=T("For example: --set max_grad_norm=0.5", "例如：--set max_grad_norm=0.5"),
            )
        _known_field(name)
        values[name] = _literal(value)
    return values


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


def _read(path: str) -> str:
    try:
        return expanded(path).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise UsageProblem(
            T("The options file {path} cannot be read.", "无法读取选项文件 {path}。", path=path),
            T("{error}", "{error}", error=error),
            T("Give a YAML file in UTF-8.", "请提供 UTF-8 编码的 YAML 文件。"),
        ) from error


def _known(key: str, where: str) -> str:
    name = key.replace("-", "_")
    names = [item.name for item in fields(RunSpec) if item.name != "extra"] + list(_ALSO)
    if name in names:
        return name
    if name == "trust":
        raise UsageProblem(
            T("{where} says trust: that is for the person at the keyboard to say.",
              "{where} 中写了 trust：是否信任只能由操作者本人决定。", where=where),
            T("A file or a notebook can come from anyone, and would vouch for itself.",
              "文件和笔记本可能来自任何人，不能自己为自己担保。"),
            T("If you know who made the weights, put --trust on the command's line.",
              "如果确知权重的来源，请在命令行上加 --trust。"),
            code="usage.trust",
        )  # fmt: skip
    if name in _LINE_ONLY:
        raise UsageProblem(
            T("'{key}' belongs on the command's line.", "“{key}”应写在命令行上。", key=key),
            fix=T("For example: {example}", "例如：{example}", example=_LINE_ONLY[name]),
        )
    raise unknown_option(key, names, Text(where, where))


def _value(name: str, value: Any) -> Any:
    """A value as its option's type."""
    if name != "set":
        return typed(name, value)
    settings = typed("extra", value) or {}
    for key in settings:
        _known_field(str(key))
    return {str(key): item for key, item in settings.items()}


def _known_field(name: str) -> None:
    """Refuse what is no field of PaddleNLP's TrainingArguments."""
    known = training_argument_names()
    if not known or name in known:
        return
    raise UsageProblem(
        T(
            "{name} is no field of PaddleNLP's TrainingArguments.",
            "{name} 不是 PaddleNLP TrainingArguments 的字段。",
            name=name,
        ),
        fix=did_you_mean(name, known),
    )


def _literal(value: str) -> Any:
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value
