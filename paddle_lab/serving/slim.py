"""Take from an environment that serves what no service opens.

    python -m paddle_lab.serving.slim [--dry-run]

For the environment of an image, in which ``paddle-lab-serve`` was installed; the image of
``%ernie_kit docker`` is made with it. What goes: packages that are there only because another one
declares them for what serving never does, files of NumPy and ONNX Runtime for building, testing and
converting, pip, and compiled modules. What a service imports is then imported once, in a process
of its own: this shows that nothing of it went, and compiles it for the next start.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final

from paddle_lab.errors import EnvError, PaddleLabError, UsageError
from paddle_lab.i18n import T
from paddle_lab.text.short import last_line

OURS: Final = "paddle-lab-serve"
#: What a package declares and a service never imports.
UNUSED: Final[Mapping[str, tuple[str, ...]]] = {
    # Tokenizers by their name on a hub: ours come from a bundle.
    "tokenizers": ("huggingface-hub",),
    # Tools that make and change models.
    "onnxruntime": ("coloredlogs", "flatbuffers", "packaging", "protobuf", "sympy"),
}
#: What Paddle imports and does not declare: of no use without it.
FOR_PADDLE: Final = ("setuptools",)
PADDLE: Final = ("paddlepaddle", "paddlepaddle-gpu")
#: What installs: an image is made anew.
INSTALLERS: Final = ("pip", "wheel")
#: Files below the folder of packages, by package: to build against, to test, to convert.
FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "numpy": (
        "array_api", "core/include", "core/lib", "distutils", "doc", "f2py", "random/lib",
        "**/tests", "**/*.pyi",
    ),
    "onnxruntime": (
        # A second copy of the library, for programs in C++.
        "capi/libonnxruntime.so*", "capi/libonnxruntime.*.dylib",
        "datasets", "quantization", "tools", "transformers",
    ),
}  # fmt: skip

#: What front and workers import, of what is installed.
_IMPORTS: Final = """
import importlib, importlib.util
import paddle_lab.bundle.predictor, paddle_lab.commands.predict, paddle_lab.commands.serve
import paddle_lab.serving.listening, paddle_lab.serving.models, paddle_lab.serving.worker
from paddle_lab.bundle.runtimes import RUNTIMES
from paddle_lab.serving.measured import measure
from paddle_lab.tasks import TASKS
for registry in (RUNTIMES, TASKS):
    for name in registry.names():
        registry.get(name)
for name in ("tokenizers", "onnxruntime", "paddle", "grpc", "ray.serve"):
    if importlib.util.find_spec(name.partition(".")[0]) is not None:
        importlib.import_module(name)
if importlib.util.find_spec("grpc") is not None:
    import paddle_lab.serving.rpc.front
