"""Keep secrets out of the fact sheet: home folders, user names in URLs, unknown variables.

Only the standard library, and old Pythons too: the probes also run in the interpreter that is
being diagnosed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

# Variables that decide whether Paddle works, and that hold no secret. Everything else stays out.
PLAIN_VARIABLES = (
    "CUDA_VISIBLE_DEVICES",
    "NVIDIA_VISIBLE_DEVICES",
    "CUDA_DEVICE_ORDER",
    "CUDA_HOME",
    "CUDA_PATH",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "DYLD_LIBRARY_PATH",
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONNOUSERSITE",
    "PYTHONUTF8",
    "PYTHONWARNINGS",
    "PYTHONIOENCODING",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "CONDA_DEFAULT_ENV",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "KMP_DUPLICATE_LIB_OK",
    "MKL_THREADING_LAYER",
    "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION",
    "HF_HOME",
    "HF_HUB_OFFLINE",
    "HF_DATASETS_OFFLINE",
    "TRANSFORMERS_OFFLINE",
    "PPNLP_HOME",
    "PADDLE_HOME",
    "XDG_CACHE_HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "WSL_DISTRO_NAME",
    "PADDLE_LAB_LANG",
    "PADDLE_TRAINERS_NUM",
    "PADDLE_TRAINER_ID",
)
PREFIXES = ("FLAGS_", "NCCL_")  # Paddle's and NCCL's switches; both are documented, none is secret
URL_VARIABLES = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "HF_ENDPOINT",
)
PRIVATE_URL_VARIABLES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX")
# Who keeps a public package index or a mirror of one: the name before ``.org`` or ``.edu.cn``.
PUBLIC_INDEXES = frozenset(
    [
        "pypi",
        "paddlepaddle",
        "tsinghua",
        "aliyun",
        "ustc",
        "baidu",
        "tencent",
        "huaweicloud",
        "douban",
    ]
)
_PUBLIC_ENDINGS = frozenset(["org", "com", "edu", "cn"])
_USERINFO = re.compile(r"(?i)\b([a-z][a-z0-9+.\-]{0,30}://)[^/\s@]+@")
SECRET_NAME = re.compile(r"(?i)token|secret|passw|passwd|api_?key|credential|auth")
_LIMIT = 4000


def strip_userinfo(text: str) -> str:
    """``http://name:password@host`` becomes ``http://host``."""
    return _USERINFO.sub(r"\1", text)


def shorten_home(text: str, home: str | None = None) -> str:
    """Write the home folder as ``~`` wherever it stands in ``text``."""
    home = home if home is not None else os.path.expanduser("~")
    home = home.rstrip("/\\")
    if len(home) < 2:  # "/" or "" is no home worth hiding, and would change every path
        return text
    pattern = re.compile(re.escape(home) + r"(?=$|[/\\:;,\"'\s])")
    return pattern.sub("~", text)


def clean(text: str, home: str | None = None) -> str:
    """Both of the above, cut to a length that no sheet is drowned by."""
    return shorten_home(strip_userinfo(text), home)[:_LIMIT]


def public_index(url: str) -> str:
    """Who keeps a package index ("tsinghua") when it is a well-known public one, else "private"."""
    try:
        labels = (urlsplit(url.strip()).hostname or "").split(".")
    except ValueError:
        return "private"
    while labels and labels[-1] in _PUBLIC_ENDINGS:
        labels.pop()
    return labels[-1] if labels and labels[-1] in PUBLIC_INDEXES else "private"


def allowed_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of ``environ`` that may stand in a fact sheet, cleaned."""
    kept: dict[str, str] = {}
    for name, value in environ.items():
        if name in PRIVATE_URL_VARIABLES:
            kept[name] = " ".join(public_index(part) for part in value.split())
        elif SECRET_NAME.search(name):
            continue
        elif name in PLAIN_VARIABLES or name in URL_VARIABLES or name.startswith(PREFIXES):
            kept[name] = clean(value)
    return dict(sorted(kept.items()))
