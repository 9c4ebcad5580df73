"""The wheel for machines that only predict: the same code, and what it asks for."""

from __future__ import annotations

import ast
import csv
import zipfile
from pathlib import Path

import pytest
from serving_wheel import lean_metadata, serving_wheel

ROOT = Path(__file__).resolve().parents[2]
METADATA = """Metadata-Version: 2.1
Name: paddle-lab
Version: 1.2.3
Requires-Dist: jupyterlab<5,>=4.4
Requires-Dist: tomli; python_version < "3.11"
Provides-Extra: cpu
Requires-Dist: paddlepaddle==3.3.1; extra == "cpu"
Provides-Extra: onnx
Requires-Dist: onnxruntime>=1.20; extra == "onnx"
Provides-Extra: grpc
Requires-Dist: grpcio>=1.62; extra == "grpc"
Provides-Extra: serve
Requires-Dist: numpy<2; extra == "serve"
Requires-Dist: tomli; (python_version < "3.11") and extra == "serve"
Provides-Extra: test
Requires-Dist: pytest; extra == "test"

The long description names Requires-Dist: x; extra == "serve"
"""
FILES = {
    "paddle_lab/__init__.py": "x = 1\n",
    "paddle_lab/models/ernie-lab-mini/weights": "large",
    "paddle_lab-1.2.3.data/data/share/jupyter/labextensions/paddle-lab/package.json": "{}",
    "paddle_lab-1.2.3.dist-info/METADATA": METADATA,
    "paddle_lab-1.2.3.dist-info/WHEEL": "Wheel-Version: 1.0\n",
    "paddle_lab-1.2.3.dist-info/entry_points.txt": "[jupyterlab.locale]\npaddle_lab = paddle_lab\n",
    "paddle_lab-1.2.3.dist-info/RECORD": "",
}


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "paddle_lab-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    return path


def test_it_has_the_code_and_neither_front_end_nor_model(wheel: Path, tmp_path: Path) -> None:
    made = serving_wheel(wheel, tmp_path)
    assert made.name == "paddle_lab_serve-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(made) as archive:
        names = set(archive.namelist())
        assert archive.read("paddle_lab/__init__.py") == b"x = 1\n"
        record = archive.read("paddle_lab_serve-1.2.3.dist-info/RECORD").decode()
    recorded = {row[0] for row in csv.reader(record.splitlines())}
    info = {f"paddle_lab_serve-1.2.3.dist-info/{name}" for name in (
        "METADATA", "WHEEL", "entry_points.txt", "top_level.txt", "RECORD")}  # fmt: skip
    assert names == recorded == {"paddle_lab/__init__.py", *info}


def test_it_asks_for_what_the_extra_names_alone() -> None:
    head = lean_metadata(METADATA).partition("\n\n")[0].split("\n")
    assert "Name: paddle-lab-serve" in head and "Version: 1.2.3" in head
    assert [line for line in head if line.startswith(("Requires", "Provides"))] == [
        "Provides-Extra: cpu",
        'Requires-Dist: paddlepaddle==3.3.1; extra == "cpu"',
        "Provides-Extra: onnx",
        'Requires-Dist: onnxruntime>=1.20; extra == "onnx"',
        "Provides-Extra: grpc",
        'Requires-Dist: grpcio>=1.62; extra == "grpc"',
        "Requires-Dist: numpy<2",
        'Requires-Dist: tomli; python_version < "3.11"',
    ]


def test_any_other_wheel_is_refused(wheel: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not the wheel"):
        serving_wheel(wheel.rename(tmp_path / "other-1.0-py3-none-any.whl"), tmp_path)


def test_nothing_of_the_notebook_or_of_training_is_asked_for() -> None:
    tree = ast.parse((ROOT / "setup.py").read_text(encoding="utf-8"))
    extras = next(node.value for node in ast.walk(tree)
                  if isinstance(node, ast.keyword) and node.arg == "extras_require")  # fmt: skip
    assert isinstance(extras, ast.Dict)
    serve = next(value for key, value in zip(extras.keys, extras.values, strict=True)
                 if isinstance(key, ast.Constant) and key.value == "serve")  # fmt: skip
    named = " ".join(ast.literal_eval(serve))
    for heavy in ("jupyterlab", "ipywidgets", "paddlenlp", "matplotlib", "datasets", "scikit"):
        assert heavy not in named
    for needed in ("tokenizers", "numpy", "setuptools"):
        assert needed in named
