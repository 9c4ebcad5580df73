"""``manifest.json``: what a bundle is, and the only way in: no folder is ever listed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from paddle_lab.bundle.manifest_values import (
    PART,
    FileEntry,
    Wrong,
    entry_of,
    file_name,
    numbers,
    tensor,
    texts,
    typed,
)
from paddle_lab.bundle.problems import damaged, newer_format, not_a_bundle
from paddle_lab.errors import BundleError
from paddle_lab.i18n import T
from paddle_lab.paths import atomic_write_bytes
from paddle_lab.tasks.codec import Signature, TensorSpec
from paddle_lab.untrusted import UnusableFile, parse_json, read_bytes, reason_of, sha256_of

FORMAT: Final = "paddle-lab-bundle"
#: Of a bundle with Paddle's program, and of one without, which readers of 1.x cannot load.
WITH_PADDLE: Final = "1.1"
WITHOUT_PADDLE: Final = "2.0"
MANIFEST_FILE: Final = "manifest.json"
PROGRAM_FILE: Final = "model.json"
PARAMS_FILE: Final = "model.pdiparams"
TOKENIZER_FILE: Final = "tokenizer.json"
PROOF_ROWS_FILE: Final = "proof.json"
#: The model card: for people, who may edit it; loading does not look at it.
CARD_FILE: Final = "README.md"
#: The runtime that an export makes first; small bundles are without it.
FIRST_RUNTIME: Final = "paddle"
#: The files that are opened have the same names in every bundle: a manifest chooses none.
_NAMES: Final = {"tokenizer": TOKENIZER_FILE, "proof_rows": PROOF_ROWS_FILE}
_PADDLES_NAMES: Final = {"program": PROGRAM_FILE, "params": PARAMS_FILE}
_LARGEST_MANIFEST: Final = 8 << 20


@dataclass(frozen=True)
class Manifest:
    """A bundle's description.

    ``codec`` is what the task's codec is rebuilt from, such as the labels in the order of the
    logits; ``max_len`` in tokens with the special ones; ``signature`` names inputs and outputs of
    the program. ``tokenizer`` and ``proof_rows`` name files, whose sizes and hashes stand in
    ``files``. ``coverage`` says which classes ``metrics`` leave out, if any, as
    ``paddle_lab.tasks.coverage`` has it. ``runtimes``: by name, the files that each needs;
    ``runtime_proofs``: by name, what was measured of those that were added; ``runtime``: the one
    that is taken when none is asked for. ``proof`` is what the check in a fresh process found; None
    only while the bundle is being made.
    """

    task: str
    codec: dict[str, Any]
    signature: Signature
    max_len: int
    pad_id: int
    tokenizer: str
    proof_rows: str
    files: dict[str, FileEntry]
    created: str
    metrics: dict[str, float | None] = field(default_factory=dict)
    coverage: dict[str, Any] | None = None
    source: dict[str, Any] = field(default_factory=dict)
    base_model: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str | None] = field(default_factory=dict)
    parameters: int | None = None
    proof: dict[str, Any] | None = None
    runtimes: dict[str, tuple[str, ...]] = field(
        default_factory=lambda: {FIRST_RUNTIME: (PROGRAM_FILE, PARAMS_FILE)}
    )
    runtime_proofs: dict[str, dict[str, Any]] = field(default_factory=dict)
    runtime: str = FIRST_RUNTIME

    @property
    def with_paddle(self) -> bool:
        """Whether Paddle's program is in it, which other runtimes are made of."""
        return FIRST_RUNTIME in self.runtimes

    @property
    def labels(self) -> list[str]:
        """The labels of a task that has some, in the order of its codec."""
        return list(self.codec.get("labels", ()))

    @property
    def inputs(self) -> list[str]:
        """Names of the program's inputs."""
        return [spec.name for spec in self.signature.inputs]

    def with_one_runtime(self, name: str) -> Manifest:
        """Of the same bundle, without the files that only other runtimes read."""
        files = set(self.runtimes[name])
        others = {file for of_one in self.runtimes.values() for file in of_one} - files
        return replace(
            self,
            files={file: entry for file, entry in self.files.items() if file not in others},
            runtimes={name: self.runtimes[name]},
            runtime_proofs={key: it for key, it in self.runtime_proofs.items() if key == name},
            runtime=name,
        )

    def to_json(self) -> dict[str, Any]:
        """The manifest as it is written, with its own checksum.

        ``labels`` and ``inputs`` stand there for readers of format 1.0; later ones pass them over.
        """
        content: dict[str, Any] = {
            "format": FORMAT,
            "format_version": WITH_PADDLE if self.with_paddle else WITHOUT_PADDLE,
            **asdict(self),
            **(_PADDLES_NAMES if self.with_paddle else {}),
            "signature": self.signature.to_json(),
            "runtimes": {
                name: {"files": list(files), "proof": self.runtime_proofs.get(name)}
                for name, files in self.runtimes.items()
            },
            "labels": self.labels,
            "inputs": self.inputs,
        }
        del content["runtime_proofs"]
        content["checksum"] = _checksum(content)
        return content


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``manifest.json``, whole or not at all. Raises OSError."""
    text = json.dumps(manifest.to_json(), ensure_ascii=False, indent=2, allow_nan=False)
    atomic_write_bytes(folder / MANIFEST_FILE, (text + "\n").encode("utf-8"))


def load_manifest(
    folder: Path | str, *, check_hashes: bool = True, allow_unproven: bool = False
) -> Manifest:
    """The manifest of the bundle in ``folder``, after every file it names was found whole.

    Sizes are always compared; ``check_hashes=False`` skips the SHA-256, which reads every byte, of
    all files but links: what a link leads to is known by its hash alone. The model card is not
    looked at: people edit it.
    Raises BundleError when this is no bundle, a newer one, a damaged one (the file is named), or
    one that never passed its check.
    """
    folder = Path(folder)
    manifest = parse_manifest(_read(folder), folder)
    for name, entry in manifest.files.items():
        if name != CARD_FILE:
            _check_file(folder, name, entry, check_hashes)
    if manifest.proof is None and not allow_unproven:
        raise BundleError(
            T(
                "The bundle {folder} was never checked.",
                "模型包 {folder} 未经过验证。",
                folder=folder,
            ),
            T("Its export did not come to its end.", "它的导出没有完成。"),
            T("Export it again: %ernie_export RUN", "请重新导出：%ernie_export RUN"),
            code="bundle.unproven",
        )
    return manifest


def parse_manifest(content: Any, folder: Path) -> Manifest:
    """A manifest from its JSON. Strict: wrong types, unsafe names and edits raise BundleError.

    Keys of a later minor version are passed over; a later major version is refused.
    """
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise not_a_bundle(folder)
    version = re.fullmatch(r"(\d{1,4})\.(\d{1,4})", str(content.get("format_version")))
    if version is None:
        raise damaged(folder, MANIFEST_FILE, "format_version")
    if int(version[1]) > int(WITHOUT_PADDLE.partition(".")[0]):
        raise newer_format(folder, version[0], WITHOUT_PADDLE)
    if content.get("checksum") != _checksum(content):
        raise damaged(
            folder, MANIFEST_FILE, "it was changed after it was written (checksum differs)"
        )
    try:
        return _manifest(content, int(version[1]), int(version[2]))
    except Wrong as wrong:
        raise damaged(folder, MANIFEST_FILE, str(wrong)) from wrong


def file_entry(path: Path) -> FileEntry:
    """Size and SHA-256 of a file. Raises OSError, UnusableFile."""
    return FileEntry(sha256_of(path), path.stat().st_size)


def _read(folder: Path) -> Any:
    try:
        return parse_json(read_bytes(folder / MANIFEST_FILE, _LARGEST_MANIFEST))
    except FileNotFoundError as error:
        raise not_a_bundle(folder) from error
    except (OSError, UnusableFile) as error:
        raise damaged(folder, MANIFEST_FILE, reason_of(error)) from error


def _check_file(folder: Path, name: str, entry: FileEntry, check_hash: bool) -> None:
    """Links are followed, as the stores of hubs are made of them; the hash tells what they give."""
    path = folder / name
    try:
        if not path.exists():
            linked = path.is_symlink()
            raise damaged(folder, name, "it is a link to nothing" if linked else "it is missing")
        size = path.stat().st_size
        if size != entry.bytes:
            raise damaged(folder, name, f"{size} bytes found, {entry.bytes} expected")
        inside = path.resolve().is_relative_to(folder.resolve())
        if (check_hash or not inside) and sha256_of(path) != entry.sha256:
            raise damaged(folder, name, "its content changed (SHA-256 differs)")
    except (OSError, UnusableFile) as error:
        raise damaged(folder, name, reason_of(error)) from error


def _checksum(content: Mapping[str, Any]) -> str:
    """SHA-256 over everything but the checksum itself: finds a flipped bit, proves no author."""
    rest = {key: value for key, value in content.items() if key != "checksum"}
    text = json.dumps(rest, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _manifest(content: dict[str, Any], major: int, minor: int) -> Manifest:
    files = {
        file_name(name): entry_of(name, entry)
        for name, entry in typed(content, "files", dict).items()
    }
    if MANIFEST_FILE in files:
        raise Wrong("the manifest names itself")
    with_paddle = major == 1
    for key, name in (_NAMES | _PADDLES_NAMES if with_paddle else _NAMES).items():
        if typed(content, key, str) != name:
            raise Wrong(f"{key} names {content[key][:80]!r}, not {name}")
        if name not in files:
            raise Wrong(f"{key} names {name!r}, which is not among its files")
    in_1_0 = (major, minor) == (1, 0)
    codec, signature = _described_in_1_0(content) if in_1_0 else _described(content)
    max_len, pad_id = typed(content, "max_len", int), typed(content, "pad_id", int)
    if not 3 <= max_len <= 1 << 20 or pad_id < 0:
        raise Wrong("max_len or pad_id is out of range")
    proof = content.get("proof")
    if proof is not None and not (isinstance(proof, dict) and proof.get("ok") is True):
        raise Wrong("proof is not that of a passed check")
    runtimes, proofs, chosen = _runtimes(content, files, with_paddle)
    parameters = content.get("parameters")
    if parameters is not None and (type(parameters) is not int or parameters < 0):
        raise Wrong("parameters is not a count")
    return Manifest(
        task=typed(content, "task", str),
        codec=codec,
        signature=signature,
        max_len=max_len,
        pad_id=pad_id,
        files=files,
        created=typed(content, "created", str),
        metrics=numbers(content),
        coverage=None if content.get("coverage") is None else typed(content, "coverage", dict),
        source=typed(content, "source", dict),
        base_model=typed(content, "base_model", dict),
        versions=typed(content, "versions", dict),
        parameters=parameters,
        proof=proof,
        runtimes=runtimes,
        runtime_proofs=proofs,
        runtime=chosen,
        **_NAMES,
    )


def _runtimes(
    content: dict[str, Any], files: Mapping[str, Any], with_paddle: bool
) -> tuple[dict[str, tuple[str, ...]], dict[str, dict[str, Any]], str]:
    """Files and proofs by runtime, and the one to take; older bundles have Paddle's alone."""
    found: dict[str, tuple[str, ...]] = {}
    if with_paddle:
        found[FIRST_RUNTIME] = (PROGRAM_FILE, PARAMS_FILE)
    proofs: dict[str, dict[str, Any]] = {}
    for name, entry in typed({"runtimes": {}, **content}, "runtimes", dict).items():
        if not isinstance(entry, dict) or not PART.fullmatch(name):
            raise Wrong(f"runtimes[{name[:80]!r}] is not an object")
        if name == FIRST_RUNTIME and not with_paddle:
            raise Wrong(f"runtimes names {name!r}, which its format is without")
        names = texts(entry, "files")
        if not names or not set(names) <= set(files):
            raise Wrong(f"runtimes[{name[:80]!r}] names files that are not among its files")
        found[name] = tuple(names)
        if entry.get("proof") is not None:
            proofs[name] = typed(entry, "proof", dict)
    chosen = typed({"runtime": FIRST_RUNTIME, **content}, "runtime", str)
    if chosen not in found:
        raise Wrong(f"runtime names {chosen[:80]!r}, which it was not made for")
    return found, proofs, chosen


