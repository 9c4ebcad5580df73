"""The Jupyter server extension: one socket per browser tab, and the runs over HTTP.

Never imports paddle. A further stream (GPU samples, owners, the list of runs) is a
:class:`~paddle_lab.server.topics.Topic` made by a factory that is added in ``extension.py``.
"""

from __future__ import annotations

from paddle_lab.server.extension import load as _load_jupyter_server_extension

__all__ = ["_load_jupyter_server_extension"]
