"""The exact command of a run, as magic, shell, Python and YAML."""

from __future__ import annotations

import shlex
from dataclasses import fields
from typing import Any

from paddle_lab.runs.spec import RunSpec

# Spec fields that are positional, or not options of the command.
_POSITIONAL = ("train", "dev")
_HIDDEN = ("extra", "isolate")
# A model's card may advise these, and another version other values: always said.
_ADVISED = ("epochs", "batch_size", "lr", "max_len", "evals_per_epoch")
_SKIP_BAD = "skip_bad"


def commands(spec: RunSpec) -> dict[str, str]:
    """``{"magic", "cli", "python", "yaml"}``: each starts the same run again."""
    return {
        "magic": "%ernie_finetune " + _options(spec),
        "cli": "paddle-lab finetune " + _options(spec),
        "python": _python(spec),
        "yaml": _yaml(spec),
    }


def changed(spec: RunSpec) -> dict[str, Any]:
    """Options that differ from the defaults, in the order of the specification.

    Those that a model's card may advise are there in any case: a command without them would get
    the advice in their place.
    """
    default = RunSpec(train=spec.train)
    return {
        item.name: getattr(spec, item.name)
        for item in fields(RunSpec)
        if item.name in _ADVISED
        or (item.name not in _HIDDEN and getattr(spec, item.name) != getattr(default, item.name))
    }


def _options(spec: RunSpec) -> str:
    words = [spec.train] + ([spec.dev] if spec.dev else [])
    for name, value in changed(spec).items():
        if name in _POSITIONAL:
            continue
        flag = "--" + name.replace("_", "-")
        if value is True:
            words.append(flag)
        elif value is False:
            words.append("--no-" + name.replace("_", "-"))
        elif str(value).startswith("-"):
            words.append(f"{flag}={value}")  # not an option of its own
        else:
            words += [flag, str(value)]
    for name, value in _settings(spec).items():
        words += ["--set", f"{name}={value}"]
    if _skips_bad(spec):
        words.append("--skip-bad")
    return " ".join(shlex.quote(word) for word in words)


def _python(spec: RunSpec) -> str:
    arguments = [repr(spec.train)] + ([repr(spec.dev)] if spec.dev else [])
    arguments += [
        f"{name}={value!r}" for name, value in changed(spec).items() if name not in _POSITIONAL
    ]
    if _settings(spec):
        arguments.append(f"extra={_settings(spec)!r}")
    if _skips_bad(spec):
        arguments.append(f"{_SKIP_BAD}=True")
    return f"import paddle_lab\n\nrun = paddle_lab.finetune({', '.join(arguments)})"


def _yaml(spec: RunSpec) -> str:
    import yaml

    data = {"train": spec.train, **changed(spec)}
    if _settings(spec):
        data["set"] = _settings(spec)
    if _skips_bad(spec):
        data[_SKIP_BAD] = True
    return str(yaml.safe_dump(data, allow_unicode=True, sort_keys=False))


def _settings(spec: RunSpec) -> dict[str, Any]:
    return {name: value for name, value in spec.extra.items() if name != _SKIP_BAD}


def _skips_bad(spec: RunSpec) -> bool:
    return bool(spec.extra.get(_SKIP_BAD))
