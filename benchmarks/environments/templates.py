"""A healthy environment of each layout is made once; every kind gets a copy of its own to harm.

Where the kernel can lay one folder over another (Linux, root) the copy costs nothing; elsewhere it
is made of hard links. The copy stands where the first one stood, so that paths in it stay true.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

from environments.layouts import make
from environments.place import Place, link_tree


class Templates:
    """Healthy environments in ``folder``; only one copy is in use at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: dict[str, Place] = {}

    def copy(self, layout: str) -> Place:
        """An environment of this layout that may be harmed; ``remove()`` it afterwards."""
        root = self.folder / "here"
        template = self.folder / layout
        if layout not in self.made:
            try:
                self.made[layout] = make(root, layout)
            except BaseException:  # the next kind needs the place
                subprocess.run(["rm", "-rf", str(root)], check=True)
                raise
            root.rename(template)
        root.mkdir()
        place = replace(
            self.made[layout], environ=dict(self.made[layout].environ), mounts=[], changes=None
        )
        changes = self.folder / "changes"
        if _lay_over(template, root, changes):
            place.mounts.append(root)
            place.changes = changes
        else:
            link_tree(template, root)
        return place


def _lay_over(below: Path, target: Path, changes: Path) -> bool:
    """Show ``below`` at ``target``; what is changed there is kept in ``changes`` alone."""
    if os.name != "posix" or os.geteuid():
        return False
    for name in ("upper", "work"):
        (changes / name).mkdir(parents=True)
    options = f"redirect_dir=on,lowerdir={below},upperdir={changes}/upper,workdir={changes}/work"
    done = subprocess.run(
        ["mount", "-t", "overlay", "-o", options, "overlay", str(target)], capture_output=True
    )
    return done.returncode == 0
