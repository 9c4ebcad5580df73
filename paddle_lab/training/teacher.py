"""The larger model of a distillation: what it answers, and how a smaller one compares with it."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from paddle_lab.bundle import Manifest, Predictor, load_bundle, load_manifest
from paddle_lab.bundle.manifest import FIRST_RUNTIME, MANIFEST_FILE, PARAMS_FILE
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.runs.answers import answers_path
from paddle_lab.tasks import get_task
from paddle_lab.text.numbers import count, figure, megabytes, number
from paddle_lab.training.soft import SoftRows, kept_soft, read_soft, write_soft
from paddle_lab.untrusted import sha256_of
from paddle_lab.views.words import name_of

_SHORT: Final = "b1_len32"
#: Texts that are answered together, and how often it is told how far that is.
_AT_ONCE: Final = 256
_TOLD_S: Final = 5.0


def answers_file(
    run: RunFolder, bundle: Path, texts: Sequence[str], tell: Callable[[Text], None]
) -> Path:
    """The file with the answers of the run's bundle to the texts: made now, or by an earlier call.

    It lies beside the runs, so that a second student needs no second pass of the larger model, and
    goes with the run.
    Raises BundleError for a bundle that cannot be used, OSError when nothing can be written.
    """
    digest = hashlib.sha256(sha256_of(bundle / MANIFEST_FILE).encode())
    digest.update(json.dumps(list(texts)).encode())
    path = answers_path(run.path, digest.hexdigest())
    if path.is_file() and _is_whole(path, tell):
        tell(T("{name} has answered these texts before: {file}",
               "{name} 之前已回答过这些文本：{file}", name=run.path.name, file=path))  # fmt: skip
        return path
    predictor = load_bundle(bundle, runtime=FIRST_RUNTIME)
    tell(T("{name} answers {n} texts ...", "{name} 正在回答 {n} 条文本……",
           name=run.path.name, n=len(texts)))  # fmt: skip
    answers = _answered(predictor, texts, tell)
    read = [index for index, answer in enumerate(answers) if not answer.empty]
    labels = predictor.labels
    shares = [[answers[index].probabilities[label] for label in labels] for index in read]
    told = {"name": run.path.name, **_facts(predictor.manifest)}
    found = np.array(shares, dtype=np.float32).reshape(len(read), len(labels))
    write_soft(path, SoftRows([texts[index] for index in read], labels, found, told))
    return path


def _answered(
    predictor: Predictor, texts: Sequence[str], tell: Callable[[Text], None]
) -> list[Any]:
    """All answers; how far it is is told from time to time. An interrupt leaves nothing behind."""
    answers: list[Any] = []
    begun = told = time.monotonic()
    for start in range(0, len(texts), _AT_ONCE):
        answers += predictor.answers({"text": list(texts[start : start + _AT_ONCE])})
        now = time.monotonic()
        if now - told > _TOLD_S and len(answers) < len(texts):
            told, left_s = now, (now - begun) / len(answers) * (len(texts) - len(answers))
            tell(T("{done} of {n} texts answered, about {s} s left",
                   "已回答 {done} / {n} 条，约剩 {s} 秒",
                   done=count(len(answers)), n=count(len(texts)), s=math.ceil(left_s)))  # fmt: skip
    return answers


def _is_whole(path: Path, tell: Callable[[Text], None]) -> bool:
    try:
        read_soft(path)
    except DataError as error:  # told, and made anew
        tell(error.what)
        return False
    return True


def compared(
    folder: RunFolder, spec: RunSpec, metrics: Mapping[str, Any], fingerprint: str
) -> Text | None:
    """The smaller model beside the larger one: figure, size and speed. None for a run without.

    The larger one's figure is told where it is of the same rows, by their ``fingerprint``. Raises
    DataError where the run's copy of the answers is damaged, BundleError where its bundle is.
    """
    kept = kept_soft(folder, spec)
    if kept is None:
        return None
    rows = read_soft(kept)
    metric = get_task(spec.task).metrics[0].name
    own = {**_facts(load_manifest(folder.bundle)), "metrics": dict(metrics)}
    other = dict(rows.teacher)
    if other.get("data") != fingerprint:
        other.pop("metrics", None)
    return T("{teacher}: {there}. This model: {here}.", "{teacher}：{there}。本模型：{here}。",
             teacher=other["name"], there=_told(other, metric),
             here=_told(own, metric))  # fmt: skip


def _facts(manifest: Manifest) -> dict[str, Any]:
    """``ms``: of one text of 32 tokens, where the check of the bundle has measured that."""
    latency = (manifest.proof or {}).get("latency_ms", {})
    return {
        **({"ms": latency[_SHORT]} if _SHORT in latency else {}),
        "bytes": manifest.files[PARAMS_FILE].bytes,
        "metrics": manifest.metrics,
        "data": manifest.source.get("data"),
    }


def _told(facts: Mapping[str, Any], metric: str) -> Text:
    metrics = facts.get("metrics")
    value = metrics.get(metric) if isinstance(metrics, dict) else None
    told = "–" if value is None else figure(metric, value)
    size, ms = megabytes(facts.get("bytes", 0) / 1e6), facts.get("ms")
    return T("{metric} {figure}, {size}, {ms} ms for 32 tokens when its bundle was checked",
             "{metric} {figure}，{size}，检查模型包时 32 个词元 {ms} 毫秒",
             metric=name_of("metric", metric), figure=told, size=size,
             ms="–" if ms is None else number(ms))  # fmt: skip
