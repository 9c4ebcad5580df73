"""Small site-packages folders, written by the tests: wheels installed by hand."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path


def install(
    site: Path,
    name: str,
    version: str = "1.0",
    files: Mapping[str, bytes] | None = None,
    requires: Iterable[str] = (),
    installer: str = "pip",
    record: bool = True,
) -> Path:
    """Write a distribution below ``site`` as an installer does; the dist-info folder comes back."""
    contents = dict(files if files is not None else {f"{name}/__init__.py": b"value = 1\n"})
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    lines = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"]
    lines += [f"Requires-Dist: {line}\n" for line in requires]
    contents[f"{info}/METADATA"] = "".join(lines).encode() + b"\nText about it.\n"
    contents[f"{info}/INSTALLER"] = installer.encode() + b"\n"
    rows = []
    for path, content in contents.items():
        target = site / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        shown = f'"{path}"' if "," in path else path
        rows.append(f"{shown},sha256={digest},{len(content)}\n")
    if record:
        rows.append(f"{info}/RECORD,,\n")
        (site / info / "RECORD").write_text("".join(rows), "utf-8")
    return site / info


def elf(size: int = 4096) -> bytes:
    """A shared library of ``size`` bytes as far as its tables go: a head and one segment."""
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    words = (64, 0, 0)  # program headers, section headers, flags
    head += (3).to_bytes(2, "little") + (62).to_bytes(2, "little") + (1).to_bytes(4, "little")
    head += bytes(8) + words[0].to_bytes(8, "little") + words[1].to_bytes(8, "little") + bytes(4)
    for number in (64, 56, 1, 64, 0, 0):
        head += number.to_bytes(2, "little")
    segment = (1).to_bytes(4, "little") + (5).to_bytes(4, "little")
    for number in (0, 0, 0, size, size, 4096):
        segment += number.to_bytes(8, "little")
    return (head + segment).ljust(size, b"\x90")
