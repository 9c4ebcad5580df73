"""Every error has a code that is documented, of one form, and never taken back."""

from __future__ import annotations

from pathlib import Path

import errors_page
import pytest

#: Codes that programs may hang on, one a line. A code is added here when it is new; none goes.
STABLE = (Path(__file__).parent / "error_codes.txt").read_text(encoding="utf-8").split()


@pytest.fixture(scope="module")
def sites() -> list[errors_page.Site]:
    return errors_page.sites()


def test_no_error_is_made_without_a_code() -> None:
    assert errors_page.without_code() == []


def test_codes_are_of_the_form_area_and_name(sites: list[errors_page.Site]) -> None:
    areas = {one.area for one in errors_page.CLASSES.values()}
    for site in sites:
        assert errors_page.CODE.fullmatch(site.code), site
        assert site.code.partition(".")[0] in areas, site
        if site.made in errors_page.CLASSES:
            area = errors_page.CLASSES[site.made].area
            assert site.code.startswith(f"{area}."), f"{site}: the class is of {area}"


def test_codes_are_stable(sites: list[errors_page.Site]) -> None:
    """A new code is written into error_codes.txt; one that is gone would break programs."""
    assert sorted(set(STABLE)) == STABLE
    assert {site.code for site in sites} == set(STABLE)


def test_the_pages_name_every_code_and_are_as_the_program_says_them() -> None:
    for path, text in errors_page.pages().items():
        assert path.read_text(encoding="utf-8") == text, "python tools/errors_page.py"
        if path.suffix == ".json":
            assert all(f'"{code}": {{' in text for code in STABLE)
            continue
        assert all(f"| `{code}` | " in text for code in STABLE)
        assert not any(f"| `{code}` |  |" in text for code in STABLE), "a code without a meaning"


def test_a_page_that_is_not_current_is_found_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors_page, "DOCS", tmp_path)
    monkeypatch.setattr(errors_page, "OWN_ERRORS", tmp_path / "own_errors.json")
    monkeypatch.setattr("sys.argv", ["errors_page.py", "--check"])
    assert errors_page.main() == 1
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr("sys.argv", ["errors_page.py"])
    assert errors_page.main() == 0 and (tmp_path / "errors.zh.md").is_file()


def test_what_is_made_in_other_ways_is_found_as_well(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "a.py").write_text(
        "class Silent(ServerError):\n"
        "    def __init__(self):\n"
        "        super().__init__(T('It is silent.', '没有响应。'), code='server.silent')\n"
        "def refuse(why):\n"
        "    '''The file cannot be read.'''\n"
        "    raise DataError(why, fix=T('Try | again.', '请重试。'),\n"
        "                    code='data.a' if why else 'data.b')\n"
        "def forgotten():\n"
        "    raise DataError(T('It is', '是'))\n",
        encoding="utf-8",
    )
    found = errors_page.sites(package)
    assert [(site.made, site.code) for site in found] == [
        ("ServerError", "server.silent"),
        ("DataError", "data.a"),
        ("DataError", "data.b"),
    ]
    page = errors_page.errors_page(found, "en")
    assert "| `data.a` | The file cannot be read. | Try \\| again. |" in page
    assert "没有响应。" in errors_page.errors_page(found, "zh")
    assert errors_page.without_code(package) == ["package/a.py:9"]
