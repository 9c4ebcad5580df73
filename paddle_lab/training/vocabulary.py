"""What the vocabulary of a run's model lacks of its data: in the data report and in the advice."""

from __future__ import annotations

from collections.abc import Sequence

from paddle_lab.data import Prepared
from paddle_lab.data.unread import Unread
from paddle_lab.runs import RunSpec
from paddle_lab.tasks.blocks import Advice, Block
from paddle_lab.tasks.unread import unread_of


def unread_by(tokenizer_json: str, spec: RunSpec, prepared: Prepared) -> Unread:
    """What the run's model cannot read of all parts of its data."""
    parts = {"train": prepared.train, "dev": prepared.dev, "test": prepared.test}
    given = {name: part for name, part in parts.items() if part is not None}
    return unread_of(tokenizer_json, spec.model, spec.max_len, given)


def advised(blocks: Sequence[Block], unread: Unread | None) -> list[Block]:
    """The blocks of a report; where the vocabulary is the cause, the advice is of it alone.

    All other advice presumes that the texts can be read.
    """
    if unread is None or not unread.is_cause:
        return list(blocks)
    advice = Advice((unread.advice(),))
    others = [block for block in blocks if not isinstance(block, Advice)]
    place = next((n for n, block in enumerate(blocks) if isinstance(block, Advice)), len(others))
    return [*others[:place], advice, *others[place:]]
