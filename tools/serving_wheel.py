"""The wheel ``paddle-lab-serve``: the code of ``paddle-lab``, asking for what predicting needs.

    python tools/serving_wheel.py dist/paddle_lab-0.1.0-py3-none-any.whl dist

An extra can only add to what a package asks for, and ``paddle-lab`` asks for JupyterLab, PaddleNLP
and matplotlib. So a machine that only predicts installs this one in its place: every Python file is
that of the other wheel, byte for byte; the front end, the shipped model and the samples are left
out; its requirements are those of the extra ``serve``.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import re
import zipfile
from pathlib import Path
from typing import Final

NAME: Final = "paddle-lab-serve"
#: What predicting runs on stays an extra: Paddle for the CPU, or ONNX Runtime; so does gRPC.
_STAYING: Final = ("cpu", "onnx", "grpc", "ray")
_EXTRA: Final = re.compile(r"Requires-Dist: (.+?) ?; (?:\((.+)\) and )?extra == \"(\w+)\"")
_LEFT_OUT: Final = ("paddle_lab/models/ernie-lab-mini/", "paddle_lab/data/samples/cmrc2018/")
_SCRIPTS: Final = "[console_scripts]\npaddle-lab = paddle_lab.cli:main\n"


def serving_wheel(wheel: Path, out: Path) -> Path:
    """Write the lean wheel made from ``wheel`` into the folder ``out``. Raises ValueError."""
    name, version, *rest = wheel.name.split("-")
    if name != "paddle_lab":
        raise ValueError(f"{wheel.name} is not the wheel of paddle-lab")
    ours = NAME.replace("-", "_")
    info, theirs = f"{ours}-{version}.dist-info", f"{name}-{version}.dist-info"
    target = out / "-".join([ours, version, *rest])
    record: list[str] = []
    with zipfile.ZipFile(wheel) as given, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:

        def put(path: str, content: bytes) -> None:
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            record.append(f"{path},sha256={digest.decode()},{len(content)}")
            new.writestr(path, content)

        for path in given.namelist():
            inside = path.removeprefix(theirs + "/")
            if path.startswith("paddle_lab/") and not path.startswith(_LEFT_OUT):
                put(path, given.read(path))
            elif path.startswith(theirs) and inside.startswith(("WHEEL", "licenses/", "LICENSE")):
                put(f"{info}/{inside}", given.read(path))
        put(f"{info}/METADATA", lean_metadata(given.read(f"{theirs}/METADATA").decode()).encode())
        put(f"{info}/entry_points.txt", _SCRIPTS.encode())
        put(f"{info}/top_level.txt", b"paddle_lab\n")
        new.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,", ""]))
    return target


def lean_metadata(metadata: str) -> str:
    """The metadata under the other name; the extra ``serve`` is what it asks for."""
    head, blank, body = metadata.partition("\n\n")
    lines = []
    for line in head.split("\n"):
        if line.startswith(("Requires-Dist:", "Provides-Extra:")):
            continue
        lines.append(f"Name: {NAME}" if line.startswith("Name:") else line)
    for requirement, marker, extra in _EXTRA.findall(head):
        if extra == "serve":
            lines.append(f"Requires-Dist: {requirement}" + (f"; {marker}" if marker else ""))
        elif extra in _STAYING:
            if f"Provides-Extra: {extra}" not in lines:
                lines.append(f"Provides-Extra: {extra}")
            lines.append(f'Requires-Dist: {requirement}; extra == "{extra}"')
    return "\n".join(lines) + blank + body


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("wheel", type=Path, help="the wheel of paddle-lab")
    parser.add_argument("out", type=Path, help="the folder that gets the other one")
    args = parser.parse_args()
    print(serving_wheel(args.wheel, args.out))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
