"""Whose function a missing symbol is, told by the symbol itself: by its namespace, or Python's."""

from __future__ import annotations

import re
from typing import Final

#: Namespaces that are named otherwise than the package whose library has them.
_PACKAGES: Final = {
    "at": "torch", "c10": "torch", "caffe2": "torch", "phi": "paddlepaddle", "cv": "opencv-python",
    "paddle": "paddlepaddle", "arrow": "pyarrow", 
    "google": "protobuf", "onnxruntime": "onnxruntime",
    "tensorflow": "tensorflow", "torch": "torch", "faiss": "faiss-cpu", "onnx": "onnx",
}  # fmt: skip
_NESTED: Final = re.compile(r"_*ZN[KVr]*(?P<length>\d{1,3})(?P<rest>\w+)")
_OF_PYTHON: Final = re.compile(r"_*(?:Py(?=[A-Z_])|_Py)[A-Za-z_]\w+")
PYTHON: Final = "Python"


def owner_of_symbol(symbol: str) -> str:
    """The package, or :data:`PYTHON`; "" where the symbol does not tell.

    >>> owner_of_symbol("_ZN2at19UndefinedTensorImpl10_singletonE")
    'torch'
    >>> owner_of_symbol("__PyThreadState_UncheckedGet")
    'Python'
    """
    nested = _NESTED.match(symbol)
    if nested:
        length = int(nested["length"])
        name, inner = nested["rest"][:length], nested["rest"][length:]
        if name == "google" and not inner.startswith("8protobuf"):
            return ""  # many libraries stand in that namespace
        return _PACKAGES.get(name, "")
    return PYTHON if _OF_PYTHON.fullmatch(symbol) else ""
