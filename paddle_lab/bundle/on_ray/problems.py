"""What can go wrong with a cluster of Ray, for the person who named it."""

from __future__ import annotations

from pathlib import Path

from paddle_lab.errors import BundleError, EnvError, ServerError
from paddle_lab.i18n import T
from paddle_lab.text.short import last_line


def no_ray(error: ImportError) -> EnvError:
    """Ray, or what its part needs that is asked for, is not installed."""
    return EnvError(
        T("There is no Ray in this environment, or not all that it needs.",
          "当前环境中没有 Ray，或缺少它需要的软件包。"),
        T("{error}", "{error}", error=str(error)[:300]),
        T('Install it: pip install "paddle-lab[ray]" (beside paddle-lab-serve, for files: '
          'pip install "ray[data]"), or leave out --ray',
          '请安装：pip install "paddle-lab[ray]"（在 paddle-lab-serve 旁处理文件时：'
          'pip install "ray[data]"），或去掉 --ray'),
        code="env.no_ray",
    )  # fmt: skip


def no_cluster(address: str, error: Exception) -> ServerError:
    """There is no cluster where one was named."""
    return ServerError(
        T("There is no cluster of Ray at {address}.", "{address} 处没有 Ray 集群。",
          address=address),
        T("{error}", "{error}", error=str(error)[:300]),
        T("Start one (ray start --head), or leave the address out: --ray",
          "请启动一个（ray start --head），或省略地址：--ray"),
        code="server.no_ray",
    )  # fmt: skip


def not_started(error: Exception) -> ServerError:
    """No cluster runs here, and a new one does not start."""
    return ServerError(
        T("A cluster of Ray could not be started on this machine.", "无法在本机启动 Ray 集群。"),
        T("{error}", "{error}", error=last_line(error)),
        T("Its parts have a few seconds to start: try again when the machine has less to do, or "
          "leave out --ray.",
          "Ray 的各部分须在数秒内启动：请在机器空闲时重试，或去掉 --ray。"),
        code="server.ray_start",
    )  # fmt: skip


def not_answered(folder: Path, error: Exception) -> BundleError:
    """Ray did not bring the rows to their end."""
    return BundleError(
        T("Ray did not answer all rows with {folder}.", "Ray 未能用 {folder} 预测全部数据行。",
          folder=folder),
        T("{error}", "{error}", error=last_line(error)),
        T("Every node needs the same packages, and memory for the model in each of its processes: "
          "ray status, and Ray's logs, tell more. Without --ray this machine answers alone.",
          "每个节点都需要相同的软件包，以及每个进程加载模型所需的内存；"
          "详情见 ray status 和 Ray 的日志。去掉 --ray 则只用本机预测。"),
        code="bundle.ray_failed",
    )  # fmt: skip


def other_version(theirs: str, ours: str) -> BundleError:
    """A node has another Paddle Lab than the machine that asks."""
    return BundleError(
        T("A node of the cluster has Paddle Lab {theirs}, this machine {ours}.",
          "集群中有节点使用 Paddle Lab {theirs}，本机为 {ours}。", theirs=theirs, ours=ours),
        T("Their answers may differ.", "两者的结果可能不同。"),
        T("Install the same version on every node.", "请在每个节点安装相同的版本。"),
        code="bundle.ray_version",
    )  # fmt: skip
