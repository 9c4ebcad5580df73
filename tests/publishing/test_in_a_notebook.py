"""A saved notebook that trained, published and compared: all of it works, and no token is in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hub_server import HubServer
from kernel import write_reviews

ROOT = Path(__file__).parents[2]
SECRET = "hf_plantedSecret0123456789abcdefghij"
SHOP = "hf:somebody/shop"
CELLS = {
    "load": "%load_ext paddle_lab",
    "models": "%ernie_models mini",
    "train": "%ernie_finetune train.tsv --epochs 1 --max-len 16 --no-baseline",
    "plan": f"%ernie_push last {SHOP} --dry-run",
    "push": f"%ernie_push last {SHOP}",
    "again": f"%ernie_push last {SHOP} --tag v2 --message 'second'",
    "compare": f"%ernie_runs compare {SHOP}@v1 {SHOP}@v2 --test test.tsv",
    "answer": (
        "import paddle_lab\n"
        f"paddle_lab.load_bundle('{SHOP}@v2', device='cpu').predict(['很好'])[0].label"
    ),
}


@pytest.fixture
def home(tmp_path: Path, hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody's home, where the hub's own library keeps a login."""
    home = tmp_path / "home"
    stored = home / ".cache" / "huggingface" / "token"
    stored.parent.mkdir(parents=True)
    stored.write_text(SECRET, encoding="utf-8")
    hub.store.tokens[SECRET] = "somebody"
    for name in ("HF_HOME", "HF_TOKEN_PATH", "HF_HUB_CACHE", "XDG_CACHE_HOME", "MODELSCOPE_HOME",
                 "PADDLE_LAB_RUNS_DIR", "PADDLE_LAB_DATA_DIR", "PADDLE_LAB_CACHE_DIR"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    settings = {
        "HOME": home, "IPYTHONDIR": home / "ipython", "JUPYTER_RUNTIME_DIR": home / "jupyter",
        "PYTHONPATH": ROOT, "HF_HUB_DISABLE_XET": 1, "PADDLE_LAB_LANG": "en",
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, str(value))
    return home


@pytest.mark.slow
def test_a_notebook_that_publishes_is_whole_and_holds_no_token(
    hub: HubServer, home: Path, tmp_path: Path
) -> None:
    from nbclient import NotebookClient

    work = home / "work"
    work.mkdir()
    write_reviews(work / "train.tsv", 48)
    write_reviews(work / "test.tsv", 12)
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    book = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(book, timeout=240, resources={"metadata": {"path": str(work)}}).execute()
    nbformat.write(book, work / "saved.ipynb")
    shown = dict(zip(CELLS, map(text_of, book.cells), strict=True))

    assert "ernie-lab-mini" in shown["models"] and "apache-2.0" in shown["models"]
    assert "model.pdiparams" in shown["plan"] and "private" in shown["plan"]
    repo = hub.store.repo("somebody/shop")
    assert set(repo.tags) == {"v1", "v2"}
    assert repo.private
    for cell, tag in (("push", "v1"), ("again", "v2")):
        assert f"{SHOP}@{tag}" in shown[cell]
        assert "answers equal" in shown[cell]
    assert f"{SHOP}@v1" in shown["compare"] and f"{SHOP}@v2" in shown["compare"]
    assert shown["answer"].strip("'") in ("negative", "positive")

    assert holds_secret(home) == [home / ".cache" / "huggingface" / "token"]
    read = [path.name for path in home.rglob("*") if path.is_file()]
    assert {"saved.ipynb", "events.jsonl", "log.txt", "run.json", "manifest.json"} <= set(read)
    pushed = b"".join(data for commit in repo.commits.values() for data in commit.files.values())
    assert SECRET.encode() not in pushed
    assert any(token == SECRET for _, _, token in hub.asked), "it was used"


def text_of(cell: Any) -> str:
    """All that a cell shows as text."""
    texts = [output.get("text", "") or output.get("data", {}).get("text/plain", "")
             for output in cell.outputs]  # fmt: skip
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(texts))


def holds_secret(folder: Path) -> list[Path]:
    """The files that hold the token, also as it would be sent or encoded."""
    import base64

    secret = SECRET.encode()
    forms = (secret, secret[::-1], base64.b64encode(secret)[:-4], secret.hex().encode())
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return [path for path in files if any(form in path.read_bytes() for form in forms)]
