"""The surroundings are not the cause: which installed library, or package, fails by itself."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from small_environment import PADDLE, Environment

from paddle_lab.environment.experiments.causes import trial_findings
from paddle_lab.environment.light import all_findings

pytestmark = [
    pytest.mark.slow,  # each starts interpreters
    pytest.mark.skipif(sys.platform != "linux", reason="shared libraries of Linux"),
]


def a_library(environment: Environment) -> Path:
    """A compiled module of Python's own, as if a package had brought it."""
    import _decimal

    target = environment.packages / "compiled" / Path(_decimal.__file__).name
    environment.write("compiled/__init__.py", "from compiled import _decimal\n")
    shutil.copy(_decimal.__file__, target)
    environment.write("paddle/__init__.py", PADDLE + "import compiled\n")
    record = f"compiled/__init__.py,,\ncompiled/{target.name},,{target.stat().st_size}\n"
    environment.write("compiled-1.2.dist-info/RECORD", record)
    environment.write("compiled-1.2.dist-info/METADATA", "Name: compiled\nVersion: 1.2\n")
    return target


@pytest.mark.parametrize("size", [0, 40, 4_000, 20_000])  # before its parts that are loaded end
def test_a_library_that_is_cut_short_is_named_with_its_package(
    environment: Environment, size: int
) -> None:
    library = a_library(environment)
    library.write_bytes(library.read_bytes()[:size])
    facts = environment.check(compiled="1.2")
    (found,) = trial_findings(facts)
    assert str(library) in found.title.in_language("en")
    assert "compiled 1.2" in found.cause.in_language("zh")
    assert found.commands[0].endswith("--force-reinstall --no-deps compiled==1.2")
    assert facts["trials"][-1]["step"] == f"load {library}"


def test_a_module_that_ends_the_process_is_no_library(environment: Environment) -> None:
    a_library(environment)
    environment.write("helper.py", "import os\nos.abort()\n")
    facts = environment.check()
    assert trial_findings(facts) == []
    assert facts["check"]["signal"] == "SIGABRT"
    assert facts["trials"][0]["ended"] == "SIGABRT"


def test_the_chain_is_tried_from_the_inside_outwards(environment: Environment) -> None:
    environment.write("helper.py", "import inner\n")
    environment.write("inner/__init__.py", "from inner import deep\n")
    environment.write("inner/deep.py", "import sys\nassert 'paddle' not in sys.modules, 'late'\n")
    facts = environment.check()
    steps = [trial["step"] for trial in facts["trials"] if not trial["changes"]]
    assert steps == ["import inner.deep", "import helper", "import paddle"]
    assert [trial["ok"] for trial in facts["trials"][-3:]] == [True, True, False]
    shown = next(one for one in all_findings(facts) if one.id == "import-fails")
    assert any(line.startswith("import inner.deep: works") for line in shown.shown("en"))
