"""Commands that install into, and remove from, exactly one environment: each is one line to paste.

The environment is that of a fact sheet, named by the path of its interpreter, whatever Python comes
first on the PATH. Facts without an interpreter (a text of another machine told only its system)
give the form of that system, never a path of this machine.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from paddle_lab.environment.conditions import lookup, version_fits

INDEX = "https://www.paddlepaddle.org.cn/packages/stable/{build}/"

_NAME = re.compile(r"\w[\w.\-]*")
# No character that PowerShell or cmd would read as more than itself.
_WINDOWS_PATH = re.compile(r"[\w:.\\/\- ()+@,~]+")
_PLAIN = re.compile(r"\w[\w.+\-]*(?:==[\w.+\-]+)?")
_REQUIREMENT = re.compile(
    r"\w[\w.\-]*(?:\[[\w,\- ]+\])?(?: ?[<>=!~]=?[\w.+\-<>=!~*, ]+)?(?: ?;[\w.<>=!~'() ]+)?"
)

# What a Dockerfile removes is no person's.
_DELETES = re.compile(r"(?<!RUN )(?<![\w-])rm -\w+ (?!-)(?P<path>\S+)")

Facts = Mapping[str, Any]


def install(
    facts: Facts, *requirements: str, index: str | None = None, extra_index: str | None = None
) -> str:
    """One line that installs ``requirements``, from ``index`` instead of the usual one.

    ``extra_index`` has a part of them and is asked besides the usual one.
    """
    source = ["-i", index] if index else []
    source += _besides(facts, extra_index)
    return " ".join([installs_with(facts), quoted(requirements), *source]).rstrip()


def reinstall(facts: Facts, *names: str) -> str:
    """One line that puts exactly these packages back, in exactly their installed versions.

    Nothing else moves: without dependencies, and by force, or an installer would say "already
    satisfied". A package that is not installed is named without a version.
    """
    wanted = [_pinned(facts, name) for name in names if _NAME.fullmatch(name)]
    index = next((found for name in names if (found := own_index(facts, name))), None)
    if uses_uv(facts):
        # Without uv's cache: its files are hard links of those in the environment, so damaged too.
        force = ["--reinstall", "--no-deps", "--no-cache"]
    elif set(names) & set(lookup(facts, "package_problems.unfinished") or ()):
        force = ["--ignore-installed", "--no-deps"]  # pip removes nothing that has no record
    else:
        force = ["--force-reinstall", "--no-deps"]
    return " ".join([installs_with(facts), *force, quoted(wanted), *_besides(facts, index)])


def _besides(facts: Facts, index: str | None) -> list[str]:
    """An index that is asked besides the usual one."""
    if index is None:
        return []
    if uses_uv(facts):
        return ["--index", index, "--index-strategy", "unsafe-best-match"]
    return ["--extra-index-url", index]


def uninstall(facts: Facts, *names: str) -> str:
    """One line that removes packages and asks nothing."""
    wanted = [name for name in names if _NAME.fullmatch(name)]
    return f"{uninstalls_with(facts)} {quoted(wanted)}"


def installs_with(facts: Facts) -> str:
    """What stands before the requirements, e.g. ``~/nlp/.venv/bin/python -m pip install``."""
    if uses_uv(facts):
        return f"{uv(facts)} pip install{_of_uv(facts)}"
    return f"{_pip(facts)} install"


def uninstalls_with(facts: Facts) -> str:
    """What stands before the names of packages to remove."""
    if uses_uv(facts):
        return f"{uv(facts)} pip uninstall{_of_uv(facts)}"
    return f"{_pip(facts)} uninstall -y"


def uses_uv(facts: Facts) -> bool:
    """Is there no pip in this environment, as in those that uv makes, and a uv to do it?"""
    packages = facts.get("packages")
    if not isinstance(packages, Mapping) or "pip" in packages:
        return False
    if "installers" in facts:
        return lookup(facts, "installers.uv") is not None
    return bool(lookup(facts, "python.made_by_uv"))


def uv(facts: Facts) -> str:
    """How uv is called there: by its name, or by its path."""
    known = lookup(facts, "installers.uv")
    return shell_word(facts, str(known)) if known else "uv"


def python(facts: Facts) -> str:
    """The interpreter as the beginning of a command."""
    program = str(lookup(facts, "python.executable") or "")
    windows = lookup(facts, "platform.system") == "Windows"
    if not program:
        return "python3" if lookup(facts, "platform.system") == "Darwin" else "python"
    if windows and (
        lookup(facts, "jupyter.terminal_elsewhere") is False or not _WINDOWS_PATH.fullmatch(program)
    ):
        return "python"
    word = shell_word(facts, program)
    return f"& {word}" if windows and word.startswith('"') else word


def shell_word(facts: Facts, path: str) -> str:
    """A path as one word of a shell, ``~`` still meaning the home folder (in PowerShell too)."""
    if lookup(facts, "platform.system") == "Windows":
        if path.startswith("~"):  # PowerShell, as in Jupyter's terminal
            return f'"$HOME{path[1:]}"'
        return path if re.fullmatch(r"[\w:.\\/\-]+", path) else f'"{path}"'
    if path == "~":
        return path
    return "~/" + shlex.quote(path[2:]) if path.startswith("~/") else shlex.quote(path)


def own_index(facts: Facts, name: str) -> str | None:
    """Where the installed build came from, when the usual index does not have it."""
    packages = facts.get("packages")
    version = packages.get(name) if isinstance(packages, Mapping) else None
    cuda = str(lookup(facts, "paddle.cuda") or "")
    if name != "paddlepaddle-gpu" or not cuda or not version_fits(version, ">=3.0.0b0"):
        return None
    return INDEX.format(build="cu" + cuda.replace(".", ""))


def without_deleting(command: str) -> str:
    """The command with every deletion as a renaming: the files stay until a person removes them."""
    return _DELETES.sub(
        lambda match: f"mv {match['path']} {match['path'].rstrip('/')}.old", command
    )


def quoted(requirements: Iterable[str]) -> str:
    """Requirements as every shell takes them: ``"pyarrow<21"`` in double quotes."""
    return " ".join(_word(item) for item in requirements)


def _word(item: str) -> str:
    if _PLAIN.fullmatch(item):
        return item
    return f'"{item}"' if _REQUIREMENT.fullmatch(item) else shlex.quote(item)


def _of_uv(facts: Facts) -> str:
    program = str(lookup(facts, "python.executable") or "")
    if lookup(facts, "platform.system") == "Windows" and not _WINDOWS_PATH.fullmatch(program):
        return ""
    return f" --python {shell_word(facts, program)}" if program else ""


def _pip(facts: Facts) -> str:
    command = f"{python(facts)} -m pip"
    packages = facts.get("packages")
    absent = isinstance(packages, Mapping) and "pip" not in packages
    if absent and lookup(facts, "installers.ensurepip") is True:
        return f"{python(facts)} -m ensurepip && {command}"
    return command


def _pinned(facts: Facts, name: str) -> str:
    packages = facts.get("packages")
    version = packages.get(name) if isinstance(packages, Mapping) else None
    return f"{name}=={version}" if version else name
