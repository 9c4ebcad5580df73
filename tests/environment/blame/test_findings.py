"""What the structure of a traceback shows, without a rule: really run, in really broken folders."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from small_packages import install, sheet

from paddle_lab.environment.blame import blame_findings
from paddle_lab.environment.findings import Finding


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "env" / "lib" / "python3.11" / "site-packages"


def run(site: Path, code: str, folder: Path | None = None) -> str:
    """What Python prints for ``code`` (a file ``main.py`` of the person's)."""
    work = folder or site.parents[3] / "work"
    work.mkdir(exist_ok=True)
    (work / "main.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-s", "main.py"],
        cwd=work,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode != 0
    return done.stderr


def only(text: str, facts: dict[str, Any], **more: bool) -> Finding:
    found = blame_findings(text, facts, **more)
    assert len(found) == 1, [finding.id for finding in found]
    return found[0]


MISFITS = {
    "name": (
        {"alpha/__init__.py": "from beta import download\n"},
        {"beta/__init__.py": "def fetch(): pass\n"},
        "import alpha\n",
        "no download in beta",
    ),
    "attribute": (
        {"alpha/__init__.py": "import beta\ndef run():\n    return beta.float(3)\n"},
        {"beta/__init__.py": "float64 = 1\n"},
        "import alpha\nalpha.run()\n",
        "no float in beta",
    ),
    "attribute told by the provider itself": (
        {"alpha/__init__.py": "import beta\ndef run():\n    return beta.int(3)\n"},
        {
            "beta/__init__.py": "def __getattr__(name):\n"
            "    raise AttributeError(f\"module 'beta' has no attribute '{name}'\")\n"
        },
        "import alpha\nalpha.run()\n",
        "no int in beta",
    ),
    "module": (
        {"alpha/__init__.py": "import beta.fluid\n"},
        {"beta/__init__.py": ""},
        "import alpha\n",
        "no module beta.fluid",
    ),
    "argument": (
        {
            "alpha/__init__.py": "from beta import get as load\ndef run():\n"
            "    return load(\n        'x',\n        use_auth_token=True,\n    )\n"
        },
        {"beta/__init__.py": "def get(name, token=None): pass\n"},
        "import alpha\nalpha.run()\n",
        "no argument 'use_auth_token' there",
    ),
    "argument of a class": (
        {"alpha/__init__.py": "import beta.net as bn\ndef run(): return bn.Client(proxies={})\n"},
        {"beta/__init__.py": "", "beta/net.py": "class Client:\n    pass\n"},
        "import alpha\nalpha.run()\n",
        "no argument 'proxies' there",
    ),
}


@pytest.mark.parametrize(("alpha", "beta", "code", "lacking"), MISFITS.values(), ids=MISFITS.keys())
def test_importer_and_provider_are_named_with_their_versions(
    site: Path, alpha: dict[str, str], beta: dict[str, str], code: str, lacking: str
) -> None:
    if lacking.startswith("no argument 'proxies'"):
        beta = {**beta, "beta/net.py": "class Client:\n    def __init__(self, url=''): pass\n"}
    install(site, "alpha", "1.0", alpha, ["beta>=1,<2"])
    install(site, "beta", "2.5", beta)
    text = run(site, code)
    facts = sheet({"alpha": "1.0", "beta": "2.5"}, {"alpha": ["beta>=1,<2"]})
    found = only(text, facts)
    assert found.id == "packages-do-not-fit"
    assert str(found.title) == f"alpha 1.0 and beta 2.5 do not fit each other: {lacking}"
    assert found.certainty == "confirmed"
    assert found.commands == ('/x/bin/python -m pip install "beta>=1,<2"',)
    assert any("alpha 1.0 requires beta<2,>=1: beta 2.5" in line for line in found.evidence)
    assert any(line.startswith("alpha") for line in found.evidence)


def test_a_release_that_broke_an_older_package_is_seen_in_its_file(site: Path) -> None:
    install(site, "alpha", "1.0", {"alpha.py": "from beta import download\n"}, ["beta>=1"])
    install(site, "beta", "2.5", {"beta.py": "def fetch(): pass\n"})
    facts = sheet({"alpha": "1.0", "beta": "2.5"}, {"alpha": ["beta>=1"]})
    text = run(site, "import alpha\n")
    found = only(text, facts)
    assert found.certainty == "confirmed"
    assert "newer release" in str(found.cause)
    assert any(line.endswith("beta.py: no download in beta") for line in found.evidence)
    # Of another machine the text alone speaks, with what it tells of versions.
    foreign = only(text.replace(str(site), "/far/site-packages"), sheet({}), here=False)
    assert (foreign.id, foreign.certainty) == ("packages-do-not-fit", "likely")
    assert str(foreign.title).startswith("alpha and beta do not fit")


def test_what_was_installed_after_the_import_needs_a_restart(site: Path) -> None:
    install(site, "alpha", "1.0", {"alpha.py": "from beta import download\n"})
    install(site, "beta", "2.5", {"beta.py": "def fetch(): pass\n"})
    text = run(site, "import alpha\n")
    (site / "beta.py").write_text("def download(): pass\n")
    found = only(text, sheet({"alpha": "1.0", "beta": "2.6"}))
    assert found.id == "older-version-loaded"
    assert "estart" in str(found.fix)


def test_files_of_one_package_that_disagree_are_put_back_by_force(site: Path) -> None:
    files = {"alpha/__init__.py": "from alpha.models import Ernie\n", "alpha/models.py": ""}
    install(site, "alpha", "1.0", files)
    found = only(run(site, "import alpha\n"), sheet({"alpha": "1.0"}))
    assert found.id == "package-inconsistent"
    assert "--force-reinstall --no-deps alpha==1.0" in found.commands[0]


@pytest.mark.parametrize(
    "code",
    [
        "from collections import Sequence\n",
        "import inspect\ninspect.getargspec(print)\n",
        "import os.no_such_part\n",
    ],
)
def test_a_package_for_another_python(site: Path, code: str) -> None:
    install(site, "alpha", "1.0", {"alpha.py": code})
    found = only(run(site, "import alpha\n"), sheet({"alpha": "1.0"}))
    assert found.id == "package-needs-other-python"
    assert "alpha 1.0 does not fit Python 3.11" in str(found.title)


def test_a_declared_package_that_is_missing(site: Path) -> None:
    install(site, "alpha", "1.0", {"alpha.py": "import gamma_ray\n"}, ["gamma-ray>=2"])
    facts = sheet({"alpha": "1.0"}, {"alpha": ["gamma-ray>=2"]})
    found = only(run(site, "import alpha\n"), facts)
    assert (found.id, found.certainty) == ("module-missing", "confirmed")
    assert found.commands == ('/x/bin/python -m pip install "gamma-ray>=2"',)


def test_an_undeclared_package_that_is_missing(site: Path) -> None:
    install(site, "alpha", "1.0", {"alpha.py": "import gamma\n"})
    found = only(run(site, "import alpha\n"), sheet({"alpha": "1.0"}))
    assert found.id == "module-missing"
    assert "do not ask for it" in str(found.cause)
    assert "look at it on the index first" in str(found.fix)


def test_the_distribution_is_found_by_its_record(site: Path) -> None:
    install(site, "alpha", "1.0", {"alpha.py": "from vision import tiny\n"}, ["open-vision"])
    install(site, "open-vision", "4.1", {"vision/__init__.py": ""})
    found = only(run(site, "import alpha\n"), sheet({"alpha": "1.0", "open-vision": "4.1"}))
    assert "alpha 1.0 and open-vision 4.1" in str(found.title)


SHADOWS = {
    "random.py": ("import tempfile\n", ("tempfile", "The standard library")),
    "beta.py": ("import alpha\n", "alpha"),
    "beta/__init__.py": ("import alpha\n", "alpha"),
    "typing_extensions.py": ("import gamma\n", "gamma"),
}


@pytest.mark.parametrize(
    ("name", "code", "by"),
    [(name, *rest) for name, rest in SHADOWS.items()],
    ids=SHADOWS.keys(),
)
@pytest.mark.parametrize("content", ["x = 1\n", "import not_there_at_all\n", "1 / 0\n"])
def test_a_file_of_the_person_in_place_of_a_module(
    site: Path, tmp_path: Path, name: str, code: str, by: str | tuple[str, ...], content: str
) -> None:
    install(site, "alpha", "1.0", {"alpha.py": "from beta import get\n"}, ["beta"])
    install(site, "beta", "1.0", {"beta.py": "def get(): pass\n"})
    install(site, "gamma", "1.0", {"gamma.py": "from typing_extensions import ParamSpec\n"})
    work = tmp_path / "my work"
    file = work / name
    file.parent.mkdir(parents=True)
    file.write_text(content)
    facts = sheet({"alpha": "1.0", "beta": "1.0", "gamma": "1.0"}, folder=work)
    found = blame_findings(run(site, code, work), facts)[0]
    assert (found.id, found.certainty) == ("file-hides-module", "confirmed")
    assert found.evidence == (str(file),)
    assert str(found.cause).startswith(by)
    done = subprocess.run(found.commands[0], shell=True, check=True)
    assert done.returncode == 0
    assert not file.exists()
    assert list(work.glob("my_*"))


def test_packages_of_two_pythons_meet(site: Path) -> None:
    text = f"""\
Traceback (most recent call last):
  File "main.py", line 1, in <module>
    import alpha
  File "{site}/alpha/__init__.py", line 1, in <module>
    import beta
  File "/usr/lib/python3.8/site-packages/beta/__init__.py", line 3, in <module>
    from . import _core
ImportError: DLL load failed
"""
    facts = {
        **sheet({"alpha": "1.0"}),
        "variables": {"PYTHONPATH": "/usr/lib/python3.8/site-packages"},
    }
    found = only(text, facts)
    assert (found.id, found.certainty) == ("two-environments", "confirmed")
    assert found.commands == ("unset PYTHONPATH",)
    user = text.replace("/usr/lib/python3.8", "/home/ann/.local/lib/python3.11")
    assert only(user, sheet({"alpha": "1.0"})).commands[0] == "export PYTHONNOUSERSITE=1"
    debian = text.replace(str(site), "/usr/lib/python3/dist-packages").replace(
        "/usr/lib/python3.8/site-packages", "/usr/local/lib/python3.11/dist-packages"
    )
    assert blame_findings(debian, sheet({})) == []


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may write everywhere")
def test_a_path_that_a_library_may_not_write(site: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o500)
    install(site, "alpha", "1.0", {"alpha.py": f"def get(): open({str(cache / 'a')!r}, 'w')\n"})
    found = only(run(site, "import alpha\nalpha.get()\n"), sheet({"alpha": "1.0"}))
    assert (found.id, found.certainty) == ("path-refused", "confirmed")


def test_the_system_refuses_a_library(site: Path) -> None:
    refusal = "import errno, os\ndef get(): raise OSError({}, os.strerror({}), '/var/cache/a')\n"
    for code, expected in ((13, "path-refused"), (30, "path-refused"), (28, "disk-full")):
        text = refusal.format(code, code)
        (site / "alpha.py").unlink(missing_ok=True)
        site.mkdir(parents=True, exist_ok=True)
        (site / "alpha.py").write_text(text)
        found = only(run(site, "import alpha\nalpha.get()\n"), sheet({"alpha": "1.0"}))
        assert found.id == expected
        assert "alpha 1.0" in str(found.title) + str(found.cause)


OWN = {
    "own name": "from helpers import load\n",
    "own attribute": "import helpers\nhelpers.load()\n",
    "own module": "import a_module_of_mine\n",
    "own typo of an argument": "import alpha\nalpha.get(nmae=1)\n",
    "typo passed on by a library": "import alpha\nalpha.passes(nmae=1)\n",
    "typo of an attribute": "import alpha\nalpha.gte()\n",
    "name handed to a library": "import alpha\nalpha.by_name('nothing')\n",
    "own callback": "import alpha\nalpha.call(lambda: {}['a'])\n",
    "own function called wrongly": "import alpha\ndef mine(a): pass\nalpha.call(mine)\n",
    "own path": "open('/var/none/a', 'w')\n",
    "own path in a library": "import alpha\nalpha.write('/root/none/a')\n",
    "plain": "1 / 0\n",
}


@pytest.mark.parametrize("code", OWN.values(), ids=OWN.keys())
def test_a_failure_of_the_persons_own_code_gives_nothing(
    site: Path, tmp_path: Path, code: str
) -> None:
    install(
        site,
        "alpha",
        "1.0",
        {
            "alpha.py": "import beta\ndef get(name=''): pass\n"
            "def passes(**more): return beta.get(**more)\n"
            "def by_name(name): return getattr(beta, name)\n"
            "def call(function): return function()\n"
            "def write(path): raise PermissionError(13, 'Permission denied', path)\n"
        },
        ["beta<1"],
    )
    install(site, "beta", "1.0", {"beta.py": "def get(name=''): pass\n"})
    work = tmp_path / "work"
    work.mkdir()
    (work / "helpers.py").write_text("x = 1\n")
    facts = sheet({"alpha": "1.0", "beta": "1.0"}, {"alpha": ["beta<1"]}, folder=work)
    assert blame_findings(run(site, code, work), facts) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_text_is_there_in_both_languages(site: Path, language: str) -> None:
    install(site, "alpha", "1.0", {"alpha.py": "from beta import download\n"})
    install(site, "beta", "2.5", {"beta.py": ""})
    found = only(run(site, "import alpha\n"), sheet({"alpha": "1.0", "beta": "2.5"}))
    told = found.to_json(language)
    assert "{" not in told["title"] + told["cause"] + told["fix"]
    assert ("不匹配" in told["title"]) is (language == "zh")
