"""What the report leaves out: every question with the answer given, the worst first."""

from __future__ import annotations

from typing import Final

from paddle_lab.tasks.answer.mistakes import ranked
from paddle_lab.tasks.answer.scored import Scored, right_texts
from paddle_lab.tasks.api import FileTable

MOST_ROWS: Final = 10_000


def tables(scored: Scored) -> dict[str, FileTable]:
    """``answers``: id, question, answer given, right answers, scores, position, line."""
    heading = ("id", "question", "answer", "right", "f1", "em", "start", "end", "probability",
               "line")  # fmt: skip
    rows = []
    for row in ranked(scored)[:MOST_ROWS]:
        target, answer = scored.targets[row], scored.answers[row]
        rows.append(
            (
                target["id"],
                scored.questions[row],
                answer.answer,
                " | ".join(dict.fromkeys(right_texts(target))),
                round(float(scored.f1[row]), 4),
                int(scored.exact[row]),
                answer.start,
                answer.end,
                round(answer.score, 4),
                scored.lines[row],
            )
        )
    return {"answers": (heading, rows)}
