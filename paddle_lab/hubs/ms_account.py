"""Who a person is on ModelScope: its own client knows, from its own store; nothing is kept here."""

from __future__ import annotations

import os
from typing import Any, Final

from paddle_lab.errors import HubError
from paddle_lab.hubs.names import HubName
from paddle_lab.i18n import T

_TOKEN: Final = "MODELSCOPE_API_TOKEN"


def client(endpoint: str, name: HubName) -> Any:
    """ModelScope's own client (``HubApi``). Raises HubError where it is not installed."""
    try:
        from modelscope_hub import HubApi, HubConfig
    except ImportError as error:
        raise HubError(
            T("{name} cannot be pushed to: modelscope-hub is not installed.",
              "无法推送到 {name}：未安装 modelscope-hub。", name=name.shown),
            T("ModelScope is published to by its own client, which also keeps the login.",
              "发布到 ModelScope 需要其自己的客户端，登录信息也由它保存。"),
            T("Run: pip install 'paddle-lab[modelscope]', then log in: modelscope login",
              "请运行：pip install 'paddle-lab[modelscope]'，然后登录：modelscope login"),
            code="hub.not_installed",
        ) from error  # fmt: skip
    return HubApi(HubConfig(endpoint=endpoint))


def login_headers() -> dict[str, str]:
    """What shows ModelScope who asks, as its client sends it; nothing where nobody is logged in.

    Without the client only its environment variable is looked at.
    """
    try:
        from modelscope_hub import HubConfig
    except ImportError:
        token = os.environ.get(_TOKEN)
    else:
        token = HubConfig().token
    if not token:
        return {}
    return {"Authorization": f"Bearer {token}", "Cookie": f"m_session_id={token}"}
