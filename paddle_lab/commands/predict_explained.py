"""Which words or characters decided the answers that ``predict --explain`` shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.bundle.explain import Explanation, explain
from paddle_lab.data.excerpt import excerpt
from paddle_lab.i18n import T, Text

if TYPE_CHECKING:
    from paddle_lab.bundle import Predictor
    from paddle_lab.data.inputs import Inputs

#: Answers that are explained: each costs as much as up to 48 rows.
MOST_EXPLAINED: Final = 20
HEADING: Final = T("decided by", "决定因素")
_MOST_SHOWN: Final = 3
_LEAST: Final = 0.005  # less is shown as 0.00
_CHARACTERS: Final = 12


def explanations(
    predictor: Predictor, inputs: Inputs, answers: Mapping[int, Any], long_text: str | None
) -> dict[int, Explanation]:
    """Of the first answers, by index: at most :data:`MOST_EXPLAINED`.

    A long text that ``long_text`` had read in another way than the predictor reads by itself has
    none, since its weights would compare two ways of reading. Raises BundleError.
    """
    found = {}
    for index in sorted(answers)[:MOST_EXPLAINED]:
        answer = answers[index]
        if long_text is None or not (answer.truncated or getattr(answer, "windows", 1) > 1):
            row = {role: values[index] for role, values in inputs.given.items()}
            found[index] = explain(predictor, row, answer)
    return found


def decided_by(inputs: Inputs, index: int, explained: Mapping[int, Explanation]) -> str:
    """``差 +0.41, 太 +0.08``: what the answer loses without each, most first; ``–`` for none."""
    pieces = explained[index].pieces if index in explained else ()
    best = sorted(pieces, key=lambda piece: -piece.weight)[:_MOST_SHOWN]
    return ", ".join(
        f"{excerpt(inputs.given[one.role][index][one.start : one.end], _CHARACTERS)} "
        f"{one.weight:+.2f}"
        for one in best if one.weight >= _LEAST
    ) or "–"  # fmt: skip


def how_explained(explained: Mapping[int, Explanation], answers: int) -> list[Text]:
    """How the weights were found, and how many answers have none since there are too many."""
    said = next((one.method for one in explained.values() if one.pieces), None)
    notes = [said] if said is not None else [one.method for one in [*explained.values()][:1]]
    if answers > MOST_EXPLAINED:
        notes.append(T("Explained are the first {n} answers.", "只解释前 {n} 个结果。",
                       n=MOST_EXPLAINED))  # fmt: skip
    return notes


def pieces_json(inputs: Inputs, index: int, explanation: Explanation) -> dict[str, Any]:
    """All pieces of a row in the order of its text, for machines."""
    return {"decided_by": [
        {"role": one.role, "start": one.start, "end": one.end, "weight": one.weight,
         "text": inputs.given[one.role][index][one.start : one.end]}
        for one in explanation.pieces
    ]}  # fmt: skip
