"""Templates of this package, filled in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Final

from paddle_lab.kits import KitFacts

#: What every kit builds its image of.
IMAGE: Final = ("Dockerfile", ".dockerignore", "requirements.txt")
TEMPLATES: Final = Path(__file__).with_name("templates")


def rendered(names: Iterable[str], facts: KitFacts) -> dict[str, str | bytes]:
    """The files of these names, each made from ``templates/NAME.j2``, without a first dot."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    values = asdict(facts)
    return {
        name: environment.get_template(f"{name.lstrip('.')}.j2").render(values) for name in names
    }
