"""What a report of pairs says in words: which way is best, and what to try."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.api import Training
from paddle_lab.tasks.blocks import Verdict
from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.label_advice import about_missed_classes, about_size, about_training, tries
from paddle_lab.tasks.label_scored import Scored
from paddle_lab.tasks.pair.cosine import NAME as COSINE
from paddle_lab.text.short import cut

if TYPE_CHECKING:
    from paddle_lab.tasks.pair.report import Way

_LABEL_CHARACTERS: Final = 24


def advise(
    scored: Scored,
    metrics: Mapping[str, float],
    counts: IntArray,
    ways: Sequence[Way],
    said: Verdict | None,
    training: Training,
) -> list[Text]:
    """The remarks that hold, the most important first; often none.

    ``ways`` are all ways to answer, the trained model's first; ``said`` the verdict beside the best
    of the others, None where there is no other.
    """
    collapsed = _about_collapse(scored, ways[0], metrics, training.metric)
    remarks = [collapsed] if collapsed else []
    if len(ways) > 1:
        remarks.append(_ranked(ways, len(scored.labels) == 2))
        remarks += _about_others(ways, said, training, len(scored.labels) == 2)
    if not collapsed:
        remarks += about_missed_classes(scored, counts, training.metric)
    remarks += about_training(metrics, training)
    remarks += about_size(scored, metrics)
    return remarks


def _about_collapse(
    scored: Scored, own: Way, metrics: Mapping[str, float], metric: str
) -> Text | None:
    if own.figures.always is None:
        return None
    others = [name for name in ("auc", "macro_f1") if name != metric]
    return T(
        "The model has collapsed: it answers {label} to every pair. Its accuracy of {accuracy:.1%} "
        "is only the share of that class. Choose weights by --metric {others}, try another --lr, "
        "more epochs or rows, and look at the AUC ({auc:.3f}; 0.5 is chance).",
        "模型已经退化：对每一对都回答 {label}。{accuracy:.1%} 的准确率只是该类别所占的比例。"
        "请用 --metric {others} 选择权重，尝试其他 --lr、更多轮数或数据，"
        "并查看 AUC（{auc:.3f}；0.5 为随机）。",
        others=Text(" or ".join(others), " 或 ".join(others)),
        label=cut(scored.labels[own.figures.always], _LABEL_CHARACTERS),
        accuracy=metrics["accuracy"],
        auc=own.figures.auc,
    )


def _ranked(ways: Sequence[Way], two_classes: bool) -> Text:
    """All ways by the figure of each, the highest first."""
    ranked = sorted(ways, key=lambda way: -way.better_by(two_classes))
    named = [T("{name} {figure:.3f}", "{name} {figure:.3f}", name=way.name,
               figure=way.better_by(two_classes)) for way in ranked]  # fmt: skip
    return T(
        "By {figure}, the highest first: {ways}.",
        "按 {figure} 从高到低：{ways}。",
        figure="AUC" if two_classes else "macro F1",
        ways=Text(
            "; ".join(one.in_language("en") for one in named),
            "；".join(one.in_language("zh") for one in named),
        ),
    )


def _about_others(
    ways: Sequence[Way], said: Verdict | None, training: Training, two_classes: bool
) -> Iterator[Text]:
    best = max(ways, key=lambda way: way.better_by(two_classes))
    if said is not None and said.outcome != "better" and str(best.name).startswith(str(COSINE)):
        yield T(
            "The vectors of {model}, without any training, are not behind the model that reads "
            "both texts together: with so few rows compare vectors, which also takes one pass a "
            "text instead of one a pair. More rows or --epochs may turn this.",
            "{model} 未经训练的向量并不逊于同时读取两条文本的模型：数据这么少时应比较"
            "向量，而且每条文本只需计算一次，而不是每对一次。更多数据或 --epochs 可能改变这一点。",
            model=training.model or T("the encoder", "编码器"),
        )
    elif said is not None and said.outcome != "better":
        yield T(
            "The other ways are not behind the model and cost less. Try: {tries}.",
            "其他方法并不逊于该模型，而且代价更小。可以尝试：{tries}。",
            tries=tries(training),
        )
