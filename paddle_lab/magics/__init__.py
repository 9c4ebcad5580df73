"""The notebook's entry point: parse, call, show."""

from __future__ import annotations

from typing import Any

from paddle_lab.commands.catalog import MAGICS
from paddle_lab.i18n import follow_front_end
from paddle_lab.magics.awaiting import HIDDEN, AwaitTraining, awaiting_magics
from paddle_lab.magics.completion import OptionMatcher
from paddle_lab.magics.dispatch import command_magic
from paddle_lab.magics.front_end import front_end_language
from paddle_lab.magics.settings import PaddleLab, show_hints

_STATE = "_paddle_lab_extension"


def load(ip: Any) -> None:
    """Register the magics, their completion, and the awaiting forms of what trains.

    They speak the language that JupyterLab is set to, where nobody chose another for this kernel.
    """
    follow_front_end(front_end_language())
    if getattr(ip, _STATE, None) is not None:
        return
    for name, command in MAGICS.items():
        magic = command_magic(ip, command)
        ip.register_magic_function(magic, "line_cell" if command.cell else "line", name)
    for name, magic in awaiting_magics(ip).items():
        ip.register_magic_function(magic, "line_cell", name)
    transformer, matcher, lab = AwaitTraining(ip), OptionMatcher(ip), PaddleLab(parent=ip)
    ip.input_transformers_post.append(transformer)
    ip.Completer.custom_matchers.append(matcher)
    ip.configurables.append(lab)
    setattr(ip, _STATE, (transformer, matcher, lab))
    show_hints(ip, on=lab.hints)
    _report_memory(ip, on=True)
    _answer_boxes(ip, on=True)


def unload(ip: Any) -> None:
    """Take everything back that :func:`load` gave."""
    state = getattr(ip, _STATE, None)
    if state is None:
        return
    transformer, matcher, lab = state
    ip.input_transformers_post.remove(transformer)
    ip.Completer.custom_matchers.remove(matcher)
    ip.configurables.remove(lab)
    for name in [*MAGICS, *HIDDEN]:
        for kind in ("line", "cell"):
            ip.magics_manager.magics[kind].pop(name, None)
    delattr(ip, _STATE)
    show_hints(ip, on=False)
    _report_memory(ip, on=False)
    _answer_boxes(ip, on=False)


def _report_memory(ip: Any, *, on: bool) -> None:
    """Let the sidebar ask this kernel for Paddle's memory, busy or not."""
    from paddle_lab.gpu import report

    (report.install if on else report.uninstall)(getattr(ip, "kernel", None))


def _answer_boxes(ip: Any, *, on: bool) -> None:
    """Let the cards of finished runs ask this kernel's predictor."""
    from paddle_lab.trial.register import register, unregister

    (register if on else unregister)(getattr(ip, "kernel", None))
