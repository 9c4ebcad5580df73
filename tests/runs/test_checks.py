"""The compiled checks say what the schemas say, and are stricter only where it is written down."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paddle_lab.errors import RunError
from paddle_lab.runs import ProcessMark, RunSpec
from paddle_lab.runs.checks import check_of, closed_check_of, compiled
from paddle_lab.runs.events import KINDS

SCHEMAS = {
    name: json.loads(files("paddle_lab.runs").joinpath(name).read_text(encoding="utf-8"))
    for name in ("schema.json", "files.schema.json")
}
NODES = {
    name: json.loads(
        json.dumps({"$ref": f"#/$defs/{name}", "$defs": {**SCHEMAS["schema.json"]["$defs"],
                                                         **SCHEMAS["files.schema.json"]["$defs"]}})
        .replace("schema.json#", "#")
    )
    for schema in SCHEMAS.values()
    for name in schema["$defs"]
}  # fmt: skip

values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-5, 5) | st.sampled_from(
        ["", "a", "train", "info", "finished", "en", "zh", "0" * 64, "../x"]
    ),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["en", "zh", "what", "type", "pid", "accuracy"]), inner),
    max_leaves=8,
)  # fmt: skip


def members(name: str) -> list[str]:
    schema: dict[str, Any] = NODES[name]["$defs"][name]
    return list(schema.get("properties", {}))


def parts(value: Any) -> Iterator[Any]:
    yield value
    for part in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from parts(part)


@pytest.mark.parametrize("name", sorted(NODES))
@settings(max_examples=25)
@given(data=st.data())
def test_a_check_and_its_schema_agree(name: str, data: st.DataObject) -> None:
    keys = members(name)
    drawn = st.dictionaries(st.sampled_from(keys), values, max_size=len(keys)) if keys else values
    value = data.draw(drawn)
    # JSON Schema takes 1.0 for a whole number; a count in Python is none.
    if any(type(part) is float and part.is_integer() for part in parts(value)):
        return
    found = check_of(name)(value)
    valid = jsonschema.Draft202012Validator(NODES[name]).is_valid(value)
    later = any(
        isinstance(part, str) and part for part in parts(value)
    ) and "x-later" in json.dumps(NODES[name]["$defs"][name])
    assert (found is None) == valid or (found is None and later)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_event_has_a_check(kind: str) -> None:
    assert check_of(f"{kind.capitalize()}Event")({}) == "lacks seq"


def test_a_closed_check_takes_no_other_member() -> None:
    step = {"seq": 0, "t": 1, "kind": "step", "step": 1, "loss": None}
    assert closed_check_of("StepEvent")(step) is None
    assert closed_check_of("StepEvent")({**step, "note": 1}) == "'note' is not known"


def test_a_keyword_that_is_not_known_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no check"):
        compiled({"oneOf": []})


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("Number", float("nan"), "is not between"),
        ("Number", 10**400, "is not between"),
        ("Count", True, "is not a whole number"),
        ("Count", 1.0, "is not a whole number"),
        ("Text", {"en": "x" * 30_000, "zh": ""}, "en is longer than 20000 characters"),
        ("RunId", "a\n", "is not a plain name"),
        ("Column", [0.5, "x"], "item 2 is not"),
    ],
)
def test_what_is_wrong_is_said(name: str, value: Any, reason: str) -> None:
    assert reason in (check_of(name)(value) or "")


@pytest.mark.parametrize("pid", [-1, 0, 2**32, 2**70, True, 1.0, "1", None, [1], {}], ids=repr)
def test_a_process_mark_has_the_number_of_one_process(pid: Any) -> None:
    here = ProcessMark.of_this_process()
    assert ProcessMark.from_json({**here.to_json(), "pid": pid}) is None


def test_a_number_that_no_process_has_is_not_alive() -> None:
    here = ProcessMark.of_this_process()
    mark = ProcessMark.from_json({**here.to_json(), "pid": 2**32 - 1})
    assert mark is not None and mark.lives() is False


def test_no_process_is_ever_signalled_by_a_number_from_a_folder() -> None:
    """Runs are asked by requests; the one process that is ended is the one that was started."""
    package = Path(str(files("paddle_lab")))
    signals = re.compile(r"os\.kill|killpg|psutil\.Process\([^)]*\)\.(kill|terminate|send_signal)")
    found = [path for path in package.rglob("*.py") if signals.search(path.read_text("utf-8"))]
    # These two end the process that they started themselves, by its own object, with its group.
    own = ["environment/phases.py", "server/child.py"]
    assert sorted(path.relative_to(package).as_posix() for path in found) == own


@pytest.mark.parametrize(
    "data",
    [None, [], "x", {}, {"train": 1}, {"train": "a", "epochs": "3"}, {"train": "a", "lr": -1},
     {"train": "a", "epochs": True}, {"train": "a", "batch_size": 1.5},
     {"train": "a", "name": ["x"]}, {"train": "a", "extra": "x"}, {"train": "a", "limit": 10**12},
     {"train": "a", "warmup": 1.5}, {"train": "x" * 30_000}, {"train": "a", "lr": float("inf")}],
    ids=lambda data: repr(data)[:50],
)  # fmt: skip
def test_a_specification_of_the_wrong_form_is_refused(data: Any) -> None:
    with pytest.raises(RunError) as caught:
        RunSpec.from_json(data)
    assert caught.value.code == "run.unreadable"


def test_every_specification_that_is_written_is_read() -> None:
    spec = RunSpec(train="a.tsv", epochs=3, dropout=None, seed=-7, extra={"max_grad_norm": 0.5})
    assert RunSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec
