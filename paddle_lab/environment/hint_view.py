"""How a hint looks: one line, folded open on demand."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

from paddle_lab.environment.findings import Finding
from paddle_lab.i18n import T

_OFF = T("Switch hints off: %paddle_env --hints off", "关闭提示：%paddle_env --hints off")


@dataclass(frozen=True)
class HintView:
    """A finding as a small folded note; plain text for terminals."""

    finding: Finding

    def __repr__(self) -> str:
        label = T("Paddle Lab knows this error", "Paddle Lab 认识这个错误")
        lines = [f"{label}: {self.finding.title}", f"  {self.finding.fix}"]
        lines += [f"    {command}" for command in self.finding.commands]
        return "\n".join([*lines, f"  ({_OFF})"])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._html()}

    def _html(self) -> str:
        finding = self.finding
        label = T("Paddle Lab knows this error", "Paddle Lab 认识这个错误")
        box = (
            "margin:4px 0;padding:4px 8px;border-left:3px solid var(--jp-warn-color1,#c77700);"
            "font-size:var(--jp-ui-font-size1,13px)"
        )
        dim = "margin:4px 0;color:var(--jp-ui-font-color2,GrayText)"
        return "".join(
            [
                f'<details style="{box}"><summary style="cursor:pointer">{_safe(label)}: ',
                f"<strong>{_safe(finding.title)}</strong></summary>",
                f'<p style="margin:4px 0">{_safe(finding.cause)}</p>',
                f'<p style="margin:4px 0">{_safe(finding.fix)}</p>',
                f'<pre style="margin:4px 0;overflow-x:auto">{_safe(commands_of(finding))}</pre>',
                f'<p style="{dim}">{_safe(_OFF)}</p></details>',
            ]
        )


def commands_of(finding: Finding) -> str:
    """The commands, one a line."""
    return "\n".join(finding.commands)


def _safe(text: object) -> str:
    return html.escape(str(text))
