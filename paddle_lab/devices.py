"""Paddle itself, and the device that it computes on."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import sys
import warnings
from pathlib import Path

from paddle_lab.errors import EnvError, UsageError
from paddle_lab.garbage import not_searched
from paddle_lab.i18n import T
from paddle_lab.interrupts import after_imports, is_half_imported, sparing_children
from paddle_lab.options.device import DEVICE, DEVICE_FORMS
from paddle_lab.text.short import last_line


def import_paddle() -> None:
    """Import paddle without its remarks on compilers and threads; an interrupt waits for it.

    Raises ImportError; EnvError where an earlier import was cut off.
    """
    os.environ.setdefault("GLOG_minloglevel", "2")
    if "paddle" in sys.modules:
        return
    half = is_half_imported("paddle")
    with (
        after_imports(),
        sparing_children(),
        not_searched(),
        warnings.catch_warnings(),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        try:
            import paddle  # noqa: F401
        except Exception as error:
            if half:
                raise half_imported("paddle") from error
            raise


def half_imported(package: str) -> EnvError:
    """An import of ``package`` was cut off in this process, and it cannot be imported any more."""
    return EnvError(
        T("The import of {package} was interrupted in this kernel, which cannot import it again.",
          "此内核中对 {package} 的导入曾被中断，无法再次导入。", package=package),
        fix=T("Restart the kernel, then run the cell again.", "请重启内核，然后重新运行该单元。"),
        code="env.half_imported",
    )  # fmt: skip


def no_paddle(error: ImportError) -> EnvError:
    """What to say where `import_paddle` fails."""
    missing = getattr(error, "name", None)
    if isinstance(error, ModuleNotFoundError) and missing and missing.split(".")[0] != "paddle":
        return _needs(missing.split(".")[0])
    return EnvError(
        T("Paddle cannot be imported.", "无法导入 Paddle。"),
        T("{kind}: {error}", "{kind}：{error}", kind=type(error).__name__, error=last_line(error)),
        T(
            "%paddle_env says what is wrong and how to install it.",
            "%paddle_env 会说明原因和安装方法。",
        ),
        code="env.no_paddle",
    )


def _needs(module: str) -> EnvError:
    """Paddle is there, and a package that it imports is not: it does not ask for all of them."""
    package = "setuptools<81" if module in ("pkg_resources", "setuptools") else module
    return EnvError(
        T("Paddle cannot be imported.", "无法导入 Paddle。"),
        T("It needs the module {module}, which is not installed here.",
          "它需要模块 {module}，而这里没有安装。", module=module),
        T('Install it: pip install "{package}"', '请安装：pip install "{package}"',
          package=package),
        code="env.no_paddle",
    )  # fmt: skip


def built_for_gpus() -> bool:
    """Whether the installed Paddle has CUDA in it, told without importing it; False without one."""
    if "paddle" in sys.modules:
        return bool(sys.modules["paddle"].is_compiled_with_cuda())
    found = importlib.util.find_spec("paddle")
    if found is None or found.origin is None:
        return False
    try:
        text = (Path(found.origin).parent / "version" / "__init__.py").read_text("utf-8")
    except OSError:
        return False
    told = re.search(r"^cuda_version\s*=\s*'([^']*)'", text, re.MULTILINE)
    return told is not None and told[1] not in ("False", "")


def choose_device(wanted: str) -> str:
    """``wanted``, with ``auto`` made "gpu" where this Paddle can use one, else "cpu".

    Raises UsageError for what is no name of a device; EnvError where there is no such GPU, or no
    paddle that could tell.
    """
    if re.fullmatch(DEVICE, wanted) is None:
        raise UsageError(
            T("'{name}' is not a device.", "没有名为“{name}”的设备。", name=wanted),
            T("Known: {forms}", "可选：{forms}", forms=DEVICE_FORMS),
            code="usage.value",
        )
    if wanted == "cpu":
        return wanted
    try:
        import_paddle()
    except ImportError as error:
        raise no_paddle(error) from error
    import paddle

    count = paddle.device.cuda.device_count() if paddle.is_compiled_with_cuda() else 0
    if wanted == "auto":
        return "gpu" if count else "cpu"
    if not count:
        raise EnvError(
            T("There is no GPU that this Paddle can use.", "当前的 Paddle 无法使用 GPU。"),
            T(
                "Either the CPU build is installed or no GPU is visible.",
                "可能安装的是 CPU 版本，或没有可见的 GPU。",
            ),
            T(
                "%paddle_env says which and what to install; the device cpu works everywhere.",
                "%paddle_env 会说明原因和安装命令；cpu 在任何机器上都可用。",
            ),
            code="env.no_gpu",
        )
    if gpu_number(wanted) >= count:
        raise EnvError(
            T("There is no {name}.", "没有 {name}。", name=wanted),
            T(
                "Paddle sees {n} GPU, counted from gpu:0.",
                "Paddle 可见 {n} 个 GPU，从 gpu:0 编号。",
                n=count,
            ),
            T(
                "Give gpu:{last} or less.",
                "请使用 gpu:{last} 或更小的编号。",
                last=count - 1,
            ),
            code="env.no_gpu",
        )
    return wanted


def multiplies_bfloat16() -> bool:
    """Whether this processor has instructions for products of bfloat16 matrices."""
    return bool(processor_flags() & {"avx512_bf16", "amx_bf16"})


def processor_flags() -> frozenset[str]:
    """The instruction sets that Linux names; none on other systems, or where it names none."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            found = re.search(r"^flags\s*:(.*)$", file.read(60_000), re.M)
    except OSError:
        return frozenset()
    return frozenset(found.group(1).split()) if found else frozenset()


def gpu_number(device: str) -> int:
    """The number of the GPU in a name as `choose_device` gives it; 0 in "gpu"."""
    return int(device.partition(":")[2] or 0)
