"""Why there is no number, or a doubtful one: each failure has a reason and a hint in two languages.

A :class:`Condition` is data. Backends, owners and routes return them; every view shows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from paddle_lab.i18n import T, Text

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Condition:
    """One failure state: ``code`` for programs, ``reason`` and ``hint`` for people."""

    code: str
    level: Level
    reason: Text
    hint: Text

    def to_json(self) -> dict[str, Any]:
        """The condition as the stream and the JSON snapshot hold it."""
        return {
            "code": self.code,
            "level": self.level,
            "reason": self.reason.to_json(),
            "hint": self.hint.to_json(),
        }

    def __str__(self) -> str:
        return f"{self.reason} {self.hint}"


_SIMULATE = T(
    "To follow along without a GPU, set PADDLE_LAB_GPUS=simulated:2xA100 or the setting of that "
    "name.",
    "没有 GPU 也想跟着做：设置 PADDLE_LAB_GPUS=simulated:2xA100，或使用同名设置项。",
)

LIBRARY_NOT_FOUND: Final = Condition(
    "library-not-found",
    "info",
    T(
        "No NVIDIA driver library (libnvidia-ml.so.1) on this machine.",
        "这台机器上没有 NVIDIA 驱动库（libnvidia-ml.so.1）。",
    ),
    T(
        "Training works on the CPU. With a GPU: install its driver; in a container, start it with "
        "--gpus all. {simulate}",
        "可以用 CPU 训练。若有 GPU：请安装驱动；容器请用 --gpus all 启动。{simulate}",
        simulate=_SIMULATE,
    ),
)
DRIVER_NOT_LOADED: Final = Condition(
    "driver-not-loaded",
    "warning",
    T(
        "The NVIDIA library is here, but the driver is not loaded.",
        "找到了 NVIDIA 库，但驱动没有加载。",
    ),
    T(
        "In a container: start it with --gpus all. On the machine itself: `sudo modprobe nvidia`, "
        "or restart. {simulate}",
        "容器请用 --gpus all 启动；物理机请运行 `sudo modprobe nvidia` 或重启。{simulate}",
        simulate=_SIMULATE,
    ),
)
DRIVER_MISMATCH: Final = Condition(
    "driver-mismatch",
    "error",
    T(
        "The driver in the kernel and the NVIDIA library are of different versions.",
        "内核中的驱动与 NVIDIA 库版本不一致。",
    ),
    T(
        "The driver was updated: restart the machine; then restart the Jupyter server.",
        "驱动刚更新过：请重启机器，然后重启 Jupyter 服务器。",
    ),
)
NO_PERMISSION: Final = Condition(
    "no-permission",
    "error",
    T(
        "This user may not read the GPUs (/dev/nvidia*).",
        "当前用户没有读取 GPU 的权限（/dev/nvidia*）。",
    ),
    T(
        "Ask the administrator for access: often membership of the group `video` or `render`.",
        "请联系管理员授权，通常是加入 `video` 或 `render` 用户组。",
    ),
)
WRONG_PYNVML: Final = Condition(
    "wrong-pynvml",
    "error",
    T(
        "Another package named pynvml hides nvidia-ml-py.",
        "另一个名为 pynvml 的软件包遮住了 nvidia-ml-py。",
    ),
    T(
        "pip uninstall -y pynvml && pip install --force-reinstall nvidia-ml-py; then restart the "
        "server.",
        "运行 pip uninstall -y pynvml && pip install --force-reinstall nvidia-ml-py，"
        "再重启服务器。",
    ),
)
NVML_PACKAGE_MISSING: Final = Condition(
    "nvml-package-missing",
    "error",
    T("The Python package nvidia-ml-py is not installed.", "没有安装 Python 包 nvidia-ml-py。"),
    T(
        "pip install nvidia-ml-py, then restart the server.",
        "pip install nvidia-ml-py，再重启服务器。",
    ),
)
NO_GPUS: Final = Condition(
    "no-gpus",
    "info",
    T("The driver is loaded, but shows no GPU.", "驱动已加载，但没有看到任何 GPU。"),
    T(
        "In a container: give it GPUs (--gpus all, or NVIDIA_VISIBLE_DEVICES). On a hub: choose a "
        "profile with a GPU. {simulate}",
        "容器：请分配 GPU（--gpus all 或 NVIDIA_VISIBLE_DEVICES）；"
        "Hub：请选择带 GPU 的配置。{simulate}",
        simulate=_SIMULATE,
    ),
)
GPU_LOST: Final = Condition(
    "gpu-lost",
    "error",
    T("This GPU has fallen off the bus.", "这块 GPU 已经掉线。"),
    T(
        "Save your work: kernels that use it will fail. A restart of the machine usually brings it "
        "back; if not, its power or seating is at fault. The other GPUs still work.",
        "请先保存：使用它的内核会出错。通常重启机器即可恢复；否则请检查供电或插槽。"
        "其他 GPU 不受影响。",
    ),
)
DRIVER_RELOADED: Final = Condition(
    "driver-reloaded",
    "warning",
    T("The driver was reloaded; reconnecting.", "驱动被重新加载，正在重新连接。"),
    T(
        "Nothing to do here. Kernels that used the GPU before must be restarted.",
        "此处无需操作；之前使用 GPU 的内核需要重启。",
    ),
)
UNSUPPORTED: Final = Condition(
    "unsupported",
    "info",
    T("This GPU does not report this value.", "这块 GPU 不提供该数值。"),
    T("It is shown as a dash; the rest is right.", "以短横线显示，其余数值不受影响。"),
)
MIG_ON: Final = Condition(
    "mig",
    "info",
    T(
        "MIG is on: utilisation is not available under MIG.",
        "已启用 MIG：MIG 模式下没有利用率数据。",
    ),
    T(
        "Memory is shown per slice below the GPU.",
        "显存按切片显示在 GPU 下方。",
    ),
)
VGPU: Final = Condition(
    "vgpu",
    "info",
    T("This is a virtual GPU (vGPU).", "这是虚拟 GPU（vGPU）。"),
    T(
        "PCIe, power and clocks belong to the host and are not shown to guests.",
        "PCIe、功耗与频率属于宿主机，虚拟机中不可见。",
    ),
)
WSL: Final = Condition(
    "wsl",
    "info",
    T(
        "Windows Subsystem for Linux: the driver does not list processes.",
        "在 WSL 中：驱动不列出进程。",
    ),
    T(
        "Memory per notebook is shown as far as the kernels report it: `%load_ext paddle_lab`.",
        "各笔记本的显存以内核自报为准：请在笔记本中运行 `%load_ext paddle_lab`。",
    ),
)
PIDS_HIDDEN: Final = Condition(
    "pids-hidden",
    "info",
    T(
        "GPU processes outside this container or hidden from it.",
        "GPU 进程在容器之外，或对本容器不可见。",
    ),
    T(
        "Memory per notebook is shown as the kernels report it; the rest is 'other'. Starting the "
        "container with --pid=host shows all.",
        "各笔记本显存以内核自报为准，其余计入“其他”。容器以 --pid=host 启动可看到全部。",
    ),
)
REMOTE_KERNEL: Final = Condition(
    "remote-kernel",
    "info",
    T("This kernel runs on another machine.", "该内核运行在另一台机器上。"),
    T(
        "Its memory is shown as the kernel itself reports it: `%load_ext paddle_lab`.",
        "显存以内核自报为准：请在笔记本中运行 `%load_ext paddle_lab`。",
    ),
)
KERNEL_SILENT: Final = Condition(
    "kernel-silent",
    "info",
    T(
        "This kernel does not answer the usage request.",
        "该内核不响应 usage_request。",
    ),
    T(
        "Not a Python kernel, or an old one: pip install -U ipykernel (6.10 or later).",
        "不是 Python 内核，或版本太旧：pip install -U ipykernel（6.10 以上）。",
    ),
)
SERVER_EXTENSION_MISSING: Final = Condition(
    "server-extension-missing",
    "error",
    T(
        "The server part of Paddle Lab is missing or older than this page.",
        "缺少 Paddle Lab 的服务器扩展，或其版本比本页面旧。",
    ),
    T(
        "pip install -U paddle-lab in the server's environment, restart the server, reload the "
        "page. `jupyter server extension list` should show paddle_lab.",
        "在服务器环境中运行 pip install -U paddle-lab，重启服务器并刷新页面；"
        "`jupyter server extension list` 应列出 paddle_lab。",
    ),
)
CONNECTION_LOST: Final = Condition(
    "connection-lost",
    "warning",
    T("The connection to the server is lost; trying again.", "与服务器的连接中断，正在重试。"),
    T(
        "Numbers shown are the last ones. Training goes on: it runs in the kernel.",
        "当前显示的是最后的数值。训练不受影响，它在内核中继续。",
    ),
)
NOT_AUTHORISED: Final = Condition(
    "not-authorised",
    "error",
    T("This user may not see the server's GPUs.", "当前用户无权查看服务器的 GPU。"),
    T(
        "Log in again; on a hub, ask for the scope of this server.",
        "请重新登录；在 Hub 上请申请该服务器的权限。",
    ),
)
SERVER_FAULT: Final = Condition(
    "server-fault",
    "error",
    T("The server could not answer.", "服务器未能作答。"),
    T(
        "The server's log says why. Reload the page to ask again.",
        "原因见服务器日志；刷新页面可重试。",
    ),
)
NVML_ERROR: Final = Condition(
    "nvml-error",
    "error",
    T("The driver gives an error that is not known.", "驱动返回了未知错误。"),
    T("`nvidia-smi` in a terminal may say more.", "在终端运行 `nvidia-smi` 可能会有更多信息。"),
)
BAD_SETTING: Final = Condition(
    "bad-setting",
    "error",
    T("PADDLE_LAB_GPUS is not understood.", "无法理解 PADDLE_LAB_GPUS 的值。"),
    T(
        "Use auto, none, or simulated:8xA100 (1 to 16 of A100, H100, H800, V100, T4, RTX4090).",
        "可用 auto、none 或 simulated:8xA100（1 至 16 块 A100、H100、H800、V100、T4、RTX4090）。",
    ),
)
SWITCHED_OFF: Final = Condition(
    "switched-off",
    "info",
    T("The GPU display is switched off.", "已关闭 GPU 显示。"),
    T("Set PADDLE_LAB_GPUS=auto to switch it on.", "设置 PADDLE_LAB_GPUS=auto 可打开。"),
)
SIMULATED: Final = Condition(
    "simulated",
    "info",
    T("Simulated GPUs: the numbers are made up.", "模拟 GPU：数值是编造的。"),
    T(
        "For workshops. PADDLE_LAB_GPUS=auto shows the real ones.",
        "供教学使用；PADDLE_LAB_GPUS=auto 显示真实 GPU。",
    ),
)

#: Every condition by code; documentation, tests and the front end's fixed texts come from here.
CONDITIONS: Final[dict[str, Condition]] = {
    value.code: value for value in list(globals().values()) if isinstance(value, Condition)
}
