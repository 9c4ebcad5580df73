"""A page for browsers: tokenizer, ONNX Runtime as WebAssembly and answers, without a server."""

from __future__ import annotations

from typing import Final

from paddle_lab.i18n import T, Text
from paddle_lab.kits import KitFacts
from paddle_lab.kits._model import RUNTIMES, model_files
from paddle_lab.kits._render import TEMPLATES, rendered

_PAGE: Final = TEMPLATES / "web"


class Web:
    """The page, its scripts, and the model with tables that are made of the bundle's tokenizer."""

    in_container = False
    in_cluster = False
    speaks_grpc = False
    #: What a page loads should be small.
    runtimes = tuple(reversed(RUNTIMES))
    on_request = ()

    @property
    def title(self) -> Text:
        """What it is."""
        return T("a page for browsers", "浏览器页面")

    def files(self, facts: KitFacts) -> dict[str, str | bytes]:
        """Page, scripts, a page to read, and ``model/``. Raises BundleError."""
        names = sorted(path.name for path in _PAGE.iterdir() if path.suffix != ".j2")
        return {
            "README.md": rendered(["web/README.md"], facts)["web/README.md"],
            **{name: (_PAGE / name).read_text(encoding="utf-8") for name in names},
            **model_files(facts, T("The page", "该页面")),
        }

    def steps(self, facts: KitFacts) -> tuple[str, ...]:
        """Fetch ONNX Runtime for browsers, then look at the page on this machine."""
        return ("npm install", "python3 -m http.server 8080 --bind 127.0.0.1")


KIT: Final = Web()
