"""The language of the JupyterLab that shows this kernel's notebook."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from paddle_lab.untrusted import UnusableFile, open_regular

_SETTING: Final = "@jupyterlab/translation-extension/plugin.jupyterlab-settings"
# A settings file has comments; the language is a line of its own, or all that there is.
_LOCALE: Final = re.compile(r'^[\s{]*"locale"\s*:\s*"([\w-]+)"', re.MULTILINE)
_LARGEST: Final = 65_536


def front_end_language() -> str | None:
    """``zh`` or ``en`` where this user chose a language in JupyterLab's settings, else None.

    A language that Paddle Lab does not speak is English; "default" is no choice.
    """
    try:
        with open_regular(_settings() / _SETTING) as file:
            text = file.read(_LARGEST).decode("utf-8", errors="replace")
    except (OSError, UnusableFile):
        return None  # nobody changed a setting, or the server is another user's
    found = _LOCALE.search(text)
    if found is None or found[1] == "default":
        return None
    return "zh" if found[1].lower().startswith("zh") else "en"


def _settings() -> Path:
    """Where JupyterLab keeps the settings of a user."""
    from jupyter_core.paths import jupyter_config_dir

    chosen = os.environ.get("JUPYTERLAB_SETTINGS_DIR")
    return Path(chosen) if chosen else Path(jupyter_config_dir()) / "lab" / "user-settings"
