"""Bundles that somebody made to run something or to reach out of their folder.

Each builder changes a small bundle that passes every check made before Paddle is given it.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bundle.making import make_bundle, rewrite
from bundle.tiny import build_tokenizer_json

from paddle_lab.bundle.manifest import file_entry

DAMAGED, UNTRUSTED = "bundle.damaged", "bundle.untrusted"
Build = Callable[[Path, Path], Any]
CASES: dict[str, tuple[Build, str]] = {}
SHAPE = [2, 3]
PARAMETERS = struct.pack("<IQIi", 0, 0, 0, 6) + bytes([8, 5, 16, 2, 16, 3]) + bytes(24)


def case(expected: str) -> Callable[[Build], Build]:
    """Put a builder into :data:`CASES` under its name."""

    def keep(build: Build) -> Build:
        CASES[build.__name__] = (build, expected)
        return build

    return keep


def operator(name: str, inputs: list[int], output: int, /, **attributes: Any) -> dict[str, Any]:
    """An operator as Paddle's programs hold it."""
    kind = {"#": "0.t_dtensor", "D": [{"#": "0.t_f32"}, [-1, 3], "NCHW", [], 0]}
    given = [{"N": n, "AT": {"#": "0.a_str", "D": value}} for n, value in attributes.items()]
    return {
        "#": name,
        "A": given,
        "I": [{"%": i} for i in inputs],
        "O": [{"%": output, "TT": kind}],
    }


def program(*more: dict[str, Any]) -> dict[str, Any]:
    """A parameter, an input, and the sum of both; then ``more``."""
    kind = {"#": "0.t_dtensor", "D": [{"#": "0.t_f32"}, SHAPE, "NCHW", [], 0]}
    first: dict[str, Any] = {"#": "p", "A": [0, 1, 1, "w"], "O": {"%": 1, "TT": kind}}
    operators = [first, operator("1.data", [], 2, name="x"), operator("1.add", [1, 2], 3), *more]
    block = {"#": "block_0", "args": [], "ops": operators}
    regions = [{"#": "region_0", "blocks": [block]}]
    return {"base_code": {"magic": "pir", "version": 4}, "program": {"regions": regions}}


def put(folder: Path, name: str, content: bytes) -> None:
    """A file of the bundle, also in the manifest: whoever can write one can write both."""
    (folder / name).write_bytes(content)
    entry = file_entry(folder / name)
    rewrite(folder, lambda m: m["files"].update({name: vars(entry)}))


def put_program(folder: Path, content: Any) -> None:
    """The bundle's program."""
    put(folder, "model.json", json.dumps(content).encode())


def sound(folder: Path) -> Path:
    """A bundle that passes."""
    make_bundle(folder)
    put_program(folder, program())
    put(folder, "model.pdiparams", PARAMETERS)
    put(folder, "tokenizer.json", build_tokenizer_json().encode())
    return folder


def _operator_case(name: str, inputs: list[int], **attributes: Any) -> None:
    def build(folder: Path, mark: Path) -> None:
        filled = {key: str(value).replace("MARK", str(mark)) for key, value in attributes.items()}
        put_program(folder, program(operator(name, inputs, 9, **filled)))

    build.__name__ = f"the_operator_{name.removeprefix('1.')}"
    case(UNTRUSTED)(build)


for _name, _attributes in {
    "1.py_func": {"forward_callable_id": "0"},
    "1.save": {"file_path": "MARK"},
    "1.save_combine": {"file_path": "MARK"},
    "1.load": {"file_path": "/etc/passwd"},
    "1.load_combine": {"file_path": "/etc/passwd"},
    "1.print": {"message": "x"},
    "1.read_file": {"filename": "/etc/passwd"},
    "1.run_program": {"x": "y"},
    "1.while": {"x": "y"},
    "1.if": {"x": "y"},
    "2.custom_op.own": {"library": "MARK"},
    "1.pylayer": {"x": "y"},
    "1.send_v2": {"x": "y"},
    "1.assert": {"x": "y"},
    "1.comm_init_all": {"x": "y"},
}.items():
    _operator_case(_name, [3], **_attributes)


@case(UNTRUSTED)
def an_operator_with_a_block_of_its_own(folder: Path, mark: Path) -> None:
    inner = {**operator("1.add", [1, 2], 9), "regions": [{"blocks": []}]}
    put_program(folder, program(inner))


