"""The exact command of a run, as magic, shell, Python and YAML."""

from __future__ import annotations

import shlex
from typing import Any

from paddle_lab.i18n import T
from paddle_lab.options.declare import Option, options_of
from paddle_lab.runs.spec import OWN_TRAINER, RunSpec


def commands(spec: RunSpec) -> dict[str, str]:
    """``{"magic", "cli", "python", "yaml"}``: each starts the same run again.

    No command starts a person's own Trainer: of its runs each says so, as a comment.
    """
    if spec.train == OWN_TRAINER:
        return dict.fromkeys(("magic", "cli", "python", "yaml"), f"# {_YOUR_OWN}")
    line = _line(spec)
    return {
        "magic": f"%ernie_finetune {line}",
        "cli": f"paddle-lab finetune {line}",
        "python": _python(spec),
        "yaml": _yaml(spec),
    }


_YOUR_OWN = T(
    "Your own Trainer made this run: run your own code again.",
    "该运行由您自己的 Trainer 产生：请重新运行您自己的代码。",
)


def changed(spec: RunSpec) -> dict[str, Any]:
    """Options that differ from the defaults, in the order of the specification.

    Those that a model's card may advise are there in any case: a command without them would get
    the advice in their place.
    """
    return {option.name: value for option, value in _said(spec) if option.kind != "dict"}


def _said(spec: RunSpec) -> list[tuple[Option, Any]]:
    """What the command says, with the values."""
    values = [(option, getattr(spec, option.name)) for option in options_of(type(spec))]
    return [
        (option, value)
        for option, value in values
        if option.stored
        and option.repeated
        and not option.required
        and (value != option.default or (option.advised and value is not None))
    ]


def _line(spec: RunSpec) -> str:
    positional, words = [spec.train], list[str]()
    for option, value in _said(spec):
        if option.positional:
            positional.append(value)
        elif option.kind == "bool":
            words.append(option.flag)
        elif option.kind == "dict":
            for name, setting in value.items():
                words += [option.flag, f"{name}={setting}"]
        elif option.kind == "tuple":
            for one in value:
                words += [f"{option.flag}={one}"] if one.startswith("-") else [option.flag, one]
        elif str(value).startswith("-"):
            words.append(f"{option.flag}={value}")  # not an option of its own
        else:
            words += [option.flag, str(value)]
    hidden = any(word.startswith("-") for word in positional)
    words = [*words, "--", *positional] if hidden else [*positional, *words]
    return " ".join(shlex.quote(word) for word in words)


def _python(spec: RunSpec) -> str:
    arguments = [repr(spec.train)]
    for option, value in _said(spec):
        arguments.append(repr(value) if option.positional else f"{option.name}={value!r}")
    return f"import paddle_lab\n\nrun = paddle_lab.finetune({', '.join(arguments)})"


def _yaml(spec: RunSpec) -> str:
    import yaml

    data = {"train": spec.train, **{option.key: _plain(value) for option, value in _said(spec)}}
    return str(yaml.safe_dump(data, allow_unicode=True, sort_keys=False))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
