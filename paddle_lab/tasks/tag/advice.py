"""What a report of spans says in words: plainly, and with what to try next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.i18n import T, Text
from paddle_lab.tasks.api import Training
from paddle_lab.tasks.blocks import Outcome
from paddle_lab.tasks.tag.fitting import Fit
from paddle_lab.tasks.tag.scored import Scored
from paddle_lab.tasks.tag.scores import Score

_FEW_SPANS: Final = 100
_OVERFIT: Final = 0.15
_NAMED: Final = 5
_LABEL_CHARACTERS: Final = 24


def advise(
    scored: Scored,
    metrics: Mapping[str, float],
    by_type: Mapping[str, Score],
    outcome: Outcome | None,
    training: Training,
    fit: Fit | None,
) -> list[Text]:
    """The remarks that hold, the most important first; often none.

    ``outcome`` is the verdict beside the baseline, ``fit`` how the training spans fit the tokens;
    None where there is none.
    """
    if not len(scored.texts):
        return [T("There were no rows to evaluate.", "没有可供评估的数据。")]
    spans = sum(len(row) for row in scored.gold)
    remarks = [*_about_nothing(scored, spans)]
    remarks += _about_baseline(outcome, training)
    remarks += _about_missed_types(by_type)
    remarks += _about_training(metrics, training)
    remarks += _about_tokens(fit)
    if spans < _FEW_SPANS:
        remarks.append(
            T(
                "Only {n} spans were expected in these rows: F1 is uncertain.",
                "这些数据中只有 {n} 个片段：F1 并不精确。",
                n=spans,
            )
        )
    return remarks


def _about_nothing(scored: Scored, spans: int) -> Iterator[Text]:
    if spans and not any(scored.found):
        yield T(
            "The model found no span at all: it has not learnt yet. Try more epochs (--epochs) or "
            "a larger learning rate (--lr 3e-4).",
            "模型没有找到任何片段：它还没有学会。请尝试更多轮数（--epochs）或更大的学习率"
            "（--lr 3e-4）。",
        )


def _about_baseline(outcome: Outcome | None, training: Training) -> Iterator[Text]:
    if outcome in (None, "better"):
        return
    tries = [T("more epochs (--epochs)", "更多轮数（--epochs）")]
    if training.model in (None, "ernie-lab-mini"):
        tries.append(
            T(
                "a larger model (--model ernie-3.0-base-zh or m3e-small)",
                "更大的模型（--model ernie-3.0-base-zh 或 m3e-small）",
            )
        )
    tries.append(T("more training rows", "更多训练数据"))
    said = Text("; ".join(item.en for item in tries), "；".join(item.zh for item in tries))
    if outcome == "level":
        yield T(
            "The model and the CRF are level, the difference may be chance; the CRF costs less. "
            "Try: {tries}.",
            "模型与 CRF 不相上下，差异可能只是偶然，而 CRF 代价更小。可以尝试：{tries}。",
            tries=said,
        )
    else:
        yield T(
            "As it is, the CRF is the better choice. Try: {tries}.",
            "就目前而言，CRF 是更好的选择。可以尝试：{tries}。",
            tries=said,
        )


def _about_missed_types(by_type: Mapping[str, Score]) -> Iterator[Text]:
    missed = [label for label, score in by_type.items() if score.spans and not score.recall]
    if missed and len(missed) < len(by_type):
        names = ", ".join(excerpt(label, _LABEL_CHARACTERS) for label in missed[:_NAMED])
        yield T(
            "{n} types were never found (recall 0): {names}{more}. They need more spans.",
            "有 {n} 个类型从未被找到（召回率为 0）：{names}{more}。它们需要更多片段。",
            n=len(missed),
            names=names,
            more=" …" if len(missed) > _NAMED else "",
        )


def _about_training(metrics: Mapping[str, float], training: Training) -> Iterator[Text]:
    own = (training.train_metrics or {}).get("f1")
    if own is not None and own - metrics["f1"] > _OVERFIT:
        yield T(
            "F1 is {own:.1%} on its training rows but {here:.1%} here: it overfits. What helps: "
            "more training rows; fewer epochs or --early-stopping 2.",
            "训练数据上的 F1 为 {own:.1%}，这里只有 {here:.1%}：出现过拟合。"
            "可以尝试：更多训练数据；减少轮数或 --early-stopping 2。",
            own=own,
            here=metrics["f1"],
        )
    elif training.still_improving:
        yield T(
            "The last evaluation was the best one: more epochs may still help.",
            "最后一次评估是最好的：增加轮数可能仍有提高。",
        )


def _about_tokens(fit: Fit | None) -> Iterator[Text]:
    if fit is None or not fit.widened + fit.lost:
        return
    yield T(
        "{n} of {all} training spans do not begin or end between two tokens (such as {example}); "
        "they were widened to whole tokens{lost}. Such spans cannot be found exactly.",
        "{all} 个训练片段中有 {n} 个的边界不在词元之间（例如 {example}），训练时已扩到完整词元"
        "{lost}。这类片段无法被精确找到。",
        n=fit.widened,
        all=fit.spans,
        example=excerpt(fit.example),
        lost=T(", and {n} that have no token are left out", "，另有 {n} 个没有词元的已略去",
               n=fit.lost) if fit.lost else Text("", ""),
    )  # fmt: skip
