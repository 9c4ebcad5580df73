"""How a hint looks: one line, folded open on demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from paddle_lab.environment.findings import Finding
from paddle_lab.i18n import T, current_language
from paddle_lab.text.html import escape

_SEEN = T("Seen here:", "本机情况：")
_OFF = T("Switch hints off: %paddle_env --hints off", "关闭提示：%paddle_env --hints off")


@dataclass(frozen=True)
class HintView:
    """A finding as a small folded note; plain text for terminals."""

    finding: Finding

    def __repr__(self) -> str:
        label = T("Paddle Lab knows this error", "Paddle Lab 认识这个错误")
        lines = [f"{label}: {self.finding.title}"]
        lines += [f"  {_SEEN} {line}" for line in self.finding.shown(current_language())]
        lines += [f"  {self.finding.fix}"]
        lines += [f"    {command}" for command in self.finding.commands]
        return "\n".join([*lines, f"  ({_OFF})"])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._html()}

    def _html(self) -> str:
        finding = self.finding
        seen = "; ".join(finding.shown(current_language()))
        label = T("Paddle Lab knows this error", "Paddle Lab 认识这个错误")
        box = (
            "margin:4px 0;padding:4px 8px;border-left:3px solid var(--jp-warn-color1,#c77700);"
            "font-size:var(--jp-ui-font-size1,13px)"
        )
        dim = "margin:4px 0;color:var(--jp-ui-font-color2,GrayText)"
        return "".join(
            [
                f'<details style="{box}"><summary style="cursor:pointer">{escape(label)}: ',
                f"<strong>{escape(finding.title)}</strong></summary>",
                f'<p style="margin:4px 0">{escape(finding.cause)}</p>',
                f'<p style="{dim}">{escape(_SEEN)} {escape(seen)}</p>' if seen else "",
                f'<p style="margin:4px 0">{escape(finding.fix)}</p>',
                f'<pre style="margin:4px 0;overflow-x:auto">{escape(commands_of(finding))}</pre>',
                f'<p style="{dim}">{escape(_OFF)}</p></details>',
            ]
        )


def commands_of(finding: Finding) -> str:
    """The commands, one a line."""
    return "\n".join(finding.commands)
