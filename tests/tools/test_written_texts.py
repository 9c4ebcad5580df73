"""Messages are found wherever a program chooses them, not only where an error is made."""

from __future__ import annotations

from pathlib import Path

import errors_page
import pytest

SENDS = {
    "given to a helper": (
        "def _conflict(what, fix):\n"
        "    return UsageError(what, fix=fix, code='usage.conflict')\n"
        "def check():\n"
        "    raise _conflict(T('Two ports.', '两个端口。'), fix=T('Name one.', '请指定一个。'))\n"
    ),
    "chosen before": (
        "def check(many):\n"
        "    what, fix = T('Two ports.', '两个端口。'), ONE\n"
        "    raise UsageError(what, fix=fix, code='usage.conflict')\n"
        "ONE = T('Name one.', '请指定一个。')\n"
    ),
    "made by a function, and a default": (
        "def _advice(port) -> Text | None:\n"
        "    return T('Name one.', '请指定一个。') if port else None\n"
        "def check(what=T('Two ports.', '两个端口。')):\n"
        "    raise UsageError(what, fix=_advice(T('no advice', '不是')), code='usage.conflict')\n"
    ),
}  # fmt: skip


def package_of(folder: Path, **files: str) -> Path:
    package = folder / "package"
    package.mkdir()
    for name, text in files.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    return package


@pytest.mark.parametrize("text", SENDS.values(), ids=SENDS.keys())
def test_a_message_is_followed_to_where_it_is_written(text: str, tmp_path: Path) -> None:
    (site,) = errors_page.sites(package_of(tmp_path, a=text))
    assert [one.zh for one in site.says] == ["两个端口。"]
    assert [one.en for one in site.advises] == ["Name one."]


def test_it_is_followed_through_imports_and_not_to_others_of_the_name(tmp_path: Path) -> None:
    package = package_of(
        tmp_path,
        problems="def conflict(what):\n    return UsageError(what, code='usage.conflict')\n",
        asks="from package.problems import conflict\n"
        "def check():\n    raise conflict(T('Two ports.', '两个端口。'))\n",
        other="def check():\n    conflict(T('Not an error.', '不是错误。'))\n",
    )
    (site,) = errors_page.sites(package)
    assert [one.en for one in site.says] == ["Two ports."]


def test_a_message_of_placeholders_is_left_out_beside_one_that_says_something(
    tmp_path: Path,
) -> None:
    text = (
        "def check(reason):\n"
        "    raise UsageError(T('{why}', '{why}', why=reason) if reason else T('No.', '不。'),\n"
        "                     code='usage.conflict')\n"
    )
    (site,) = errors_page.sites(package_of(tmp_path, a=text))
    assert [one.en for one in site.says] == ["No."]


def test_functions_that_give_each_other_their_messages_come_to_an_end(tmp_path: Path) -> None:
    text = (
        "def one(what):\n    return two(what)\n"
        "def two(what):\n    one(what)\n    return UsageError(what, code='usage.conflict')\n"
        "def check():\n    raise one(T('Twice.', '两次。'))\n"
    )
    (site,) = errors_page.sites(package_of(tmp_path, a=text))
    assert [one.en for one in site.says] == ["Twice."]


def test_what_ray_refuses_stands_on_the_page() -> None:
    for path, said in (("errors.md", "With --ray there is no gRPC."),
                       ("errors.zh.md", "使用 --ray 时不提供 gRPC。")):  # fmt: skip
        assert said in (errors_page.DOCS / path).read_text(encoding="utf-8")
