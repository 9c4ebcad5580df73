"""A company's review list: which licences may be used, and which models and data whatever theirs.

One YAML file, named by ``%config PaddleLab.licences`` or ``PADDLE_LAB_LICENCES``::

    allowed: [apache-2.0, mit]      # no other licence; left out: any that is not refused
    refused: [cc-by-nc-4.0]
    names:                          # reviewed one by one, whatever the licence says
      hf:org/name: allowed
      m3e-small: refused
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from paddle_lab.errors import UsageError
from paddle_lab.hubs.licences import Licence, identifier_of
from paddle_lab.i18n import T, Text
from paddle_lab.paths import expanded
from paddle_lab.settings import load_settings
from paddle_lab.untrusted import UnusableFile, read_text

#: How a licence that nobody says is named in a list.
UNKNOWN_NAME: Final = "unknown"
_KEYS: Final = ("allowed", "refused", "names")
_VERDICTS: Final = {"allowed": True, "refused": False}


@dataclass(frozen=True)
class Review:
    """``allowed`` None: any licence but those ``refused``; ``names`` say True for allowed."""

    allowed: frozenset[str] | None = None
    refused: frozenset[str] = frozenset()
    names: Mapping[str, bool] = field(default_factory=dict)
    file: str | None = None

    def permits(self, name: str, licence: Licence) -> bool:
        """Whether it may be used; a name that was reviewed counts before its licence."""
        plain = name.partition("@")[0]
        for known in (name, plain, plain.removeprefix("hf:")):
            if known in self.names:
                return self.names[known]
        identifier = licence.id or UNKNOWN_NAME
        if identifier in self.refused:
            return False
        return self.allowed is None or identifier in self.allowed


def required(licences: str) -> Review:
    """The review that ``--require-licence`` asks for: these licences, with commas, and no other.

    Raises UsageError for what is no name of a licence.
    """
    return Review(allowed=_identifiers(licences.split(","), "--require-licence"))


def company_review() -> Review:
    """The review of the settings; one that permits everything where there is none.

    Raises UsageError when the file cannot be read, or says something else.
    """
    place = load_settings().licences
    return Review() if place is None else _read(expanded(place))


def _read(path: Path) -> Review:
    try:
        content = yaml.safe_load(read_text(path))
    except (OSError, UnusableFile, yaml.YAMLError, RecursionError) as error:
        raise _unusable(path, T("{error}", "{error}", error=str(error).splitlines()[0])) from error
    if not isinstance(content, dict) or not content:
        raise _unusable(path, T("It says nothing.", "其中没有内容。"))
    unknown = [str(key) for key in content if key not in _KEYS]
    if unknown:
        raise _unusable(path, T("It does not know {key}; known: allowed, refused, names.",
                                "不认识 {key}；可用：allowed、refused、names。",
                                key=unknown[0][:80]))  # fmt: skip
    names = content.get("names") or {}
    wrong = [] if isinstance(names, dict) else [names]
    wrong = wrong or [name for name, verdict in names.items()
                      if not isinstance(name, str) or str(verdict) not in _VERDICTS]  # fmt: skip
    if wrong:
        raise _unusable(path, T("names: {name} is neither allowed nor refused.",
                                "names：{name} 既不是 allowed 也不是 refused。",
                                name=str(wrong[0])[:80]))  # fmt: skip
    allowed, refused = content.get("allowed"), content.get("refused") or []
    return Review(
        None if allowed is None else _identifiers(allowed, str(path)),
        _identifiers(refused, str(path)),
        {name: _VERDICTS[str(verdict)] for name, verdict in names.items()},
        str(path),
    )


def _identifiers(given: Any, source: str) -> frozenset[str]:
    listed = given if isinstance(given, list) else [given]
    found = set()
    for one in listed:
        text = one.strip() if isinstance(one, str) else ""
        known = UNKNOWN_NAME if text.lower() == UNKNOWN_NAME else identifier_of(text)
        if known is None:
            raise UsageError(
                T("'{name}' in {source} is no name of a licence.",
                  "{source} 中的“{name}”不是许可证名称。", name=str(one)[:80], source=source),
                None,
                T("Write it as hubs do, for example apache-2.0,mit; unknown is one that nobody "
                  "says.",
                  "请按模型库的写法，例如 apache-2.0,mit；unknown 表示没有说明。"),
                code="usage.licence",
            )  # fmt: skip
        found.add(known)
    return frozenset(found)


def _unusable(path: Path, why: Text) -> UsageError:
    return UsageError(
        T("The list of licences {path} cannot be used.", "无法使用许可证清单 {path}。", path=path),
        why,
        T("It is YAML with allowed, refused and names; nothing is trained until it can be read.",
          "它是含 allowed、refused 和 names 的 YAML；在能够读取之前不会训练。"),
        code="usage.licence",
    )  # fmt: skip
