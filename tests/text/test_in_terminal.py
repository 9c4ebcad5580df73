"""A terminal is told of its own commands, a notebook of its magics."""

from __future__ import annotations

import pytest

from paddle_lab import cli
from paddle_lab.commands.catalog import MAGICS
from paddle_lab.text.in_terminal import in_terminal


@pytest.mark.parametrize("command", MAGICS.values(), ids=lambda command: command.cli)
@pytest.mark.parametrize("mark", ["%", "%%"])
def test_every_magic_has_its_command(command: object, mark: str) -> None:
    magic, name = command.magic, command.cli  # type: ignore[attr-defined]
    assert in_terminal(f"先：{mark}{magic} last。") == f"先：paddle-lab {name} last。"


@pytest.mark.parametrize("text", ["%load_ext paddle_lab", "%ernie_other", "50%", "%ernie_runsx"])
def test_what_is_no_command_of_ours_stays(text: str) -> None:
    assert in_terminal(text) == text


def test_an_empty_list_of_runs_names_the_terminals_command(
    registry_root: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["runs"]) == 0
    said = capsys.readouterr().out
    assert "paddle-lab finetune reviews" in said and "%" not in said


def test_a_runs_command_is_that_of_the_terminal_unless_another_is_asked_for(
    make_run: object, capsys: pytest.CaptureFixture[str]
) -> None:
    make_run()  # type: ignore[operator]
    cli.main(["runs", "command", "last"])
    cli.main(["runs", "command", "last", "--as", "magic"])
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("paddle-lab finetune") and second.startswith("%ernie_finetune")
