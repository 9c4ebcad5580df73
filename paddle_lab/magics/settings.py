"""``%config PaddleLab``: the ``PADDLE_LAB_*`` settings of this kernel as IPython shows settings.

The environment stays the one place they are read from: what is set here is written there, so that
processes started from this kernel follow it too.
"""

from __future__ import annotations

import os
from typing import Any, Final

from traitlets import Bool, TraitError, Unicode, default, observe, validate
from traitlets.config import Configurable

from paddle_lab.i18n import LANGUAGES, T
from paddle_lab.settings import load_settings

_VARIABLES: Final = {
    "language": "PADDLE_LAB_LANG",
    "runs_dir": "PADDLE_LAB_RUNS_DIR",
    "offline": "PADDLE_LAB_OFFLINE",
    "hints": "PADDLE_LAB_HINTS",
    "hf_endpoints": "PADDLE_LAB_HF_ENDPOINTS",
    "licences": "PADDLE_LAB_LICENCES",
}


class PaddleLab(Configurable):
    """What ``%config PaddleLab.language = 'zh'`` or ``ipython_config.py`` can set."""

    language = Unicode(help="en or zh; empty: as the system has it").tag(config=True)
    runs_dir = Unicode(help="folder where runs are made; empty: paddle_runs here").tag(config=True)
    offline = Bool(help="never try the network").tag(config=True)
    hints = Bool(help="the doctor's hint under an error that it knows").tag(config=True)

    hf_endpoints = Unicode(
        help="addresses of the Hugging Face hub or mirrors, with commas; the first that answers"
    ).tag(config=True)
    licences = Unicode(help="YAML file that says which licences may be used").tag(config=True)

    @default("hf_endpoints")
    def _hf_endpoints_now(self) -> str:
        return ",".join(load_settings().hf_endpoints)

    @default("licences")
    def _licences_now(self) -> str:
        return load_settings().licences or ""

    @default("language")
    def _language_now(self) -> str:
        return os.environ.get(_VARIABLES["language"], "")

    @default("runs_dir")
    def _runs_dir_now(self) -> str:
        return os.environ.get(_VARIABLES["runs_dir"], "")

    @default("offline")
    def _offline_now(self) -> bool:
        return load_settings().offline

    @default("hints")
    def _hints_now(self) -> bool:
        return load_settings().hints

    @validate("language")
    def _known_language(self, proposal: Any) -> Any:
        if proposal["value"] not in ("", *LANGUAGES):
            raise TraitError(
                T("'{name}' is not a valid language. Known: en, zh.",
                  "Paddle Lab 没有语言“{name}”。可选：en、zh。", name=proposal["value"])
            )  # fmt: skip
        return proposal["value"]

    @observe(*_VARIABLES)
    def _write(self, change: Any) -> None:
        variable, value = _VARIABLES[change["name"]], change["new"]
        if value == "":
            os.environ.pop(variable, None)
        else:
            os.environ[variable] = value if isinstance(value, str) else str(int(value))
        if change["name"] == "hints":
            show_hints(self.parent, on=value)


def show_hints(ip: Any, *, on: bool) -> None:
    """Switch the doctor's hint under a traceback."""
    from paddle_lab.environment import hint

    (hint.install if on else hint.uninstall)(ip)
