"""What a person does: see it fail, ask the doctor, paste its commands, try again."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

from environments.layouts import PROJECT
from environments.place import Answered, Place

# Commands that would change this machine and not the environment: never run here.
_OUTSIDE = re.compile(
    r"\b(sudo|apt|apt-get|yum|dnf|brew|docker|systemctl|wsl|chown|chmod|mkfs|mount|umount|reboot)\b"
)
_DELETES = re.compile(r"\brm\b|\brmdir\b|\bdel\b|shutil\.rmtree")
_OUR_CHECK = re.compile(r"(?:python -m )?paddle[-_]lab(?:\.cli)? env --check")
OUTSIDE = (
    "import sys; sys.path[0] = {project!r}; from paddle_lab.cli import main; "
    "sys.exit(main({words!r}))"
)


def truth(place: Place, code: str) -> Answered:
    """What really happens: the statement in the environment's own Python, as in a notebook."""
    # Not the shell's only command: the shell then stays and tells of a crash.
    return place.shell(f"python -c {shlex.quote(code)}; exit $?", limit=180)


def ask(place: Place, *words: str, inside: bool = True) -> tuple[Answered, Any]:
    """``paddle-lab env`` with these words and --json: what was said, and the JSON or None."""
    answered = place.shell(command(place, *words, "--json", inside=inside))
    try:
        return answered, json.loads(answered.out)
    except ValueError:
        return answered, None


def command(place: Place, *words: str, inside: bool = True) -> str:
    """The line that asks the doctor inside the environment, or of it from outside."""
    if inside:
        return shlex.join(["paddle-lab", "env", *words])
    words = ("env", "--python", str(place.python), *words)
    code = OUTSIDE.format(project=str(PROJECT), words=list(words))
    return shlex.join([sys.executable, "-c", code])


def fixes(page: Any) -> list[str]:
    """The commands that the page prints: those of its plan, else of the first finding with any."""
    if not isinstance(page, dict):
        return []
    planned = (page.get("plan") or {}).get("commands") or []
    if not planned:
        planned = next((f["commands"] for f in page["findings"] if f["commands"]), [])
    return [line for line in planned if not _OUR_CHECK.fullmatch(line.strip())]


def paste(place: Place, commands: list[str]) -> dict[str, Any]:
    """Run the commands as they stand in one shell; its variables and folder are kept after it."""
    fault = ""
    if any(_DELETES.search(line) for line in commands):
        fault = "deletes"
    elif any(_OUTSIDE.search(line) for line in commands):
        fault = "touches the machine"
    if fault:
        return {"ran": False, "fault": fault, "text": ""}
    left = place.root / "environ"
    lines = []
    for line in commands:
        lines += [line, 'code=$?; [ $code = 0 ] || echo "left with $code" >&2']
    lines.append(f"env -0 > {shlex.quote(str(left))}")
    answered = place.shell("\n".join(lines), limit=900)
    failed = re.findall(r"left with \d+", answered.err)
    if left.is_file():
        pairs = (item.partition("=") for item in left.read_text("utf-8").split("\0") if item)
        place.environ = {name: value for name, _, value in pairs}
        left.unlink()
    return {"ran": not failed, "fault": "; ".join(failed), "text": answered.text[-1500:]}


def other_python(place: Place) -> bool:
    """Did the pasted commands activate another environment?"""
    found = place.shell("command -v python").out.strip()
    return bool(found) and Path(found) != place.python
