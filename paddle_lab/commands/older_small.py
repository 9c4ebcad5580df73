"""What commands say of a small bundle that is older than the bundle beside it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from paddle_lab.commands.context import Context


def tell_of_used(context: Context, bundles: Iterable[Path]) -> None:
    """Say of each small bundle among these that it answers as an earlier bundle of the run did."""
    from paddle_lab.bundle.older_small import older_small

    for folder in bundles:
        if (text := older_small(folder)) is not None:
            context.say(text)


def tell_of_small_beside(context: Context, bundle: Path) -> None:
    """The same of the small bundle beside ``bundle``, which was made anew."""
    from paddle_lab.bundle.older_small import SMALL_FOLDER

    tell_of_used(context, [bundle.with_name(SMALL_FOLDER)])