def _described(content: dict[str, Any]) -> tuple[dict[str, Any], Signature]:
    """Codec and signature. What a codec holds is checked by its task, when it is rebuilt."""
    signature = typed(content, "signature", dict)
    specs = {
        side: tuple(tensor(item) for item in typed(signature, side, list))
        for side in ("inputs", "outputs")
    }
    for side, found in specs.items():
        if not found or len({spec.name for spec in found}) != len(found):
            raise Wrong(f"the signature's {side} are not one or more different names")
    return typed(content, "codec", dict), Signature(specs["inputs"], specs["outputs"])


def _described_in_1_0(content: dict[str, Any]) -> tuple[dict[str, Any], Signature]:
    """Format 1.0 knew classification alone: labels, and inputs of token ids."""
    if content.get("task") != "classify":
        raise Wrong("format 1.0 knows the task 'classify' alone")
    labels, inputs = texts(content, "labels"), texts(content, "inputs")
    if len(labels) < 2 or len(set(labels)) != len(labels):
        raise Wrong("labels are not two or more different texts")
    if not inputs or len(set(inputs)) != len(inputs):
        raise Wrong("inputs are not names")
    return {"labels": labels}, Signature(
        tuple(TensorSpec(name, ("rows", "tokens"), "int64") for name in inputs),
        (TensorSpec("logits", ("rows", len(labels))),),
    )