"""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRAS: Final = re.compile(r"\[([^\]]*)\]")
_EXTRA: Final = re.compile(r"extra\s*==\s*['\"]([^'\"]+)")


def name_of(requirement: str) -> str:
    """The package that a requirement names, in the one form that names of packages have."""
    found = _NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", found.group()).lower() if found else ""


def unneeded(found: Iterable[Distribution]) -> list[Distribution]:
    """Those of the installed packages that only such requirements ask for, and installers.

    A package that somebody asked for by name stays, and with it what it requires.
    """
    by_name = {name_of(one.metadata["Name"]): one for one in found}
    paddle = any(name in by_name for name in PADDLE)
    declared = _requirements(by_name)
    left = {
        name: {
            other for other in others
            if other not in UNUSED.get(name, ())
            and not (name == OURS and other in FOR_PADDLE and not paddle)
        }
        for name, others in declared.items()
    }  # fmt: skip
    doubtful = _reached({other for name in declared for other in declared[name] - left[name]},
                        declared)  # fmt: skip
    asked = {name for name, one in by_name.items() if name not in doubtful or _asked_for(one)}
    kept = _reached(asked - {*INSTALLERS}, left)
    return [one for name, one in sorted(by_name.items()) if name not in kept]


def _asked_for(one: Distribution) -> bool:
    """Whether a person named it; uv says so of all that it installs."""
    by = (one.read_text("INSTALLER") or "").strip()
    return by == "pip" and one.read_text("REQUESTED") is not None


def _requirements(installed: Mapping[str, Distribution]) -> dict[str, set[str]]:
    """What each requires of what is installed.

    An extra counts where what counts asks for it; one of ours, where all of it is installed.
    """
    written = {
        name: [_read(one) for one in found.requires or ()] for name, found in installed.items()
    }
    wanted: dict[str, set[str]] = {name: {""} for name in installed}
    if OURS in wanted:
        extras = {extra for _, _, extra in written[OURS]}
        wanted[OURS] |= {
            extra for extra in extras
            if all(name in installed for name, _, of in written[OURS] if of == extra)
        }  # fmt: skip
    found: dict[str, set[str]] = {name: set() for name in installed}
    while True:
        before = sum(map(len, wanted.values()))
        for name, requirements in written.items():
            for other, extras, of in requirements:
                if of in wanted[name] and other in installed:
                    found[name].add(other)
                    wanted[other] |= extras
        if sum(map(len, wanted.values())) == before:
            return found


def _read(requirement: str) -> tuple[str, set[str], str]:
    """The package that is required, which extras of it, and for which extra; "" for always."""
    what, _, marker = requirement.partition(";")
    extras = {part.strip() for listed in _EXTRAS.findall(what) for part in listed.split(",")}
    of = _EXTRA.search(marker)
    return name_of(what), extras, of.group(1) if of else ""


def _reached(names: set[str], requires: Mapping[str, set[str]]) -> set[str]:
    """``names``, and all that they require, and that requires."""
    reached: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= requires.get(name, set()) - reached
    return reached


def files_of(one: Distribution, root: Path) -> Iterator[Path]:
    """The files that an installer wrote for a package, below ``root``."""
    for file in one.files or ():
        path = Path(str(one.locate_file(file))).resolve()
        if path.is_relative_to(root):
            yield path


def slim(root: Path, *, dry_run: bool = False) -> tuple[list[str], int]:
    """Take it from the environment in ``root``: the names of the packages, and the bytes.

    Raises UsageError for an environment that is not one of ``paddle-lab-serve`` alone.
    """
    found = [one for one in distributions() if _is_within(one, root)]
    names = {name_of(one.metadata["Name"]) for one in found}
    if not (root / "pyvenv.cfg").is_file() or OURS not in names or "paddle-lab" in names:
        raise _other_environment(root)
    gone = unneeded(found)
    paths = {path for one in gone for path in files_of(one, root)}
    for package, patterns in FILES.items():
        for one in found:
            if name_of(one.metadata["Name"]) == package:
                home = Path(str(one.locate_file(package)))
                paths |= {path for pattern in patterns for path in home.glob(pattern)}
    paths |= set(root.rglob("__pycache__"))
    return [one.metadata["Name"] for one in gone], _removed(paths, dry_run)


def _is_within(one: Distribution, root: Path) -> bool:
    return Path(str(one.locate_file(""))).resolve().is_relative_to(root)


def _removed(paths: set[Path], dry_run: bool) -> int:
    """The bytes of files and folders, which are removed, and the folders that are empty then."""
    size = 0
    for path in sorted(paths):
        if any(parent in paths for parent in path.parents):
            continue  # it goes with its folder
        if not path.is_symlink() and path.is_dir():
            size += sum(one.lstat().st_size for one in path.rglob("*") if not one.is_dir())
            if not dry_run:
                shutil.rmtree(path)
        elif path.is_symlink() or path.exists():
            size += path.lstat().st_size
            if not dry_run:
                path.unlink()
    for folder in sorted({parent for path in paths for parent in path.parents}, reverse=True):
        if not dry_run and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return size


def _other_environment(root: Path) -> UsageError:
    return UsageError(
        T("{root} is not an environment of paddle-lab-serve.",
          "{root} 不是 paddle-lab-serve 的环境。", root=root),
        T("Packages and files are taken only from a virtual environment that has paddle-lab-serve, "
          "and not paddle-lab.",
          "只会从安装了 paddle-lab-serve（而不是 paddle-lab）的虚拟环境中删除包和文件。"),
        T("Run it with the Python of such an environment.", "请用这样的环境中的 Python 运行。"),
        code="usage.conflict",
    )  # fmt: skip


def import_all(python: str | Path) -> None:
    """Import what a service does, and compile it. Raises EnvError where something is missing."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON")
    }
    command = [str(python), "-c", _IMPORTS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise EnvError(
            T("The environment lacks what a service imports.", "环境缺少服务所需的模块。"),
            T("{last}", "{last}", last=last_line(ImportError(done.stderr))),
            T("Install paddle-lab-serve into a new environment, with the extra onnx or cpu.",
              "请在新环境中安装 paddle-lab-serve，并带上 onnx 或 cpu。"),
            code="env.not_whole",
        )  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """The command line: the environment is that of the Python that runs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--dry-run", action="store_true", help="say what would go")
    args = parser.parse_args(argv)
    try:
        names, size = slim(Path(sys.prefix).resolve(), dry_run=args.dry_run)
        if not args.dry_run:
            import_all(sys.executable)
    except PaddleLabError as error:
        print(error, file=sys.stderr)
        return 2
    what = T("Would go", "将删除") if args.dry_run else T("Gone", "已删除")
    print(f"{what}: {size / 1e6:.0f} MB; {', '.join(names)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
