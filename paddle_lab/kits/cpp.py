"""A program in C++: tokenizer, ONNX Runtime and answers in a few files, without Python."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.errors import BundleError
from paddle_lab.i18n import T, Text
from paddle_lab.kits import KitFacts
from paddle_lab.kits._render import TEMPLATES, rendered
from paddle_lab.kits._words import as_json, characters, places, settings, vocabulary

if TYPE_CHECKING:
    from paddle_lab.bundle import Manifest

#: What is answered, by task: a label, several of them, a number.
_ANSWERS: Final = {
    "classify": "label",
    "multilabel": "labels",
    "pair": "label",
    "regress": "score",
}
_SOURCES: Final = TEMPLATES / "cpp"
#: Where the wheel of ONNX Runtime has its library.
_WHEELS_LIBRARY: Final = (
    "ONNXRUNTIME_LIBRARY=\"$(python3 -c 'import onnxruntime as o; print(o.__path__[0])')/capi\""
)


class Cpp:
    """Its sources, and the model with tables that are made of the bundle's tokenizer."""

    in_container = False
    in_cluster = False
    runtimes = ("onnx", "onnx-int8")

    @property
    def title(self) -> Text:
        """What it is."""
        return T("a C++ program", "C++ 程序")

    def files(self, facts: KitFacts) -> dict[str, str | bytes]:
        """Sources, build file, a page to read, and ``model/``. Raises BundleError."""
        from paddle_lab.bundle import load_manifest
        from paddle_lab.bundle.checked_onnx import checked_onnx

        manifest = load_manifest(facts.bundle, check_hashes=False)
        (name,) = manifest.runtimes[facts.runtime]
        sources = sorted(path.name for path in _SOURCES.glob("*.[ch]pp"))
        return {
            "CMakeLists.txt": (_SOURCES / "CMakeLists.txt").read_text(encoding="utf-8"),
            "README.md": rendered(["cpp/README.md"], facts)["cpp/README.md"],
            **{f"src/{one}": (_SOURCES / one).read_text(encoding="utf-8") for one in sources},
            **{f"model/{one}": text for one, text in _tables(facts.bundle, manifest, name).items()},
            f"model/{name}": checked_onnx(facts.bundle, name),
        }

    def steps(self, facts: KitFacts) -> tuple[str, ...]:
        """Build, then answer with the library of the wheel of ONNX Runtime."""
        return (
            "cmake -S . -B build && cmake --build build",
            f"export {_WHEELS_LIBRARY}",
            "build/answer texts.txt",
        )


def _tables(folder: Path, manifest: Manifest, model: str) -> dict[str, str]:
    """Settings, characters and vocabulary. Raises BundleError for what cannot be answered."""
    from tokenizers import Tokenizer

    from paddle_lab.bundle.checked_tokenizer import checked_tokenizer
    from paddle_lab.bundle.predictor import codec_of

    if manifest.task not in _ANSWERS:
        raise _refused(
            folder,
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
            folder, T("Its tokenizer: {why}.", "分词器：{why}。", why=str(error))
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


def _refused(folder: Path, why: Text) -> BundleError:
    return BundleError(
        T("The C++ program cannot answer with the bundle {folder}.",
          "C++ 程序无法使用模型包 {folder}。", folder=folder),
        why,
        T("%ernie_kit docker serves bundles of every task over HTTP.",
          "%ernie_kit docker 可通过 HTTP 提供任何任务的模型包。"),
        code="bundle.kit_refused",
    )  # fmt: skip


KIT: Final = Cpp()
