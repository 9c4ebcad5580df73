"""Whether a small bundle is of the bundle beside it, or of one that stood there before.

A run's bundle is made again: after it went on training, from other weights, with other names for
its labels. The small one beside it stays what it was, until it is made again, too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from paddle_lab.bundle.manifest import PARAMS_FILE, Manifest, load_manifest
from paddle_lab.errors import PaddleLabError
from paddle_lab.i18n import T, Text

#: The folders of a run's bundle and of its small one, in that of the run.
WHOLE_FOLDER: Final = "bundle"
SMALL_FOLDER: Final = "bundle-small"
#: Beside the figures of the small bundle, in its manifest: what it was made of.
MADE_OF: Final = "of"


def made_of(whole: Manifest) -> dict[str, str]:
    """What answers hang on: the weights, and what the codec holds.

    Another runtime that is added to the bundle changes none of it.
    """
    return {"weights": whole.files[PARAMS_FILE].sha256, "codec": _digest(whole.codec)}


def older_small(folder: Path) -> Text | None:
    """What to say of the small bundle in ``folder``; None where it is of the bundle beside it.

    ``folder`` may be any bundle's: only a small one with a whole one beside it is looked at. Of one
    that does not say what it was made of, what its codec holds is compared.
    """
    if folder.name != SMALL_FOLDER:
        return None
    try:
        small = load_manifest(folder, check_hashes=False)
        whole = load_manifest(folder.with_name(WHOLE_FOLDER), check_hashes=False)
    except (PaddleLabError, OSError):
        return None
    figures = small.source.get("small")
    if not isinstance(figures, Mapping) or not whole.with_paddle:
        return None
    now = made_of(whole)
    before: Any = figures.get(MADE_OF)
    if not isinstance(before, Mapping):
        before = {**now, "codec": _digest(small.codec)}
    if all(before.get(part) == digest for part, digest in now.items()):
        return None
    run = folder.parent.name
    return T(
        "{folder} in {run} was made of an earlier bundle of the run, and answers as that one did. "
        "Make it again: %ernie_export {run} --small",
        "{run} 中的 {folder} 是由该运行较早的模型包制作的，其答案与当时的模型包一致。"
        "请重新制作：%ernie_export {run} --small",
        folder=SMALL_FOLDER, run=run,
    )  # fmt: skip


def _digest(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
