"""``python -m paddle_lab.bundle.convert FOLDER RUNTIME RESULT [KEPT]``: in a process of its own.

Converts Paddle's program in FOLDER for a runtime, whose files are written beside it, and writes
their names into RESULT. In place of a runtime "fewer-words": ONNX in float32 and with 8-bit weights
with the words alone whose ids KEPT, a JSON list, holds. What converters print, hold in memory or
break stays in this process.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from paddle_lab.bundle.manifest import load_manifest
from paddle_lab.bundle.runtimes import RUNTIMES
from paddle_lab.errors import PaddleLabError
from paddle_lab.tasks.codec import Signature

#: In the place of a runtime: both ONNX models with the words of KEPT alone.
FEWER_WORDS: Final = "fewer-words"


def main(words: Sequence[str]) -> int:
    """Exit code 0: converted; 2: not, and RESULT says why."""
    folder, runtime, result = Path(words[0]), words[1], Path(words[2])
    content: dict[str, Any]
    try:
        signature = load_manifest(folder).signature
        if runtime == FEWER_WORDS:
            content = {"files": _with_words(folder, signature, Path(words[3]))}
        else:
            content = {"files": RUNTIMES.get(runtime).convert(folder, signature)}
    except PaddleLabError as error:
        content = {"error": error.to_json()}
    result.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return 0 if "files" in content else 2


def _with_words(folder: Path, signature: Signature, kept: Path) -> tuple[str, ...]:
    from paddle_lab.bundle.onnx_convert import write_with_words
    from paddle_lab.bundle.onnx_session import FLOAT32_FILE, INT8_FILE

    ids = json.loads(kept.read_text(encoding="utf-8"))
    write_with_words(folder, signature, ids, folder / FLOAT32_FILE, folder / INT8_FILE)
    return FLOAT32_FILE, INT8_FILE


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    # Paddle's threads may crash while the interpreter winds down; all is said and written.
    os._exit(code)
