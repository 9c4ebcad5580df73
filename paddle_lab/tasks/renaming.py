"""Other names for a codec's labels, without training again.

What a codec is rebuilt from keeps them under one of two names; everything else in it is by index.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.data.cells import label_of
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T, Text
from paddle_lab.text.close_names import did_you_mean

_KEYS: Final = ("labels", "types")


def labels_in(codec: Mapping[str, Any]) -> list[str]:
    """The labels of a codec's JSON; none for a task that has no labels."""
    return [str(label) for key in _KEYS for label in codec.get(key, ())]


def renamed_labels(codec: Mapping[str, Any], names: Mapping[Any, str]) -> dict[str, Any]:
    """The codec's JSON with the labels that ``names`` names anew.

    Raises UsageError for a label that there is none, a name that is empty, or two labels of one
    name.
    """
    known = labels_in(codec)
    new: dict[str, str] = {}
    for label, name in names.items():
        old = label_of(label)
        old = str(label) if isinstance(old, Text) else old
        if old not in known:
            raise _unknown(old, known)
        if not isinstance(name, str) or not name.strip():
            raise UsageError(
                T("The label {label} would have no name.", "标签 {label} 没有名称。", label=old),
                fix=T("Give a text for it.", "请给出一个文本。"),
                code="usage.value",
            )
        new[old] = name.strip()
    found = [new.get(label, label) for label in known]
    twice = next((name for name in found if found.count(name) > 1), None)
    if twice is not None:
        raise UsageError(
            T("Two labels would be called {name}.", "两个标签都会叫“{name}”。", name=twice),
            T("Answers could not be told apart.", "结果将无法区分。"),
            T("Give each label a name of its own.", "请为每个标签给出不同的名称。"),
            code="usage.value",
        )
    changed: dict[str, Any] = {
        key: [new.get(label, label) for label in codec[key]] for key in _KEYS if key in codec
    }
    if "values" in codec:
        changed["values"] = {label: value for label, value in codec["values"].items()
                             if label not in new}  # fmt: skip
    return {**codec, **changed}


def _unknown(label: str, known: list[str]) -> UsageError:
    return UsageError(
        T("There is no label '{label}'.", "没有标签“{label}”。", label=label),
        T("The labels: {known}.", "已有的标签：{known}。", known=", ".join(known)[:300] or "-"),
        did_you_mean(label, known),
        code="usage.unknown_name",
    )
