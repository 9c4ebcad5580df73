"""The bundle that was asked last stays loaded: the next question is answered at once."""

from __future__ import annotations

import functools
from pathlib import Path

from paddle_lab.bundle.exchange import in_place
from paddle_lab.bundle.manifest import MANIFEST_FILE
from paddle_lab.bundle.predictor import Predictor, load_bundle
from paddle_lab.bundle.problems import not_a_bundle


def kept_bundle(folder: Path, runtime: str | None = None) -> Predictor:
    """The predictor of the bundle in ``folder``, loaded anew when its manifest has changed.

    ``runtime`` as in :func:`load_bundle`. Raises BundleError.
    """
    try:
        changed = in_place(folder, lambda: (folder / MANIFEST_FILE).stat().st_mtime_ns)
    except OSError as error:  # removed, or made private, since it was found
        raise not_a_bundle(folder) from error
    return _loaded(folder, changed, runtime)


@functools.lru_cache(maxsize=1)
def _loaded(folder: Path, changed: int, runtime: str | None) -> Predictor:
    return load_bundle(folder, runtime=runtime)
