"""Is the table of release names right about what is installed here, and how fast is it asked?

    python benchmarks/release_names.py

Of each package that is installed and in the table, the modules up to one dot are imported, and each
name that the table tells of is looked for. Compared is what the table says alike of the releases
around the installed one; what came or left between them is not. Prints the packages with names that
the table says to lack and that are there ("wrongly absent": the doctor would tell a false cause of
an error that is none), the others in sum, and the time of the first look-up in fresh processes.
"""

from __future__ import annotations

import contextlib
import gzip
import importlib
import importlib.metadata
import io
import json
import statistics
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

from packaging.version import Version

sys.path.insert(0, str(Path(__file__).parents[1]))

from paddle_lab.environment.release_names import TABLE

#: What takes memory or minutes to import, or asks for what is not here.
PASSED_OVER = ("gradio", "keras", "modelscope", "paddlenlp", "paddlepaddle", "ray", "tensorboard")
ASKED = (
    "import time; from paddle_lab.environment.release_names import history\n"
    "start = time.perf_counter(); history('huggingface_hub', 'cached_download')\n"
    "print(time.perf_counter() - start)"
)


def has(ranges: str, release: int) -> bool | None:
    """Do the ranges of a line hold the release of this number? None where it is not known."""
    for part in ranges.split(","):
        known, _, unknown = part.partition("?")
        first, _, last = known.partition("-")
        if int(first) <= release <= int(last or first):
            return True
        if unknown and int(last or first) < release <= int(unknown):
            return None
    return False


def around(releases: list[str], installed: Version) -> tuple[int, int] | None:
    """The releases of the table that the installed one lies between, by number."""
    before = [i for i, one in enumerate(releases) if Version(one) <= installed]
    if not before:
        return None
    last = before[-1]
    return last, last if Version(releases[last]) == installed else min(last + 1, len(releases) - 1)


def is_there(module: str, name: str) -> bool | None:
    """Can it be imported? None where the module itself cannot, or the name says why not."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            if hasattr(importlib.import_module(module), name):
                return True
            importlib.import_module(f"{module}.{name}")
        except ModuleNotFoundError as error:
            return False if error.name == f"{module}.{name}" else None
        except BaseException:
            return None
    return True


def main() -> None:
    """Compare, count, and time."""
    warnings.simplefilter("ignore")
    sums: Counter[str] = Counter()
    for text in ("\n" + gzip.decompress(TABLE.read_bytes()).decode()).split("\n=")[1:]:
        head, *lines = text.splitlines()
        package, *told = head.split(" ")
        try:
            version = Version(importlib.metadata.version(package))
        except importlib.metadata.PackageNotFoundError:
            continue
        place = around([one.partition(">")[0] for one in told], version)
        if package in PASSED_OVER or place is None:
            continue
        absent = []
        for line in lines:
            module, ranges, *names = line.split("\t")
            wanted = has(ranges, place[0])
            if (
                not names
                or module.count(".") > 1
                or wanted is None
                or wanted != has(ranges, place[1])
            ):
                continue
            for name in names[0].split(" "):
                there = is_there(module, name)
                sums["compared"] += there is not None
                sums["wrongly there"] += there is False and wanted
                if there and not wanted:
                    absent.append(f"{module}.{name}")
        sums["packages"] += 1
        sums["wrongly absent"] += len(absent)
        if absent:
            print(f"{package} {version}: {len(absent)}, e.g. {', '.join(absent[:3])}")
    runs = [
        float(subprocess.run([sys.executable, "-c", ASKED], capture_output=True, check=True).stdout)
        for _ in range(7)
    ]
    sums_and_time = {**sums, "seconds": round(statistics.median(runs), 3)}
    print(json.dumps({**sums_and_time, "least": round(min(runs), 3), "most": round(max(runs), 3)}))


if __name__ == "__main__":
    main()
