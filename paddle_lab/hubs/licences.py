"""The licence of a model or of data: what their publisher wrote, and what that means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from paddle_lab.hubs.layout import front_matter
from paddle_lab.i18n import T, Text
from paddle_lab.untrusted import UnusableFile, read_text

Use = Literal["free", "conditions", "noncommercial", "unknown"]

_FILES: Final = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING", "License")
_LONGEST: Final = 1 << 20
_ID: Final = re.compile(r"[a-z0-9][a-z0-9.+_-]{0,63}", re.ASCII)
#: Ways to write one that people use, as its identifier.
_SAME: Final = {
    "apache": "apache-2.0", "apache 2.0": "apache-2.0", "apache2": "apache-2.0",
    "apache2.0": "apache-2.0", "apache-2": "apache-2.0", "apache license 2.0": "apache-2.0",
    "apache license, version 2.0": "apache-2.0", "apache license version 2.0": "apache-2.0",
    "mit license": "mit", "bsd": "bsd-3-clause", "gpl": "gpl-3.0", "gplv3": "gpl-3.0",
    "mulanpsl": "mulanpsl-2.0", "mulan psl v2": "mulanpsl-2.0", "cc0": "cc0-1.0",
}  # fmt: skip
_FREE: Final = re.compile(
    r"apache-.*|mit(?:-0)?|bsd.*|isc|unlicense|cc0-1\.0|cc-by-\d.*|cc-by-sa-\d.*|mulanpsl-.*|afl-3\.0|"
    r"zlib|pddl|odc-by|cdla-permissive-.*|ms-pl|bsl-1\.0|wtfpl|ecl-2\.0|artistic-2\.0|postgresql"
)
_NOT_FOR_TRADE: Final = re.compile(
    r"(?:^|[-_. ])nc(?:[-_. ]|$)|non-?commercial|research|academic|teaching|evaluation[- ]only"
)
_NOTHING: Final = ("other", "unknown", "none", "null", "tbd", "license", "custom", "")
#: What a text of a licence begins with, one after the other.
_TEXTS: Final = (
    (r"Attribution-NonCommercial-ShareAlike", "cc-by-nc-sa-4.0"),
    (r"Attribution-NonCommercial-NoDerivatives", "cc-by-nc-nd-4.0"),
    (r"Attribution-NonCommercial", "cc-by-nc-4.0"),
    (r"Attribution-ShareAlike", "cc-by-sa-4.0"),
    (r"Creative Commons Attribution 4\.0|Attribution 4\.0 International", "cc-by-4.0"),
    (r"Apache License\s+Version 2\.0", "apache-2.0"),
    (r"GNU AFFERO GENERAL PUBLIC LICENSE\s+Version 3", "agpl-3.0"),
    (r"GNU LESSER GENERAL PUBLIC LICENSE\s+Version 3", "lgpl-3.0"),
    (r"GNU GENERAL PUBLIC LICENSE\s+Version 3", "gpl-3.0"),
    (r"GNU GENERAL PUBLIC LICENSE\s+Version 2", "gpl-2.0"),
    (r"Mulan Permissive Software License", "mulanpsl-2.0"),
    (r"木兰宽松许可证", "mulanpsl-2.0"),
    (r"Permission is hereby granted, free of charge", "mit"),
    (r"Redistribution and use in source and binary forms", "bsd-3-clause"),
)


@dataclass(frozen=True)
class Licence:
    """``id`` is as hubs write it (``apache-2.0``), None for none; ``said`` is where it stands.

    ``use``: ``free`` for any use, with ``conditions`` that somebody has to read, ``noncommercial``,
    or ``unknown``.
    """

    id: str | None = None
    said: str | None = None

    @property
    def use(self) -> Use:
        """What it means for who wants to sell what is made."""
        if self.id is None:
            return "unknown"
        if _NOT_FOR_TRADE.search(self.id):
            return "noncommercial"
        return "free" if _FREE.fullmatch(self.id) else "conditions"

    def notice(self, name: str) -> Text | None:
        """What is told of it; None where it needs no word."""
        if self.use == "free":
            return None
        if self.use == "noncommercial":
            return T(
                "{name} is for non-commercial use only ({licence}). Do not put what you make of it "
                "into a product.",
                "{name} 仅限非商业用途（{licence}）。请勿将由它得到的成果用于产品。",
                name=name, licence=self.id,
            )  # fmt: skip
        if self.use == "conditions":
            return T(
                "The licence of {name} is {licence}, which has conditions: read it before you pass "
                "on what you make.",
                "{name} 的许可证为 {licence}，附有条件：对外提供成果之前请先阅读。",
                name=name, licence=self.id,
            )  # fmt: skip
        return T(
            "The licence of {name} is its publisher's; look it up before you pass on what you "
            "make.",
            "{name} 的许可证以其发布者为准；对外提供成果之前请先查明。",
            name=name,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """As reports and manifests hold it."""
        return {"licence": self.id, "said": self.said, "use": self.use}


UNKNOWN: Final = Licence()


def licence_of(facts: Mapping[str, Any], folder: Path | None = None) -> Licence:
    """The licence by a repository's metadata, else by what lies in its folder."""
    found = of_metadata(facts)
    if found.id is not None or folder is None:
        return found
    return of_folder(folder)


def of_folder(folder: Path) -> Licence:
    """The licence by the README's metadata, else by the text of a licence; files decide no more."""
    found = of_metadata(front_matter(folder))
    if found.id is not None:
        return Licence(found.id, "README.md")
    for name in _FILES:
        try:
            text = read_text(folder / name, _LONGEST)
        except (OSError, UnusableFile):
            continue
        for start, identifier in _TEXTS:
            if re.search(start, text[:4000]):
                return Licence(identifier, name)
    return UNKNOWN


def of_metadata(facts: Mapping[str, Any]) -> Licence:
    """The licence that metadata name: ``license``, or of ``other`` its ``license_name``."""
    for key in ("license", "license_name"):
        given = facts.get(key)
        given = given[0] if isinstance(given, list) and len(given) == 1 else given
        found = identifier_of(given) if isinstance(given, str) else None
        if found is not None:
            return Licence(found, "metadata")
    return UNKNOWN


def identifier_of(text: str) -> str | None:
    """A licence as a person or a hub writes it, as an identifier; None for none."""
    plain = " ".join(text.lower().split())[:80]
    plain = _SAME.get(plain, plain)
    if plain in _NOTHING:
        return None
    plain = re.sub(r"[\s(),;:]+", "-", plain).strip("-")
    return plain if _ID.fullmatch(plain) else None
