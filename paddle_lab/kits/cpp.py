"""A program in C++: tokenizer, runtime and answers in a few files."""

from __future__ import annotations

from typing import Final

from paddle_lab.i18n import T, Text
from paddle_lab.kits import KitFacts
from paddle_lab.kits._model import PADDLE, RUNTIMES, model_files
from paddle_lab.kits._render import TEMPLATES, rendered

_SOURCES: Final = TEMPLATES / "cpp"
#: Where the wheel of ONNX Runtime has its library.
_WHEELS_LIBRARY: Final = (
    "ONNXRUNTIME_LIBRARY=\"$(python3 -c 'import onnxruntime as o; print(o.__path__[0])')/capi\""
)


class Cpp:
    """Its sources, and the model with tables that are made of the bundle's tokenizer."""

    in_container = False
    in_cluster = False
    speaks_grpc = False
    runtimes = RUNTIMES
    on_request = (PADDLE,)

    @property
    def title(self) -> Text:
        """What it is."""
        return T("a C++ program", "C++ 程序")

    def files(self, facts: KitFacts) -> dict[str, str | bytes]:
        """Sources, build file, a page to read, and ``model/``. Raises BundleError."""
        sources = sorted(path.name for path in _SOURCES.glob("*.[ch]pp"))
        builds = ("CMakeLists.txt", *(f"{one}.cmake" for one in ("onnx", PADDLE)))
        return {
            **{one: (_SOURCES / one).read_text(encoding="utf-8") for one in builds},
            "README.md": rendered(["cpp/README.md"], facts)["cpp/README.md"],
            **{f"src/{one}": (_SOURCES / one).read_text(encoding="utf-8") for one in sources},
            **model_files(facts, T("The C++ program", "C++ 程序")),
        }

    def steps(self, facts: KitFacts) -> tuple[str, ...]:
        """Build, then answer with the library of the wheel of ONNX Runtime, or with Paddle."""
        if facts.runtime == PADDLE:
            return (
                "cmake -S . -B build -DRUNTIME=paddle && cmake --build build",
                "GLOG_minloglevel=2 build/answer texts.txt",
            )
        return (
            "cmake -S . -B build && cmake --build build",
            f"export {_WHEELS_LIBRARY}",
            "build/answer texts.txt",
        )


KIT: Final = Cpp()
