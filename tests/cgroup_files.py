"""Files of control groups, as Linux shows them."""

from __future__ import annotations

from pathlib import Path

GIB = 1 << 30


def write(folder: Path, **files: str) -> Path:
    """Write ``name__with__dots="content"`` into ``folder``, which is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content, encoding="ascii")
    return folder


def pod(tmp_path: Path) -> tuple[Path, Path]:
    """The groups of a pod with 2 GiB and 1.5 cores: its root and ``/proc/self/cgroup``."""
    root = write(tmp_path / "cgroup", cgroup__controllers="cpu memory")
    write(root / "kube", memory__max="max", cpu__max="max 100000")
    write(
        root / "kube" / "pod",
        memory__max=str(2 * GIB),
        memory__current=str(GIB + 100),
        memory__stat="anon 5\ninactive_file 100\n",
        cpu__max="150000 100000",
        cpu__stat="usage_usec 5000000\nuser_usec 1\n",
    )
    own = tmp_path / "own"
    own.write_text("0::/kube/pod\n", encoding="ascii")
    return root, own
