"""The model as other programs than Python's read it: ``model/`` of a kit, the same for all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.errors import BundleError
from paddle_lab.i18n import T, Text
from paddle_lab.kits import KitFacts
from paddle_lab.kits._words import as_json, characters, places, settings, vocabulary

if TYPE_CHECKING:
    from paddle_lab.bundle import Manifest

#: What such programs run, the one to be preferred first.
RUNTIMES: Final = ("onnx", "onnx-int8")
#: What a program runs that is built with Paddle's Python package.
PADDLE: Final = "paddle"
#: What is answered, by task: a label, several of them, a number.
_ANSWERS: Final = {
    "classify": "label",
    "multilabel": "labels",
    "pair": "label",
    "regress": "score",
}


def model_files(facts: KitFacts, program: Text) -> dict[str, str | bytes]:
    """Settings, characters, vocabulary and the model, by path.

    Raises BundleError, which names the ``program``, for what it could not answer.
    """
    from paddle_lab.bundle import load_manifest

    manifest = load_manifest(facts.bundle, check_hashes=False)
    names = manifest.runtimes[facts.runtime]
    tables = _tables(facts.bundle, manifest, names[0], program)
    model = (
        _paddles(facts.bundle, *names) if facts.runtime == PADDLE else _onnx(facts.bundle, *names)
    )
    return {f"model/{name}": content for name, content in (tables | model).items()}


def _onnx(folder: Path, name: str) -> dict[str, str | bytes]:
    from paddle_lab.bundle.checked_onnx import checked_onnx

    return {name: checked_onnx(folder, name)}


def _paddles(folder: Path, program: str, params: str) -> dict[str, str | bytes]:
    """Program and parameters, which fit each other."""
    from paddle_lab.bundle.checked_onnx import LARGEST_MODEL
    from paddle_lab.bundle.checked_program import checked_program
    from paddle_lab.bundle.problems import damaged
    from paddle_lab.untrusted import UnusableFile, read_bytes, reason_of

    checked = checked_program(folder, program, params)
    try:
        return {program: checked, params: read_bytes(folder / params, LARGEST_MODEL)}
    except (OSError, UnusableFile) as error:
        raise damaged(folder, params, reason_of(error)) from error


def _tables(folder: Path, manifest: Manifest, model: str, program: Text) -> dict[str, str | bytes]:
    """Settings, characters and vocabulary. Raises BundleError for what cannot be answered."""
    from tokenizers import Tokenizer

    from paddle_lab.bundle.checked_tokenizer import checked_tokenizer
    from paddle_lab.bundle.predictor import codec_of

    if manifest.task not in _ANSWERS:
        raise _refused(
            folder, program,
            T("It answers {tasks}; this model is for {task}.",
              "它支持 {tasks}；该模型的任务是 {task}。",
              tasks=", ".join(_ANSWERS), task=manifest.task),
        )  # fmt: skip
    codec = codec_of(folder, manifest).to_json()
    written = checked_tokenizer(folder / manifest.tokenizer)
    tokenizer, content = Tokenizer.from_str(written), json.loads(written)
    pair = manifest.task == "pair" or codec.get("pair") is True
    try:
        lines = [
            *_of_model(manifest, codec, pair, model),
            *settings(content),
            *places(tokenizer, pair),
        ]
        words = vocabulary(content)
    except ValueError as error:
        raise _refused(
            folder, program, T("Its tokenizer: {why}.", "分词器：{why}。", why=str(error))
        ) from error
    return {
        "settings.txt": "".join(f"{name} {value}\n" for name, value in lines),
        "characters.txt": characters(tokenizer),
        "vocabulary.txt": words,
    }


def _of_model(
    manifest: Manifest, codec: Mapping[str, Any], pair: bool, model: str
) -> list[tuple[str, object]]:
    """What the program must know of the model: the names that ``settings.txt`` has."""
    (output,) = manifest.signature.outputs
    answer = _ANSWERS[manifest.task]
    return [
        ("answer", answer),
        ("pair", int(pair)),
        ("model", model),
        *((name, name) for name in manifest.inputs),
        ("output", output.name),
        ("outputs", output.dims[1]),
        ("max_len", manifest.max_len),
        *(_of_scale(codec) if answer == "score" else _of_labels(codec)),
    ]


def _of_scale(codec: Mapping[str, Any]) -> list[tuple[str, object]]:
    return [
        ("mean", repr(codec["mean"])),
        ("deviation", repr(codec["std"])),
        ("low", as_json(codec["low"])),
        ("high", as_json(codec["high"])),
    ]


def _of_labels(codec: Mapping[str, Any]) -> list[tuple[str, object]]:
    from paddle_lab.tasks.levels import parents

    labels, values = codec["labels"], codec.get("values") or {}
    thresholds = codec.get("thresholds")
    above = parents(labels) if thresholds else ()
    return [
        *(("label", as_json(label)) for label in labels),
        *(("value", as_json(values.get(label, label))) for label in labels if values),
        *(("threshold", repr(value)) for value in thresholds or ()),
        *(("parent", f"{one} {other}") for one, other in above),
    ]


def _refused(folder: Path, program: Text, why: Text) -> BundleError:
    return BundleError(
        T("{program} cannot answer with the bundle {folder}.",
          "{program}无法使用模型包 {folder}。", program=program, folder=folder),
        why,
        T("%ernie_kit docker serves bundles of every task over HTTP.",
          "%ernie_kit docker 可通过 HTTP 提供任何任务的模型包。"),
        code="bundle.kit_refused",
    )  # fmt: skip
