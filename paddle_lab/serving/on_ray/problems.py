"""What can go wrong on Ray, for the person who starts the service."""

from __future__ import annotations

from paddle_lab.errors import ServerError
from paddle_lab.i18n import T


def no_replica(model: str, why: str) -> ServerError:
    """No replica of a model became ready on Ray."""
    return ServerError(
        T("No replica of the model {model} is ready on Ray.",
          "Ray 上没有就绪的模型 {model} 副本。", model=model),
        T("{why}", "{why}", why=" ".join(why.split())[:600]),
        T("Every node needs the bundle at the same path and the same packages: ray status, and "
          "Ray's logs, tell more.",
          "每个节点都需要同一路径上的模型包和相同的软件包；详情见 ray status 和 Ray 的日志。"),
        code="server.no_replica",
    )  # fmt: skip


def not_answering(url: str, reason: str) -> ServerError:
    """Ray Serve runs there already with another address or port."""
    return ServerError(
        T("The service is on Ray, but {url} does not answer as it.",
          "服务已在 Ray 上，但 {url} 没有作出应有的回答。", url=url),
        T("{reason}", "{reason}", reason=reason[:300]),
        T("Where Ray Serve runs already its own host and port hold: give those, or end it with "
          "serve shutdown.",
          "Ray Serve 已运行时，以它自己的地址和端口为准："
          "请给出这些值，或用 serve shutdown 结束它。"),
        code="server.ray_address",
    )  # fmt: skip


def other_bundle(folder: str) -> ServerError:
    """A node has another bundle than the service was started with."""
    return ServerError(
        T("The bundle in {folder} is another one on this node.",
          "此节点上 {folder} 中的模型包与服务的不同。", folder=folder),
        None,
        T("Put the same bundle at the same path of every node.",
          "请在每个节点的同一路径放置相同的模型包。"),
        code="server.other_bundle",
    )  # fmt: skip
