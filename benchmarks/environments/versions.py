"""Kinds in which a package has a version that the others cannot use, or is not installed."""

from __future__ import annotations

from collections.abc import Callable

from environments.kinds import kind
from environments.place import Place


def installs(*requirements: str) -> Callable[[Place], None]:
    """Exactly these, whatever the others need: as ``pip install`` of another project leaves it."""
    return lambda place: place.packages("install", "--no-deps", *requirements)


def removes(*names: str) -> Callable[[Place], None]:
    return lambda place: place.packages("uninstall", *names)


@kind("two builds of paddle", "paddlepaddle", "paddlepaddle-gpu")
def two_builds(place: Place) -> None:
    place.packages("install", "--no-deps", "paddlepaddle-gpu==2.6.2")


@kind("the newest transformers", "transformers|huggingface|tokenizers")
def newest_transformers(place: Place) -> None:
    place.packages("install", "-U", "transformers")


kind("numpy 2.2.6", fails="nothing")(installs("numpy==2.2.6"))
kind("numpy too old", "numpy")(installs("numpy==1.23.2"))
kind("protobuf 3.19.6", "protobuf")(installs("protobuf==3.19.6"))
kind("the newest pyarrow", "pyarrow", "numpy")(installs("pyarrow==26.0.1"))
kind("pyarrow too old", fails="nothing")(installs("pyarrow==11.0.0"))
kind("the newest datasets", "datasets")(installs("datasets>=5"))
kind("the newest huggingface-hub", r"huggingface.hub")(installs("huggingface-hub>=1"))
kind("huggingface-hub too old", r"huggingface.hub")(installs("huggingface-hub==0.11.0"))
kind("the newest aistudio-sdk", r"aistudio.sdk")(installs("aistudio-sdk>=0.3"))
kind("the newest setuptools", fails="nothing")(installs("setuptools>=82"))
kind("setuptools removed", "setuptools|pkg_resources")(removes("setuptools"))
kind("opt-einsum removed", r"opt.einsum")(removes("opt-einsum"))
kind("networkx removed", fails="nothing")(removes("networkx"))
kind("colorlog removed", "colorlog")(removes("colorlog"))
kind("pip removed", r"\bpip\b")(removes("pip"))
kind("pip removed, layout of uv", r"\bpip\b", layout="uv")(removes("pip"))
kind("httpx removed, layout of uv", "httpx", layout="uv")(removes("httpx"))
kind("opt-einsum removed, layout of conda", r"opt.einsum", layout="conda")(removes("opt-einsum"))
kind("colorlog removed, the system's Python", "colorlog", layout="system")(removes("colorlog"))
kind("paddlepaddle removed", "paddlepaddle")(removes("paddlepaddle"))
kind("paddlenlp removed", "paddlenlp")(removes("paddlenlp"))
