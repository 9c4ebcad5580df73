"""The exact command of a run, as magic, shell, Python and YAML."""

from __future__ import annotations

import shlex
from dataclasses import fields
from typing import Any

from paddle_lab.runs.spec import RunSpec

# Spec fields that are positional, or not options of the command.
_POSITIONAL = ("train", "dev")
_HIDDEN = ("extra", "isolate")


def commands(spec: RunSpec) -> dict[str, str]:
    """``{"magic", "cli", "python", "yaml"}``: each starts the same run again."""
    return {
        "magic": "%ernie_finetune " + _options(spec),
        "cli": "paddle-lab finetune " + _options(spec),
        "python": _python(spec),
        "yaml": _yaml(spec),
    }


def changed(spec: RunSpec) -> dict[str, Any]:
    """Options that differ from the defaults, in the order of the specification."""
    default = RunSpec(train=spec.train)
    return {
        item.name: getattr(spec, item.name)
        for item in fields(RunSpec)
        if item.name not in _HIDDEN and getattr(spec, item.name) != getattr(default, item.name)
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
        else:
            words += [flag, str(value)]
    for name, value in spec.extra.items():
        words += ["--set", f"{name}={value}"]
    return " ".join(shlex.quote(word) for word in words)


def _python(spec: RunSpec) -> str:
    arguments = [repr(spec.train)] + ([repr(spec.dev)] if spec.dev else [])
    arguments += [
        f"{name}={value!r}" for name, value in changed(spec).items() if name not in _POSITIONAL
    ]
    if spec.extra:
        arguments.append(f"extra={spec.extra!r}")
    return f"import paddle_lab\n\nrun = paddle_lab.finetune({', '.join(arguments)})"


def _yaml(spec: RunSpec) -> str:
    import yaml

    data = {"train": spec.train, **changed(spec)}
    if spec.extra:
        data["set"] = dict(spec.extra)
    return str(yaml.safe_dump(data, allow_unicode=True, sort_keys=False))
