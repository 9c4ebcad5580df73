"""Whether the installed Paddle can read a bundle's program: told by versions, before it is tried.

A Paddle that is too old does not say so: it takes the process down with it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from paddle_lab.bundle.manifest import Manifest
from paddle_lab.errors import BundleError
from paddle_lab.i18n import T
from paddle_lab.versions import version_of

#: The first Paddle that reads programs of this form.
OLDEST: Final = (3, 0)
_PACKAGES: Final = ("paddlepaddle", "paddlepaddle-gpu")
_NUMBERS: Final = re.compile(r"(\d{1,4})\.(\d{1,4})")


def refuse_older_paddle(folder: Path, manifest: Manifest) -> None:
    """Raise BundleError when the installed Paddle is older than the bundle's program needs.

    That is Paddle 3.0, or the major version that the bundle was exported with. Nothing is said
    where no version is known, as of a Paddle that somebody built.
    """
    installed = next((found for name in _PACKAGES if (found := version_of(name))), None)
    made = made_with(manifest)
    number, exported = _number(installed), _number(made)
    needed = max(OLDEST, (exported[0], 0)) if exported is not None else OLDEST
    if number is None or number >= needed or number == (0, 0):
        return
    raise BundleError(
        T("The bundle {folder} cannot be loaded with Paddle {installed}.",
          "Paddle {installed} 无法加载模型包 {folder}。", folder=folder, installed=installed),
        T("It was exported with Paddle {made}; its program needs Paddle {major}.{minor} or later.",
          "它由 Paddle {made} 导出；其程序需要 Paddle {major}.{minor} 或更新版本。",
          made=made or "?", major=needed[0], minor=needed[1]),
        T('Install it: pip install "paddlepaddle{version}" (or the GPU build that %paddle_env '
          'names)',
          '请安装：pip install "paddlepaddle{version}"（或 %paddle_env 给出的 GPU 版本）',
          version=f"=={made}" if made else f">={needed[0]}.{needed[1]}"),
        code="bundle.paddle_version",
    )  # fmt: skip


def made_with(manifest: Manifest) -> str | None:
    """The version of Paddle that the bundle was exported with."""
    return next((found for name in _PACKAGES if (found := manifest.versions.get(name))), None)


def _number(version: object) -> tuple[int, int] | None:
    found = _NUMBERS.match(version) if isinstance(version, str) else None
    return (int(found[1]), int(found[2])) if found else None
