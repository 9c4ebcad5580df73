"""``%ernie_finetune`` and ``%ernie_distill`` at the top level of a cell become awaiting calls.

So the cell shows ``[*]``, Run All and papermill wait for it, the interrupt button reaches it, and
the kernel goes on answering clicks. Where a cell cannot await (inside a function), the plain magic
blocks by polling instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from IPython.core.magic import no_var_expand

from paddle_lab.commands.catalog import MAGICS
from paddle_lab.commands.system import refusals_told
from paddle_lab.errors import PaddleLabError
from paddle_lab.i18n import T, speaking
from paddle_lab.interrupts import told_in_one_line
from paddle_lab.magics.dispatch import (
    assign,
    context_of,
    expanded_line,
    language_of,
    parse,
    print_json,
    show,
)

if TYPE_CHECKING:
    from paddle_lab.commands.context import Context
    from paddle_lab.training.run import Run

#: The magics that train while their cell waits.
_AWAITED: Final = ("ernie_finetune", "ernie_distill")
_SHOWN: Final = "_{name}_await"
_VALUE: Final = "_{name}_await_value"
HIDDEN: Final = tuple(form.format(name=name) for name in _AWAITED for form in (_SHOWN, _VALUE))
# What IPython makes of the magic, at the start of a line: `name = get_ipython().run_...`.
_CALL: Final = re.compile(
    r"^(?P<target>[\w.\[\]'\", ]+?\s*=\s*)?get_ipython\(\)\.run_(?P<kind>line|cell)_magic"
    rf"\('(?P<name>{'|'.join(_AWAITED)})', "
)
_NO_BODY: Final = ", '')"


class AwaitTraining:
    """The input transformer; works on lines that IPython has already transformed."""

    def __init__(self, ip: Any) -> None:
        self._ip = ip

    def __call__(self, lines: list[str]) -> list[str]:
        """Put ``await`` before the calls that can have it."""
        if not getattr(self._ip, "autoawait", False):
            return lines
        return [self._awaited(line) for line in lines]

    @staticmethod
    def _awaited(line: str) -> str:
        call = _CALL.match(line)
        if call is None:
            return line
        target, kind, rest = call["target"] or "", call["kind"], line[call.end() :]
        if kind == "cell" and rest.rstrip().endswith(_NO_BODY):
            # Two signs by mistake: what is meant is clear, and IPython would name the hidden magic.
            kind, rest = "line", rest.rstrip().removesuffix(_NO_BODY) + ")\n"
        name = (_VALUE if target else _SHOWN).format(name=call["name"])
        return f"{target}await get_ipython().run_{kind}_magic('{name}', {rest}"


def awaiting_magics(ip: Any) -> dict[str, Callable[..., Any]]:
    """The hidden magics behind the awaiting forms."""
    made: dict[str, Callable[..., Any]] = {}
    for name in _AWAITED:
        shown, value = _magics_of(ip, name)
        made |= {_SHOWN.format(name=name): shown, _VALUE.format(name=name): value}
    return made


def _magics_of(ip: Any, name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The one that gives nothing, for a cell's last line, and the one whose value is kept."""
    command = MAGICS[name]
    begin = {"ernie_finetune": _finetune, "ernie_distill": _distill}[name]

    async def run(line: str, cell: str | None) -> Any:
        with told_in_one_line(), speaking(language_of(line)), told_in_one_line():
            parsed = parse(command, line)
            if parsed is None:
                return None
            with refusals_told():
                return await begin(ip, parsed, context_of(ip, cell))

    async def shown(line: str, cell: str | None) -> None:
        await run(line, cell)

    @no_var_expand
    def shown_magic(line: str, cell: str | None = None) -> Any:
        return shown(expanded_line(ip, line), cell)

    @no_var_expand
    def value_magic(line: str, cell: str | None = None) -> Any:
        return run(expanded_line(ip, line), cell)

    return shown_magic, value_magic


async def _finetune(ip: Any, parsed: Any, context: Context) -> Any:
    from paddle_lab.commands import finetune

    if parsed.dry_run:
        result = finetune.dry_run(parsed, context)
        show(ip, parsed, result)
        return result.value
    run = finetune.start(parsed, context)
    if parsed.output:
        assign(ip, parsed.output, run)
    if parsed.queue:
        if not parsed.quiet:
            show(ip, parsed, finetune.queued(run))
        return run
    if not parsed.background:
        await _ended(run, parsed)
        if parsed.json:
            print_json(finetune.finished(run))
    return run


async def _distill(ip: Any, parsed: Any, context: Context) -> Any:
    from paddle_lab.commands import distill

    run = distill.start(parsed, context)
    if parsed.output:
        assign(ip, parsed.output, run)
    if not parsed.background:
        await _ended(run, parsed)
    if parsed.json:
        print_json(distill.told(run, parsed, context))
    elif not parsed.quiet:
        show(ip, parsed, distill.told(run, parsed, context))
    return run


async def _ended(run: Run, parsed: Any) -> None:
    """Wait until the run has ended. Raises the error that ended it."""
    try:
        await run.wait_async()
    except PaddleLabError as error:
        if (run.state.end or {}).get("error") and not (parsed.quiet or parsed.json):
            # Its card has said all of it, a moment ago and right above.
            error.told_by = T(
                "The run failed; its card says why. It can be shown again: %ernie_runs show {id}",
                "运行失败，原因见上方卡片。可再次显示：%ernie_runs show {id}",
                id=run.id,
            )
        raise
