"""What a kind of broken environment is; ``KINDS`` is the table of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from environments.place import Place

IMPORTS = (
    "import paddle, paddlenlp; from paddlenlp.trainer import Trainer; "
    "from paddlenlp.transformers import ErnieForSequenceClassification, ErnieModel"
)


@dataclass(frozen=True)
class Kind:
    """One way in which an environment breaks.

    ``harm`` does it; ``names``: what the first finding must name (patterns, each in its title,
    cause or evidence). ``fails``: "import", "use" (a notebook's kernel, a download: imports work),
    "nothing" (red would be a false alarm) or "healthy" (any finding would be one). ``truth``: what
    a person runs and sees fail; ``network`` is True where it works only with the internet.
    """

    name: str
    harm: Callable[[Place], None]
    names: tuple[str, ...] = ()
    fails: str = "import"
    layout: str = "venv"
    truth: str = IMPORTS
    network: bool = False


KINDS: dict[str, Kind] = {}


def kind(
    name: str,
    *names: str,
    fails: str = "import",
    layout: str = "venv",
    truth: str = IMPORTS,
    network: bool = False,
) -> Callable[[Callable[[Place], None]], Callable[[Place], None]]:
    """Put a function that harms an environment into the table."""

    def declare(harm: Callable[[Place], None]) -> Callable[[Place], None]:
        KINDS[name] = Kind(name, harm, names, fails, layout, truth, network)
        return harm

    return declare
