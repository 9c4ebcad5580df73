"""Hidden modules become findings: which file, what it hides, who imports that, and the new name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment import all_findings
from paddle_lab.environment.evidence import evidence_findings

PADDLE = {"package": "paddlepaddle", "version": "3.3.1", "file": "paddle/a.py", "via": ""}


def sheet(
    module: str,
    owner: str,
    by: dict[str, Any] | None,
    *,
    shadows: bool = False,
    path: str = "",
    imports: bool | None = None,
) -> dict[str, Any]:
    path = path or f"~/nlp/{module}.py"
    facts: dict[str, Any] = {
        "hiding": [
            {
                "module": module,
                "path": path,
                "where": "working folder",
                "owner": owner,
                "version": "" if owner in ("", "Python") else "3.6.0",
                "imported_by": by,
            }
        ],
        "shadows": [{"module": module, "path": path}] if shadows else [],
    }
    if imports is not None:
        names = ("paddle", "paddlenlp")
        facts["imports"] = {"results": [{"name": name, "ok": imports} for name in names]}
    return facts


AT_IMPORT = {**PADDLE, "at_import": True}
LATER = {**PADDLE, "at_import": False}


@pytest.mark.parametrize(
    ("owner", "by", "shadows", "imports", "severity"),
    [
        ("Python", AT_IMPORT, True, None, "error"),
        ("Python", AT_IMPORT, True, False, "error"),
        ("Python", AT_IMPORT, True, True, "warning"),
        ("datasets", AT_IMPORT, True, None, "error"),
        ("datasets", LATER, False, None, "warning"),
        ("datasets", None, False, None, "note"),
        ("Python", LATER, False, None, "note"),
        ("", AT_IMPORT, False, None, "warning"),
        ("", AT_IMPORT, False, False, "error"),
        ("", AT_IMPORT, False, True, "warning"),
    ],
)
def test_how_grave_it_is(
    owner: str, by: dict[str, Any] | None, shadows: bool, imports: bool | None, severity: str
) -> None:
    (found,) = evidence_findings(sheet("name", owner, by, shadows=shadows, imports=imports))
    assert found.severity == severity


def test_it_names_the_file_its_victim_and_the_importer() -> None:
    (found,) = evidence_findings(sheet("datasets", "datasets", AT_IMPORT, shadows=True))
    title = "datasets.py hides the installed package datasets 3.6.0"
    assert found.title.in_language("en") == title
    assert "datasets.py" in found.title.in_language("zh")
    assert found.evidence == (
        "~/nlp/datasets.py",
        "paddlepaddle 3.3.1: paddle/a.py imports datasets",
    )
    assert found.commands == ("mv -n ~/nlp/datasets.py ~/nlp/my_datasets.py",)


def test_a_way_through_the_standard_library_is_told() -> None:
    by = {**AT_IMPORT, "via": "pdb"}
    (found,) = evidence_findings(sheet("cmd", "Python", by, shadows=True))
    assert found.evidence[1] == "paddlepaddle 3.3.1: paddle/a.py imports pdb, which imports cmd"


def test_a_package_is_called_and_renamed_by_its_folder() -> None:
    path = "/nb/my work/datasets/__init__.py"
    (found,) = evidence_findings(sheet("datasets", "datasets", AT_IMPORT, shadows=True, path=path))
    assert found.title.in_language("en").startswith("datasets/ hides")
    assert found.commands == ("mv -n '/nb/my work/datasets' '/nb/my work/my_datasets'",)


def test_an_optional_module_is_told_by_its_importer() -> None:
    (found,) = evidence_findings(sheet("dl", "", AT_IMPORT))
    assert found.title.in_language("en").startswith("paddlepaddle 3.3.1 imports your dl.py")


def test_no_rule_says_it_again() -> None:
    facts = sheet("random", "Python", AT_IMPORT, shadows=True)
    assert [found.id for found in all_findings(facts) if "random" in str(found)] == [
        "hidden-module"
    ]


def test_the_blame_of_a_traceback_does_not_say_it_again(tmp_path: Path) -> None:
    (tmp_path / "my work").mkdir()
    file = tmp_path / "my work" / "random.py"
    file.touch()
    facts = sheet("random", "Python", AT_IMPORT, shadows=True, path=str(file), imports=False)
    facts["imports"]["results"][0]["text"] = (
        "Traceback (most recent call last):\n"
        '  File "/e/lib/python3.11/site-packages/paddle/__init__.py", line 3, in <module>\n'
        "    import random\n"
        f'  File "{file}", line 1, in <module>\n'
        "    x = paddle.nn\n"
        "AttributeError: partially initialized module 'paddle' has no attribute 'nn' (most likely "
        "due to a circular import)\n"
    )
    causes = [found.id for found in all_findings(facts) if not found.id.startswith("import-")]
    assert causes == ["hidden-module"]