@case(UNTRUSTED)
def an_attribute_of_another_kind(folder: Path, mark: Path) -> None:
    strange = operator("1.add", [1, 2], 9)
    strange["A"] = [{"N": "x", "AT": {"#": "0.a_pointer", "D": 4096}}]
    put_program(folder, program(strange))


@case(DAMAGED)
def an_operator_fed_by_nothing(folder: Path, mark: Path) -> None:
    put_program(folder, program(operator("1.add", [77, 2], 9)))


@case(DAMAGED)
def a_second_block(folder: Path, mark: Path) -> None:
    content = program()
    content["program"]["regions"] *= 2
    put_program(folder, content)


@case(DAMAGED)
def a_tensor_of_a_million_million_numbers(folder: Path, mark: Path) -> None:
    full = operator("1.full", [], 9)
    full["A"] = [{"N": "shape", "AT": {"#": "1.a_intarray", "D": [10**6, 10**6]}}]
    put_program(folder, program(full))


@case(DAMAGED)
def a_program_of_the_older_format(folder: Path, mark: Path) -> None:
    put(folder, "model.json", b"\x0a\x10\x08\x00py_func" + bytes(40))


@case(DAMAGED)
def a_program_nested_deep(folder: Path, mark: Path) -> None:
    put(folder, "model.json", b"[" * 100_000)


@case(DAMAGED)
def another_file_as_the_program(folder: Path, mark: Path) -> None:
    put(folder, "other.pdmodel", b"\x0a\x10py_func")
    rewrite(folder, lambda m: m.update(program="other.pdmodel"))


@case(DAMAGED)
def a_program_outside_the_folder(folder: Path, mark: Path) -> None:
    rewrite(folder, lambda m: m.update(program="../model.json"))


@case(DAMAGED)
def a_link_out_of_the_folder(folder: Path, mark: Path) -> None:
    outside = folder.parent / "outside"
    outside.write_bytes(PARAMETERS[::-1])
    (folder / "model.pdiparams").unlink()
    (folder / "model.pdiparams").symlink_to(outside)


@case(DAMAGED)
def parameters_that_are_a_pipe(folder: Path, mark: Path) -> None:
    (folder / "model.pdiparams").unlink()
    os.mkfifo(folder / "model.pdiparams")


@case(DAMAGED)
def a_manifest_that_is_a_pipe(folder: Path, mark: Path) -> None:
    (folder / "manifest.json").unlink()
    os.mkfifo(folder / "manifest.json")


@case(DAMAGED)
def parameters_of_another_shape(folder: Path, mark: Path) -> None:
    put(folder, "model.pdiparams", PARAMETERS.replace(bytes([16, 3]), bytes([16, 9])))


@case(DAMAGED)
def parameters_with_a_description_of_gigabytes(folder: Path, mark: Path) -> None:
    put(folder, "model.pdiparams", struct.pack("<IQIi", 0, 0, 0, 2**31 - 1) + bytes(30))


@case(DAMAGED)
def parameters_with_a_negative_description(folder: Path, mark: Path) -> None:
    put(folder, "model.pdiparams", struct.pack("<IQIi", 0, 0, 0, -1) + bytes(30))


@case(DAMAGED)
def parameters_with_levels(folder: Path, mark: Path) -> None:
    put(folder, "model.pdiparams", struct.pack("<IQIi", 0, 2**40, 0, 6) + PARAMETERS[20:])


@case(DAMAGED)
def parameters_with_something_behind(folder: Path, mark: Path) -> None:
    put(folder, "model.pdiparams", PARAMETERS + b"x")


@case(DAMAGED)
def a_tokenizer_with_an_endless_expression(folder: Path, mark: Path) -> None:
    content = json.loads(build_tokenizer_json())
    rule = {"type": "Replace", "pattern": {"Regex": "(a+)+$"}, "content": ""}
    put(folder, "tokenizer.json", json.dumps({**content, "normalizer": rule}).encode())


@case(DAMAGED)
def a_tokenizer_with_unknown_content(folder: Path, mark: Path) -> None:
    content = {**json.loads(build_tokenizer_json()), "auto_map": {"x": "own.Own"}}
    put(folder, "tokenizer.json", json.dumps(content).encode())


@case(DAMAGED)
def a_tokenizer_with_ids_that_are_none(folder: Path, mark: Path) -> None:
    content = json.loads(build_tokenizer_json())
    content["model"]["vocab"]["[PAD]"] = -1
    put(folder, "tokenizer.json", json.dumps(content).encode())
