"""Kinds in which something else is imported than what is installed."""

from __future__ import annotations

from environments.damaged import for_python_39
from environments.kinds import kind
from environments.place import Place


def write(place: Place, name: str, text: str = "ANSWER = 42\n") -> None:
    """A file in the working folder."""
    path = place.work / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


@kind("random.py in the folder", r"random\.py")
def random_file(place: Place) -> None:
    write(place, "random.py")


@kind("datasets/ in the folder", r"\bdatasets\b", "folder|hides")
def datasets_folder(place: Place) -> None:
    write(place, "datasets/__init__.py", "")
    write(place, "datasets/reviews.py")


@kind("typing_extensions.py in the folder", r"typing_extensions\.py")
def typing_extensions_file(place: Place) -> None:
    write(place, "typing_extensions.py")


@kind("dl.py in the folder", r"\bdl\.py")
def dl_file(place: Place) -> None:
    write(place, "dl.py", "import paddle\nmodel = paddle.nn.Linear(2, 2)\n")


@kind("json.py in the folder", r"json\.py")
def json_file(place: Place) -> None:
    write(place, "json.py", "data = {'name': 1}\n")


@kind("types.py in the folder", r"types\.py")
def types_file(place: Place) -> None:
    write(place, "types.py")


@kind("token.py in the folder", r"token\.py")
def token_file(place: Place) -> None:
    write(place, "token.py", "TOKEN = 'abc'\n")


@kind("queue.py in the folder", r"queue\.py")
def queue_file(place: Place) -> None:
    write(place, "queue.py", "print('my queue')\n")


@kind("paddle.py in the folder", r"paddle\.py")
def paddle_file(place: Place) -> None:
    write(place, "paddle.py", "print('first steps')\n")


@kind("paddlenlp/ in the folder", r"\bpaddlenlp\b", "folder|hides")
def paddlenlp_folder(place: Place) -> None:
    write(place, "paddlenlp/__init__.py", "")


@kind("numpy/ in the folder", r"\bnumpy\b", "folder|hides")
def numpy_folder(place: Place) -> None:
    write(place, "numpy/__init__.py", "")
    write(place, "numpy/notes.py")


@kind("http/ in the folder", r"\bhttp\b", "folder|hides")
def http_folder(place: Place) -> None:
    write(place, "http/__init__.py", "")


@kind("tokenizers.py in the folder", r"tokenizers\.py")
def tokenizers_file(place: Place) -> None:
    write(place, "tokenizers.py", "def cut(text):\n    return text.split()\n")


@kind("a file on PYTHONPATH", r"requests\.py", "PYTHONPATH|lib")
def file_on_pythonpath(place: Place) -> None:
    write(place, "../home/lib/requests.py", "def ask():\n    pass\n")
    place.environ["PYTHONPATH"] = str(place.home / "lib")


@kind("PYTHONPATH into another Python", "PYTHONPATH|python3.9", "numpy")
def other_python(place: Place) -> None:
    target = place.home / "old" / "lib" / "python3.9" / "site-packages"
    for_python_39(place, target, "numpy==1.26.4")
    place.environ["PYTHONPATH"] = str(target)


@kind("an old protobuf in the user's site", "protobuf", r"\.local|user", layout="docker")
def user_site(place: Place) -> None:
    target = place.home / ".local" / "lib" / place.site.parent.name / "site-packages"
    place.packages("install", "--no-deps", "--target", str(target), "protobuf==3.19.6")


@kind("sitecustomize that puts a folder first", "protobuf", r"sitecustomize|home.lab")
def sitecustomize_path(place: Place) -> None:
    target = place.home / "lab"
    place.packages("install", "--no-deps", "--target", str(target), "protobuf==3.19.6")
    (place.site / "sitecustomize.py").write_text(
        f"import sys\nsys.path.insert(0, {str(target)!r})\n", "utf-8"
    )


@kind("sitecustomize that raises", fails="nothing")
def sitecustomize_raises(place: Place) -> None:
    (place.site / "sitecustomize.py").write_text("raise RuntimeError('lab settings')\n", "utf-8")


@kind("a .pth file that raises", fails="nothing")
def pth_raises(place: Place) -> None:
    (place.site / "old_tool.pth").write_text("import old_tool_that_is_gone\n", "utf-8")


@kind("a .pth file that puts a folder first", "protobuf", r"lab\.pth|home.lab")
def pth_path(place: Place) -> None:
    target = place.home / "lab"
    place.packages("install", "--no-deps", "--target", str(target), "protobuf==3.19.6")
    (place.site / "lab.pth").write_text(
        f"import sys; sys.path.insert(0, {str(target)!r})\n", "utf-8"
    )
