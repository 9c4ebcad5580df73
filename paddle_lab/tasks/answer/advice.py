"""What a report says in words: plainly, and with what to try next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.answer.scored import Scored
from paddle_lab.tasks.answer.verdict import mean_margin
from paddle_lab.tasks.api import Training
from paddle_lab.tasks.blocks import Outcome

_FEW_ROWS: Final = 200
_FEW_QUESTIONS: Final = 2_000
_OVERFIT: Final = 0.2
_USELESS_EM: Final = 0.1
_COLLAPSED: Final = 0.9
_GOOD_F1: Final = 0.5  # who answers so well reads the questions


def advise(
    scored: Scored, metrics: Mapping[str, float], outcome: Outcome | None, training: Training
) -> list[Text]:
    """The remarks that hold, the most important first; often none.

    ``outcome`` is the verdict beside the baseline, None where there is none.
    """
    if not len(scored.f1):
        return [T("There were no questions to evaluate.", "没有可供评估的问题。")]
    collapsed = _about_collapse(scored)
    remarks = [collapsed] if collapsed is not None else []
    remarks += _about_baseline(metrics, outcome, training, collapsed is not None)
    remarks += _about_preferences(scored)
    remarks += _about_no_answer(scored, collapsed is not None)
    remarks += _about_training(metrics, training)
    remarks += _about_size(scored)
    return remarks


def _about_collapse(scored: Scored) -> Text | None:
    """Whether the model answers every question in the same way, whatever it asks."""
    answerable = scored.answerable
    if scored.said_none.all() and answerable.any():
        return T(
            'The model says "no answer" to every question: it has learnt nothing else.',
            "模型对所有问题都回答“无答案”：它没有学到其他内容。",
        )
    if scored.f1.mean() > _GOOD_F1:
        return None
    if len({scored.contexts[row] for row in range(len(scored.f1))}) < len(scored.f1):
        by_context: dict[str, set[tuple[int | None, int | None]]] = {}
        counts: dict[str, int] = {}
        for context, answer in zip(scored.contexts, scored.answers, strict=True):
            by_context.setdefault(context, set()).add((answer.start, answer.end))
            counts[context] = counts.get(context, 0) + 1
        several = [context for context, count in counts.items() if count > 1]
        same = sum(len(by_context[context]) == 1 for context in several)
        if len(several) >= 10 and same >= _COLLAPSED * len(several):
            return T(
                "To all questions about one context the model gives the same answer: it does not "
                "read the question.",
                "对同一上下文的所有问题，模型都给出相同的答案：它没有读懂问题。",
            )
    starts = [answer.start for answer in scored.answers if answer.start is not None]
    if len(starts) >= 10 and np.mean(np.asarray(starts) == 0) >= _COLLAPSED:
        return T(
            "Nearly all answers begin at the first character of their context: the model has "
            "learnt nothing of the question.",
            "几乎所有答案都从上下文的第一个字符开始：模型没有学到与问题有关的内容。",
        )
    return None


def _about_baseline(
    metrics: Mapping[str, float], outcome: Outcome | None, training: Training, collapsed: bool
) -> Iterator[Text]:
    learnt = outcome == "better"
    if outcome in ("level", "worse"):
        yield T(
            "As it is, taking the sentence most like the question is {how}: the model has not "
            "learnt to answer. Try: {tries}.",
            "就目前而言，直接取与问题最相似的句子{how}：模型还没有学会回答。可以尝试：{tries}。",
            how=T("as good", "效果相同") if outcome == "level" else T("better", "更好"),
            tries=_tries(training),
        )
    elif not collapsed and metrics["em"] < _USELESS_EM:
        yield T(
            "{better}Only {em:.1%} of the answers are exact: do not use this model for real "
            "questions. Try: {tries}.",
            "{better}只有 {em:.1%} 的答案完全正确：请不要将该模型用于实际问题。可以尝试：{tries}。",
            better=T("Better than the baseline, but far from good. ", "虽优于基线，但远不够好。")
            if learnt
            else Text("", ""),
            em=metrics["em"],
            tries=_tries(training),
        )


def _tries(training: Training) -> Text:
    tries = []
    rows = None if training.train is None else len(training.train)
    if rows is None or rows < _FEW_QUESTIONS:
        tries.append(
            T("more training questions (published results rest on 10,000 and more)",
              "更多训练问题（公开结果使用 1 万个以上）")
        )  # fmt: skip
    if training.model in (None, "ernie-lab-mini", "m3e-small"):
        tries.append(
            T("a larger model, on a GPU (--model ernie-3.0-base-zh)",
              "在 GPU 上使用更大的模型（--model ernie-3.0-base-zh）")
        )  # fmt: skip
    if training.still_improving is not False:
        tries.append(T("more epochs (--epochs)", "更多轮数（--epochs）"))
    tries.append(T("another learning rate (--lr)", "不同的学习率（--lr）"))
    return Text("; ".join(item.en for item in tries), "；".join(item.zh for item in tries))


def _about_preferences(scored: Scored) -> Iterator[Text]:
    if scored.preferences.likeness:
        yield T(
            "On the dev part it helped to prefer sentences that share words with the question "
            "(likeness {weight:g}): the model alone does not find the right part of a context.",
            "在验证集上，优先选择与问题有相同词语的句子有帮助（likeness {weight:g}）："
            "模型自身还不能很好地定位上下文中的相关部分。",
            weight=scored.preferences.likeness,
        )
    if scored.preferences.brevity:
        yield T(
            "On the dev part it helped to prefer short answers (brevity {weight:g}): the model "
            "alone does not know well where an answer ends.",
            "在验证集上，优先选择较短的答案有帮助（brevity {weight:g}）："
            "模型自身还不能很好地判断答案的边界。",
            weight=scored.preferences.brevity,
        )


def _about_no_answer(scored: Scored, collapsed: bool) -> Iterator[Text]:
    answerable = scored.answerable
    if collapsed or answerable.all() or not answerable.any():
        return
    wrongly = int((scored.said_none & answerable).sum())
    missed = int((~scored.said_none & ~answerable).sum())
    if not wrongly and not missed:
        return
    yield T(
        "{missed} of {without} questions without an answer were answered all the same; {wrongly} "
        "of {answerable} that have one were given none.",
        "{without} 个无答案的问题中有 {missed} 个仍被回答；"
        "{answerable} 个有答案的问题中有 {wrongly} 个被判为无答案。",
        missed=missed,
        without=int((~answerable).sum()),
        wrongly=wrongly,
        answerable=int(answerable.sum()),
    )


def _about_training(metrics: Mapping[str, float], training: Training) -> Iterator[Text]:
    own = (training.train_metrics or {}).get("f1")
    if own is not None and own - metrics["f1"] > _OVERFIT:
        yield T(
            "F1 is {own:.1%} on training questions and {here:.1%} here: the model overfits. What "
            "helps: more contexts rather than more questions about the same ones; fewer epochs.",
            "训练问题上的 F1 为 {own:.1%}，这里为 {here:.1%}：出现过拟合。"
            "可以尝试：增加上下文（而不是同一上下文的更多问题）、减少轮数。",
            own=own,
            here=metrics["f1"],
        )
    elif training.still_improving:
        yield T(
            "The last evaluation was the best one: more epochs may still help.",
            "最后一次评估是最好的：增加轮数可能仍有提高。",
        )


def _about_size(scored: Scored) -> Iterator[Text]:
    rows = len(scored.f1)
    if rows < _FEW_ROWS:
        yield T(
            "Only {rows} questions were evaluated: F1 is uncertain by about ±{margin:.0%}.",
            "只评估了 {rows} 个问题：F1 的不确定性约为 ±{margin:.0%}。",
            rows=rows,
            margin=mean_margin(scored.f1),
        )
