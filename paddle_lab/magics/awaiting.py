"""``%ernie_finetune`` at the top level of a cell becomes an awaiting call.

So the cell shows ``[*]``, Run All and papermill wait for it, the interrupt button reaches it, and
the kernel goes on answering clicks. Where a cell cannot await (inside a function), the plain magic
blocks by polling instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

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

_FINETUNE: Final = MAGICS["ernie_finetune"]
_SHOWN: Final = "_ernie_finetune_await"
_VALUE: Final = "_ernie_finetune_await_value"
HIDDEN: Final = (_SHOWN, _VALUE)
# What IPython makes of the magic, at the start of a line: `name = get_ipython().run_...`.
_CALL: Final = re.compile(
    r"^(?P<target>[\w.\[\]'\", ]+?\s*=\s*)?get_ipython\(\)\.run_(?P<kind>line|cell)_magic"
    r"\('ernie_finetune', "
)
_NO_BODY: Final = ", '')"


class AwaitFinetune:
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
        name = _VALUE if target else _SHOWN
        return f"{target}await get_ipython().run_{kind}_magic('{name}', {rest}"


def finetune_magics(ip: Any) -> dict[str, Callable[..., Any]]:
    """The hidden magics behind the awaiting form, and the blocking one under the public name."""

    async def run(line: str, cell: str | None) -> Any:
        with told_in_one_line(), speaking(language_of(line)), told_in_one_line():
            parsed = parse(_FINETUNE, line)
            if parsed is None:
                return None
            with refusals_told():
                return await _run(ip, parsed, cell)

    async def shown(line: str, cell: str | None) -> None:
        await run(line, cell)

    @no_var_expand
    def shown_magic(line: str, cell: str | None = None) -> Any:
        return shown(expanded_line(ip, line), cell)

    @no_var_expand
    def value_magic(line: str, cell: str | None = None) -> Any:
        return run(expanded_line(ip, line), cell)

    return {_SHOWN: shown_magic, _VALUE: value_magic}


async def _run(ip: Any, parsed: Any, cell: str | None) -> Any:
    from paddle_lab.commands import finetune

    context = context_of(ip, cell)
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
        try:
            await run.wait_async()
        except PaddleLabError as error:
            if (run.state.end or {}).get("error") and not (parsed.quiet or parsed.json):
                # Its card has said all of it, a moment ago and right above.
                error.told_by = T(
                    "The run failed; its card says why. It can be shown again: "
                    "%ernie_runs show {id}",
                    "运行失败，原因见上方卡片。可再次显示：%ernie_runs show {id}",
                    id=run.id,
                )
            raise
        if parsed.json:
            print_json(finetune.finished(run))
    return run
