"""``%ernie_kit``: a folder with the bundle and its files, whole or not at all."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
from bundle.making import make_bundle
from bundle.tiny import LABELS, build_tokenizer_json
from kits.onnx_bundle import OF_TOKENS, onnx_bundle

from paddle_lab.bundle import load_bundle
from paddle_lab.bundle.manifest import load_manifest, write_manifest
from paddle_lab.commands import Context, kit
from paddle_lab.commands.result import Result
from paddle_lab.errors import BundleError, UsageError


def ask(*words: str) -> Result:
    args = kit.build_parser("%ernie_kit").parse_args(list(words))
    return kit.execute(args, Context())


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    monkeypatch.chdir(tmp_path)
    make_bundle(tmp_path / "made", source={"name": "Shop Reviews"})


def test_the_folder_has_the_bundle_and_the_next_commands_are_said() -> None:
    result = ask("docker", "./made")
    folder = Path("shop-reviews-docker")
    assert result.value == folder.absolute()
    assert load_manifest(folder / "bundle") == load_manifest(Path("made"))
    assert '"shop-reviews=/srv/bundle"' in (folder / "Dockerfile").read_text("utf-8")
    assert "docker build -t shop-reviews:latest ." in result.text
    assert result.json is not None and result.json["steps"]


def test_the_image_gets_what_its_runtime_reads_and_nothing_else(tmp_path: Path) -> None:
    onnx = onnx_bundle(tmp_path / "onnx", build_tokenizer_json(), "classify", {"labels": LABELS})
    whole, other = load_manifest(Path("made")), load_manifest(onnx)
    shutil.copy(onnx / "model.onnx", "made")
    both = {**whole.runtimes, **other.runtimes}
    write_manifest(
        Path("made"),
        dataclasses.replace(whole, files={**other.files, **whole.files}, runtimes=both),
    )
    for runtime, first in (("paddle", "model.json"), ("onnx", "model.onnx")):
        ask("docker", "./made", "--runtime", runtime, "--out", f"of-{runtime}")
        found = load_manifest(Path(f"of-{runtime}/bundle"))
        assert list(found.runtimes) == [found.runtime] == [runtime]
        models = {name for name in found.files if name.startswith("model")}
        assert models == set(found.runtimes[runtime]) and first in models
        names = {path.name for path in Path(f"of-{runtime}/bundle").iterdir()}
        assert names == {*found.files, "manifest.json"}
    ask("docker", "./onnx", "--out", "alone")
    assert load_bundle("alone/bundle", device="cpu").predict("好")


def test_names_and_numbers_that_are_given_stand_in_the_files() -> None:
    ask("k8s", "./made", "--out", "there", "--name", "intent", "--image", "r.example/a/b:2",
        "--port", "9000", "--replicas", "5", "--workers", "3", "--grpc-port", "9001")  # fmt: skip
    text = Path("there/k8s/deployment.yaml").read_text("utf-8")
    for said in ("name: intent", "image: r.example/a/b:2", "containerPort: 9000", "replicas: 5",
                 "containerPort: 9001"):  # fmt: skip
        assert said in text, said
    scaler = Path("there/k8s/hpa.yaml").read_text("utf-8")
    assert "minReplicas: 5" in scaler and "maxReplicas: 20" in scaler
    ask("k8s", "./made", "--out", "other", "--image", "r.example/x", "--replicas", "2..6")
    scaler = Path("other/k8s/hpa.yaml").read_text("utf-8")
    assert "minReplicas: 2" in scaler and "maxReplicas: 6" in scaler
    assert '"--workers", "3", "--grpc-port", "9001"]' in Path("there/Dockerfile").read_text("utf-8")
    assert "[cpu,grpc]" in Path("there/requirements.txt").read_text("utf-8")


def test_the_wheel_is_taken_along() -> None:
    wheel = Path("paddle_lab_serve-0.1.0-py3-none-any.whl")
    wheel.write_bytes(b"wheel")
    ask("docker", "./made", "--out", "there", "--wheel", str(wheel))
    assert (Path("there") / wheel.name).read_bytes() == b"wheel"
    assert wheel.name in Path("there/requirements.txt").read_text("utf-8")


def test_what_is_there_is_not_replaced(tmp_path: Path) -> None:
    Path("there").mkdir()
    Path("there/thesis.txt").write_text("years of work", "utf-8")
    with pytest.raises(UsageError, match="there already"):
        ask("docker", "./made", "--out", "there")
    assert [path.name for path in Path("there").iterdir()] == ["thesis.txt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "there"]


@pytest.mark.parametrize(
    "words",
    [["nomad", "./made"], ["docker", "./made", "--image", "Not An Image"],
     ["docker", "./made", "--wheel", "numpy-1.0-py3-none-any.whl"],
     ["compose", "./made", "--replicas", "3"], ["k8s", "./made"],
     ["kserve", "./made", "--image", "x"],
     ["k8s", "./made", "--image", "r.example/x", "--replicas", "6..2"],
     ["docker", "./made", "--port", "9000", "--grpc-port", "9000"],
     ["docker", "./made", "--grpc-port", "8000"], ["cpp", "./made", "--grpc-port", "9000"],
     ["ray", "./made", "--image", "r.example/x", "--grpc-port", "9000"],
     ["docker", "./made", "--image", "x\nRUN rm -rf /"], ["cpp", "./made", "--port", "8000"],
     ["cpp", "./made", "--workers", "1"], ["cpp", "./made", "--image", "x"]],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_before_anything_is_written(
    words: list[str], tmp_path: Path
) -> None:
    with pytest.raises(UsageError):
        ask(*words)
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_runtime_that_the_bundle_lacks_is_refused() -> None:
    with pytest.raises(BundleError):
        ask("docker", "./made", "--runtime", "onnx")


def test_a_program_takes_onnx_and_no_image(tmp_path: Path) -> None:
    labels = {"labels": ["差评", "好评"]}
    onnx_bundle(tmp_path / "onnx", build_tokenizer_json(), "classify", labels)
    result = ask("cpp", "./onnx", "--out", "there")
    names = sorted(str(path.relative_to("there")) for path in Path("there").rglob("*.*"))
    assert "src/main.cpp" in names and "CMakeLists.txt" in names and "README.md" in names
    assert [name for name in names if name.startswith("model/")] == [
        "model/characters.txt", "model/model.onnx", "model/settings.txt", "model/vocabulary.txt",
    ]  # fmt: skip
    model = Path("there/model/model.onnx").read_bytes()
    assert model == Path("onnx/model.onnx").read_bytes()
    assert "cmake -S . -B build" in result.text and "docker" not in result.text


def test_a_program_needs_a_bundle_with_onnx_unless_paddle_is_asked_for(tmp_path: Path) -> None:
    for words in (["cpp", "./made"], ["web", "./made"], ["web", "./made", "--runtime", "paddle"]):
        with pytest.raises(BundleError, match="--runtime onnx") as caught:
            ask(*words)
        assert caught.value.code == "bundle.no_runtime"
        assert ("--runtime paddle" in caught.value.in_language("en")) == (words[0] == "cpp")
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_task_that_the_program_does_not_answer_is_refused(tmp_path: Path) -> None:
    task, codec, _ = OF_TOKENS["tag"]
    onnx_bundle(tmp_path / "tags", build_tokenizer_json(), task, codec)
    with pytest.raises(BundleError, match="classify, multilabel, pair, regress") as caught:
        ask("cpp", "./tags")
    assert caught.value.code == "bundle.kit_refused"
