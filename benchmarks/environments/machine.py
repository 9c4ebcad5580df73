"""Kinds in which the packages are whole: variables, folders, disks, kernels and the network."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

from environments.damaged import cut
from environments.hidden import write
from environments.kinds import IMPORTS, kind
from environments.place import Place

DOWNLOAD = (
    f"{IMPORTS}; from paddlenlp.transformers import AutoTokenizer; "
    "AutoTokenizer.from_pretrained('ernie-3.0-mini-zh')"
)
IN_KERNEL = (
    "import json, pathlib, subprocess; "
    "file = pathlib.Path.home() / '.local/share/jupyter/kernels/study/kernel.json'; "
    "argv = json.loads(file.read_text())['argv']; "
    "subprocess.run([argv[0], '-c', 'import paddle'], check=True)"
)
HUB = "from huggingface_hub import hf_hub_download; hf_hub_download('bert-base-chinese', 'a.txt')"


@kind(
    "a proxy where nothing listens",
    "PROXY",
    r"127\.0\.0\.1:9|:9\b",
    fails="use",
    truth=DOWNLOAD,
    network=True,
)
def dead_proxy(place: Place) -> None:
    place.environ["HTTPS_PROXY"] = place.environ["HTTP_PROXY"] = "http://127.0.0.1:9"


@kind("HF_ENDPOINT that does not resolve", "HF_ENDPOINT", fails="use", truth=HUB, network=True)
def dead_endpoint(place: Place) -> None:
    place.environ["HF_ENDPOINT"] = "https://hub.mirror.invalid"


@kind("LD_LIBRARY_PATH with a damaged libstdc++", "LD_LIBRARY_PATH")
def damaged_runtime(place: Place) -> None:
    folder = place.home / "lib"
    folder.mkdir()
    found = subprocess.run(
        ["gcc", "-print-file-name=libstdc++.so.6"], capture_output=True, text=True
    )
    shutil.copy2(found.stdout.strip(), folder / "libstdc++.so.6")
    cut(folder / "libstdc++.so.6", 0.01)
    place.environ["LD_LIBRARY_PATH"] = str(folder)


@kind("LD_LIBRARY_PATH with an empty libgomp", "LD_LIBRARY_PATH")
def empty_openmp(place: Place) -> None:
    folder = place.home / "lib"
    folder.mkdir()
    (folder / "libgomp.so.1").write_bytes(b"")
    place.environ["LD_LIBRARY_PATH"] = str(folder)


@kind("LD_PRELOAD of a library that is gone", fails="nothing")
def dead_preload(place: Place) -> None:
    place.environ["LD_PRELOAD"] = "/opt/tools/libfast.so"


@kind("OMP_NUM_THREADS that is no number", fails="nothing")
def odd_threads(place: Place) -> None:
    place.environ["OMP_NUM_THREADS"] = "all"


@kind("PYTHONWARNINGS=error", "PYTHONWARNINGS")
def warnings_are_errors(place: Place) -> None:
    place.environ["PYTHONWARNINGS"] = "error"


@kind("protobuf's implementation forced", "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION")
def forced_protobuf(place: Place) -> None:
    place.environ["PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"] = "cpp"


@kind("PYTHONOPTIMIZE=2", "PYTHONOPTIMIZE")
def optimized(place: Place) -> None:
    place.environ["PYTHONOPTIMIZE"] = "2"


@kind("a home that is read-only", r"home|HOME|\.paddlenlp|\.cache", "writ|read-only|permission")
def read_only_home(place: Place) -> None:
    place.mount(place.home, "ro", "size=1m")


@kind("a file where the cache should be", r"\.paddlenlp", "file|folder|exists")
def file_for_cache(place: Place) -> None:
    write(place, "../home/.paddlenlp", "")


@kind("a full temporary folder", "tmp|TMPDIR|temporary", "full|space|room", fails="use",
      truth="import tempfile; tempfile.TemporaryFile().write(b'x' * 100_000)")  # fmt: skip
def full_temporary(place: Place) -> None:
    place.mount(place.root / "tmp", "size=16k")
    (place.root / "tmp" / "log.txt").write_bytes(b"x" * 12_288)


@kind("packages that may not be written to", fails="nothing")
def locked_packages(place: Place) -> None:
    place.mount(place.site, "ro", bind=True)


@kind("locked packages, one of them missing", r"opt.einsum")
def locked_and_missing(place: Place) -> None:
    place.packages("uninstall", "opt-einsum")
    place.mount(place.site, "ro", bind=True)


def register_kernel(place: Place, python: str) -> None:
    """A kernel of the user, as ``python -m ipykernel install --user`` writes it."""
    folder = place.home / ".local/share/jupyter/kernels/study"
    folder.mkdir(parents=True)
    argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    text = json.dumps({"argv": argv, "display_name": "Study", "language": "python"})
    (folder / "kernel.json").write_text(text, "utf-8")


@kind("a kernel whose Python is gone", "kernel", "study|Study", fails="use", truth=IN_KERNEL)
def removed_kernel(place: Place) -> None:
    register_kernel(place, str(place.home / "old-env/bin/python"))


@kind("a kernel without paddle", fails="nothing")
def kernel_without_paddle(place: Place) -> None:
    other = place.home / "other-env"
    subprocess.run(
        [str(place.root / "tools/uv"), "venv", "-q", "--python", sys.executable, str(other)],
        check=True,
    )
    register_kernel(place, str(other / "bin/python"))
