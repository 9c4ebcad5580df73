"""Kinds that were made after the mechanisms, to see what these say to what nobody planned for."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from environments.damaged import for_python_39
from environments.kinds import kind
from environments.machine import IN_KERNEL, register_kernel
from environments.place import Place

IN_CACHE = (
    "import pathlib; folder = pathlib.Path.home() / '.cache' / 'paddle'; "
    "folder.mkdir(parents=True, exist_ok=True); "
    "(folder / 'kernel.bin').write_bytes(b'x' * 100_000)"
)


@kind("an editable checkout that was moved", "paddlenlp", r"home.PaddleNLP|moved|gone|not there")
def moved_checkout(place: Place) -> None:
    """``pip install -e ~/PaddleNLP``, and the folder has another name now."""
    info = next(place.site.glob("paddlenlp-*.dist-info"))
    checkout = place.home / "PaddleNLP"
    (place.home / "PaddleNLP-old").mkdir()
    (place.site / "paddlenlp").rename(place.home / "PaddleNLP-old" / "paddlenlp")
    pth = f"__editable__.{info.name.removesuffix('.dist-info')}.pth"
    (place.site / pth).write_text(f"{checkout}\n", "utf-8")
    kept = [f"{pth},,", *(f"{info.name}/{name},," for name in ("METADATA", "RECORD", "WHEEL"))]
    for name, text in (
        ("RECORD", "\n".join(kept) + "\n"),
        ("direct_url.json", f'{{"dir_info": {{"editable": true}}, "url": "file://{checkout}"}}'),
    ):
        (info / name).unlink(missing_ok=True)
        (info / name).write_text(text, "utf-8")


@kind("a wheel of Windows laid in by hand", "tokenizers", r"win_amd64|\.pyd|Windows|platform")
def wheel_of_windows(place: Place) -> None:
    place.packages("uninstall", "tokenizers")
    place.packages(
        *("install", "--no-deps", "--target", str(place.site), "--python-platform", "windows"),
        "tokenizers==0.21.0",
    )


@kind("an upgrade that was interrupted", r"huggingface.hub", r"~|interrupt|missing|record")
def interrupted_upgrade(place: Place) -> None:
    """pip puts the old files aside, copies the new ones, and writes RECORD last of all."""
    for path in (
        place.site / "huggingface_hub",
        next(place.site.glob("huggingface_hub-*.dist-info")),
    ):
        path.rename(path.with_name(path.name.replace("huggingface", "~uggingface")))
    new = place.home / "new"
    place.packages("install", "--no-deps", "--target", str(new), "huggingface-hub==0.30.2")
    files = sorted(path for path in (new / "huggingface_hub").rglob("*") if path.is_file())
    for path in files[: len(files) // 2]:
        target = place.site / path.relative_to(new)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    info = next(new.glob("huggingface_hub-*.dist-info"))
    (place.site / info.name).mkdir()
    shutil.copy2(info / "METADATA", place.site / info.name / "METADATA")
    shutil.rmtree(new)


@kind("the libraries beside numpy are gone", "numpy", r"numpy\.libs|openblas")
def libraries_beside(place: Place) -> None:
    shutil.rmtree(place.site / "numpy.libs")


@kind("LD_LIBRARY_PATH with an old libstdc++", "LD_LIBRARY_PATH")
def old_runtime(place: Place) -> None:
    folder = place.home / "gcc-4" / "lib64"
    folder.mkdir(parents=True)
    source = folder / "old.c"
    source.write_text("int nothing(void) { return 0; }\n", "utf-8")
    library = str(folder / "libstdc++.so.6")
    command = ["gcc", "-shared", "-Wl,-soname,libstdc++.so.6", "-o", library, str(source)]
    subprocess.run(command, check=True)
    place.environ["LD_LIBRARY_PATH"] = str(folder)


@kind("a cache folder without room", r"\.cache", "full|free|room|space", fails="use",
      truth=IN_CACHE)  # fmt: skip
def full_cache(place: Place) -> None:
    folder = place.home / ".cache"
    folder.mkdir(exist_ok=True)
    place.mount(folder, "size=32k")
    (folder / "models.bin").write_bytes(b"x" * 24_576)


@kind("a home that does not exist", "HOME|home", r"/proc/nobody")
def no_home(place: Place) -> None:
    """A container that runs with the number of a user it does not know."""
    place.environ["HOME"] = "/proc/nobody"


@kind("a second site-packages, of another Python", "numpy", r"old_env\.pth|home.old|3\.9|cp39")
def second_site(place: Place) -> None:
    target = place.home / "old" / "lib" / "python3.9" / "site-packages"
    for_python_39(place, target, "numpy==1.26.4")
    place.packages("uninstall", "numpy")
    (place.site / "old_env.pth").write_text(f"{target}\n", "utf-8")


@kind("a kernel whose environment lost its Python", "kernel", "study|Study", fails="use",
      truth=IN_KERNEL)  # fmt: skip
def dangling_kernel(place: Place) -> None:
    """The system's Python was upgraded: the environment's link leads nowhere."""
    folder = place.home / "study-env" / "bin"
    folder.mkdir(parents=True)
    (folder / "python").symlink_to("/usr/bin/python3.4")
    register_kernel(place, str(folder / "python"))


@kind("a Python built without a library", "lzma", layout="system")
def without_lzma(place: Place) -> None:
    """As a Python that somebody compiled where the headers of xz were not installed."""
    for path in place.prefix.rglob("_lzma*.so"):
        Path(path).unlink()
