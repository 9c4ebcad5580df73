"""Whose releases ``tools/release_names.py`` reads, and how closely."""

from __future__ import annotations

from typing import Final

#: Packages of the stack and of what stands beside it, and the oldest release that is looked at.
#: Not torch and tensorflow, which are too large, nor opencv, whose names stand in no source.
PACKAGES: Final = {
    # of Paddle
    "aistudio-sdk": "0.1", "paddle2onnx": "0.9", "paddlehub": "2.0", "paddlenlp": "2.3",
    "paddleocr": "2.4", "paddlepaddle": "2.4", "paddlex": "2.0", "visualdl": "2.0",
    # numbers, tables, plots
    "absl-py": "0.9", "astor": "0.7", "bokeh": "2.0", "decorator": "4.3", "gast": "0.3",
    "joblib": "0.13", "matplotlib": "3.1", "networkx": "2.2", "numba": "0.48", "numpy": "1.16",
    "opt-einsum": "3.0", "optuna": "1.5", "pandas": "1.0", "plotly": "4.8", "pyarrow": "1.0",
    "scikit-image": "0.16", "scikit-learn": "0.21", "scipy": "1.3", "seaborn": "0.10",
    "sympy": "1.5",
    # language
    "accelerate": "0.5", "datasets": "1.8", "diffusers": "0.10", "evaluate": "0.1", "gensim": "3.6",
    "gradio": "3.0", "gradio-client": "0.1", "huggingface-hub": "0.2", "jieba": "0.39",
    "keras": "2.3", "langchain": "0.0.200", "langchain-community": "0.0.1",
    "langchain-core": "0.1", "modelscope": "1.0", "nltk": "3.4", "openai": "0.20", "peft": "0.2",
    "pypinyin": "0.35", "pytorch-lightning": "1.3", "lightning": "2.0", "ray": "1.13",
    "safetensors": "0.2", "sentence-transformers": "1.0", "sentencepiece": "0.1.90",
    "seqeval": "0.0.12", "spacy": "2.2", "tensorboard": "2.0", "timm": "0.4", "tokenizers": "0.8",
    "torchtext": "0.8", "torchvision": "0.9", "transformers": "4.5", "trl": "0.4",
    # pictures, sound, files
    "albumentations": "0.5", "imageio": "2.6", "imgaug": "0.3", "librosa": "0.7", "lmdb": "0.98",
    "moviepy": "1.0", "onnx": "1.8", "onnxruntime": "1.8", "pillow": "6.0", "pymupdf": "1.18",
    "shapely": "1.7", "soundfile": "0.10",
    # Jupyter
    "ipykernel": "5.0", "ipyparallel": "6.2", "ipython": "7.0", "ipywidgets": "7.0",
    "jedi": "0.13", "jupyter-client": "5.3", "jupyter-core": "4.4", "jupyter-server": "1.0",
    "jupyterlab": "1.0", "jupyterlab-server": "1.0", "jupyterlab-widgets": "1.0",
    "nbclassic": "0.2", "nbclient": "0.3", "nbconvert": "5.3", "nbformat": "4.4",
    "nest-asyncio": "1.3", "notebook": "5.0", "parso": "0.3", "prompt-toolkit": "1.0",
    "pygments": "2.3", "pyzmq": "17.0", "tornado": "4.5", "traitlets": "4.3",
    # servers and clients
    "aiohttp": "3.5", "anyio": "2.0", "bleach": "3.0", "certifi": "2020.4",
    "charset-normalizer": "1.4",
    "cryptography": "2.8", "fastapi": "0.50", "flask": "1.0", "fsspec": "0.6", "google-auth": "1.6",
    "httpcore": "0.9", "httpx": "0.13", "idna": "2.7", "jinja2": "2.10", "markdown": "2.6",
    "markupsafe": "1.0", "mistune": "0.8", "multidict": "4.5", "pyopenssl": "18.0",
    "requests": "2.20", "starlette": "0.13", "urllib3": "1.21", "uvicorn": "0.11",
    "websockets": "7.0", "werkzeug": "0.15", "yarl": "1.3",
    # the ground
    "attrs": "18.1", "click": "6.7", "colorlog": "3.1", "dill": "0.2.9", "docutils": "0.14",
    "importlib-metadata": "0.18", "importlib-resources": "1.0", "jsonschema": "2.6",
    "packaging": "19.0", "pip": "9.0", "platformdirs": "2.0",
    "protobuf": "3.6", "psutil": "5.4", "pydantic": "1.4", "pyyaml": "3.13", "rich": "5.0",
    "setuptools": "40", "six": "1.10", "sphinx": "2.0", "tomli": "0.2", "tqdm": "4.28",
    "typing-extensions": "3.6", "wheel": "0.31", "xxhash": "1.3", "zipp": "0.5",
}  # fmt: skip
#: Releases of one package; of what is released each week one of two or three is looked at.
MOST: Final = 26
#: All minor releases of these, for their names are what others fail on.
CLOSELY: Final = frozenset({"huggingface-hub", "numpy", "pip", "protobuf"})
#: Of these the inner modules are hundreds, and nobody imports from them by name.
WIDE: Final = frozenset(
    {"diffusers", "langchain_community", "lightning", "matplotlib", "modelscope", "paddlenlp"}
    | {"peft", "pytorch_lightning", "ray", "scipy", "spacy", "sympy", "timm", "transformers"}
)
#: Built from sources these need compilers and libraries: a Python without a wheel is as one that is
#: refused.
COMPILED: Final = frozenset(
    {"gensim", "lmdb", "matplotlib", "numba", "numpy", "onnx", "onnxruntime", "paddle2onnx"}
    | {"paddlepaddle", "pandas", "pillow", "pyarrow", "pymupdf", "scikit-image", "scikit-learn"}
    | {"scipy", "sentencepiece", "shapely", "spacy", "tokenizers", "torchtext", "torchvision"}
)
