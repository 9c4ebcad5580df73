"""Run on its own: import the stack, do one real training step and one inference on each device.

``python check_script.py``; with ``imports`` only the imports; with ``low`` at the lowest priority;
with ``until PHASE`` no further than that; ``alone MODULE`` imports one module and nothing else,
``load LIBRARY`` loads one shared library. Prints one JSON object a line: what begins, what was
done. A crash ends this process only, and the last line that began tells where. As little as
possible is imported before paddle: Paddle 2.6 crashes only when zlib comes after it.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any

#: Files that a failed phase had to do with.
READ: set[str] = set()
_MODULE_ENDS = (".py", f"{os.sep}__init__.py")
#: Modules that were asked for and are nowhere: a file of that name would be imported from now on.
MISSED: set[str] = set()


class Misses:
    """The last of the finders: it finds nothing, and keeps what nobody found."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        """Note a module that is in no package."""
        if "." not in name:
            MISSED.add(name)


def say(**what: Any) -> None:
    """One line for the reader, past anything that the libraries print."""
    print("\x1e" + json.dumps(what), flush=True)


def phase(name: str, action: Callable[[], dict[str, Any]]) -> bool:
    """Run one phase; its failure is told, not raised."""
    say(begin=name)
    started = time.perf_counter()
    try:
        result = action()
    except BaseException as error:
        READ.update(files_of(error))
        where = place_of(error)
        say(
            failed=name,
            seconds=round(time.perf_counter() - started, 2),
            error=f"{type(error).__name__}: {error}"[:1000],
            **({"where": where} if where else {}),
            frames=frames_of(error),
            text=traceback.format_exc()[-8000:],
        )
        return False
    say(done=name, seconds=round(time.perf_counter() - started, 2), **result)
    return True


def files_of(error: BaseException | None) -> set[str]:
    """The files in the traceback of an error and of those that led to it."""
    files: set[str] = set()
    waiting, met = [error], set()
    while waiting:
        error = waiting.pop()
        if error is None or id(error) in met:
            continue
        met.add(id(error))
        files.update(frame.filename for frame in traceback.extract_tb(error.__traceback__))
        if isinstance(error, SyntaxError) and error.filename:
            files.add(error.filename)
        waiting += [error.__cause__, error.__context__]
    return files


def place_of(error: BaseException) -> dict[str, Any] | None:
    """File, line and source where an error was raised."""
    if isinstance(error, SyntaxError) and error.filename:
        return {"file": error.filename, "line": error.lineno, "source": (error.text or "").strip()}
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<")
    ]
    if not frames:
        return None
    last = frames[-1]
    return {"file": last.filename, "line": last.lineno, "source": (last.line or "")[:300]}


def frames_of(error: BaseException) -> list[list[str]]:
    """Module, file and line of each frame outside this script, the outermost first; 60 at most.

    A module that was being read, and the file of a syntax error, have no frame: they come last.
    """
    found = []
    for frame, number in traceback.walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        if file.startswith("<frozen importlib"):
            found += reading(frame.f_code.co_name, frame.f_locals)
        elif file not in (say.__code__.co_filename, "<string>"):
            found.append([str(frame.f_globals.get("__name__", "")), file, str(number)])
    if isinstance(error, SyntaxError) and error.filename:
        found.append(["", error.filename, str(error.lineno)])
    if isinstance(error, ImportError) and str(error.path).endswith((".so", ".pyd", ".pyc")):
        found.append([str(error.name), str(error.path), "0"])
    return [[part[:400] for part in row] for row in found[-60:]]


def reading(function: str, names: Mapping[str, Any]) -> list[list[str]]:
    """The module whose compiled file or shared library Python's own loader was reading."""
    if function == "get_code":
        file = names.get("source_path") or names.get("path") or ""
        return [[str(names.get("fullname", "")), str(file), "0"]]
    if function == "create_module" and hasattr(names.get("spec"), "origin"):
        return [[str(names["spec"].name), str(names["spec"].origin), "0"]]
    return []


def files_read() -> dict[str, list[str]]:
    """What the imports read, by folder: modules, their bytecode, and the libraries loaded.

    And what they looked for where a person's own files lie, in the working folder (".") and in
    those of PYTHONPATH: the files that would be imported if they were there.
    """
    files = set(READ)
    for module in list(sys.modules.values()):
        for attribute in ("__file__", "__cached__"):
            name = getattr(module, attribute, None)
            if isinstance(name, str):
                files.add(name)
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
            files.update(line.rstrip("\n").split(None, 5)[-1] for line in maps)
    except OSError:  # no Linux: the modules alone
        files.discard("")
    folders: dict[str, list[str]] = {}
    for name in sorted(files):
        if os.path.isabs(name) and os.path.isfile(name):
            folder, base = os.path.split(name)
            folders.setdefault(folder, []).append(base)
    here = os.getcwd()
    if here in folders:  # another folder's files are others
        folders[os.curdir] = folders.pop(here)
    looked_for = [name + end for name in sorted(MISSED) for end in _MODULE_ENDS]
    for folder in {"", *os.environ.get("PYTHONPATH", "").split(os.pathsep)}:
        if looked_for:
            where = os.curdir if folder in ("", here) else folder
            folders.setdefault(where, []).extend(looked_for)
    return folders


def import_paddle() -> dict[str, Any]:
    """Version, and whether this is a GPU build."""
    import paddle
    from paddle import inference, nn  # noqa: F401

    return {"version": paddle.__version__, "cuda": bool(paddle.is_compiled_with_cuda())}


def import_paddlenlp() -> dict[str, Any]:
    """The library with every name that Paddle Lab takes from it."""
    import paddlenlp
    from paddlenlp.trainer import (  # noqa: F401
        PrinterCallback,
        ProgressCallback,
        Trainer,
        TrainerCallback,
        TrainingArguments,
    )
    from paddlenlp.transformers import (  # noqa: F401
        BertModel,
        BertTokenizer,
        ErnieConfig,
        ErnieForQuestionAnswering,
        ErnieForSequenceClassification,
        ErnieForTokenClassification,
        ErnieModel,
        ErnieTokenizer,
        RobertaModel,
        RobertaTokenizer,
    )
    from paddlenlp.transformers.ernie.modeling import ErnieEmbeddings  # noqa: F401
    from paddlenlp.utils.download import resolve_file_path  # noqa: F401
    from paddlenlp.utils.log import logger  # noqa: F401

    return {"version": paddlenlp.__version__}


def _model() -> Any:
    from paddlenlp.transformers import ErnieConfig, ErnieForSequenceClassification

    config = ErnieConfig(
        vocab_size=64,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
        num_labels=2,
    )
    return ErnieForSequenceClassification(config)


def train(device: str) -> dict[str, Any]:
    """One step of AdamW on a tiny ERNIE: the weights must move and the loss be a number."""
    import numpy as np
    import paddle

    paddle.set_device(device)
    paddle.seed(0)
    with paddle.utils.unique_name.guard():
        model = _model()
        optimizer = paddle.optimizer.AdamW(learning_rate=1e-2, parameters=model.parameters())
        ids = paddle.to_tensor(np.arange(32, dtype="int64").reshape(4, 8))
        labels = paddle.to_tensor(np.array([0, 1, 0, 1], dtype="int64"))
        before = model.classifier.weight.numpy().copy()
        loss = paddle.nn.functional.cross_entropy(model(ids), labels)
        loss.backward()
        optimizer.step()
        moved = float(np.abs(model.classifier.weight.numpy() - before).max())
    value = float(loss)
    if not np.isfinite(value) or moved == 0.0:
        raise ArithmeticError(
            f"the training step computed wrong numbers: loss {value}, moved {moved}"
        )
    return {"loss": round(value, 4)}


def infer(device: str) -> dict[str, Any]:
    """Export the model and run it in Paddle Inference: it must answer as the model does."""
    import tempfile

    import numpy as np
    import paddle
    from paddle import inference

    paddle.set_device(device)
    with tempfile.TemporaryDirectory() as folder, paddle.utils.unique_name.guard():
        model = _model()
        model.eval()
        ids = np.arange(32, dtype="int64").reshape(4, 8)
        expected = model(paddle.to_tensor(ids)).numpy()
        prefix = os.path.join(folder, "model")
        spec = [paddle.static.InputSpec([None, None], "int64", "input_ids")]
        paddle.jit.save(paddle.jit.to_static(model, input_spec=spec), prefix)
        program = next(
            prefix + end for end in (".json", ".pdmodel") if os.path.exists(prefix + end)
        )
        config = inference.Config(program, prefix + ".pdiparams")
        config.disable_glog_info()
        if device != "cpu":
            config.enable_use_gpu(64, int(device.partition(":")[2] or 0))
        predictor = inference.create_predictor(config)
        handle = predictor.get_input_handle(predictor.get_input_names()[0])
        handle.copy_from_cpu(ids)
        predictor.run()
        answer = predictor.get_output_handle(predictor.get_output_names()[0]).copy_to_cpu()
    difference = float(np.abs(answer - expected).max())
    if not difference < 1e-3:
        raise ArithmeticError(f"inference differs from the model by {difference}")
    return {"difference": difference}


def import_alone(module: str) -> dict[str, Any]:
    """One module by its dotted name; its packages come first, as always."""
    import importlib

    importlib.import_module(module)
    return {}


def load(library: str) -> dict[str, Any]:
    """One shared library by its path."""
    import ctypes

    ctypes.CDLL(library)
    return {}


def give_way() -> None:
    """The lowest priority, also for the session's group, which Linux may weigh as a whole."""
    if hasattr(os, "nice"):
        os.nice(19)
    try:
        with open("/proc/self/autogroup", "w", encoding="ascii") as group:
            group.write("19")
    except OSError:  # no such groups here
        return


def main(arguments: list[str]) -> int:
    """All phases, or those that are asked for; 0 when every one of them was done."""
    if "low" in arguments:
        give_way()
    sys.meta_path.append(Misses)
    gc.disable()  # nothing that is imported is garbage, and looking for it takes long
    what, name = (arguments[0], arguments[1]) if len(arguments) == 2 else ("", "")
    if what in ("alone", "load"):
        step, action = ("import", import_alone) if what == "alone" else ("load", load)
        return 0 if phase(f"{step} {name}", functools.partial(action, name)) else 1
    imported = phase("import paddle", import_paddle)
    if name != "import paddle":
        imported = imported and phase("import paddlenlp", import_paddlenlp)
    if not what:
        say(seen=files_read())
    if "imports" in arguments or name.startswith("import ") or not imported:
        return 0 if imported else 1
    gc.freeze()
    gc.enable()  # training and inference with it, as in a notebook
    return 0 if on_devices(name) else 1


def on_devices(last: str) -> bool:
    """Train and infer on each device, up to the phase ``last``; True when all worked."""
    import paddle

    devices = ["cpu"]
    if paddle.is_compiled_with_cuda():
        devices += [f"gpu:{index}" for index in range(paddle.device.cuda.device_count())]
    results = []
    for device in devices:
        for kind, action in (("training step", train), ("inference", infer)):
            results.append(phase(f"{kind} on {device}", functools.partial(action, device)))
            if f"{kind} on {device}" == last:
                return results[-1]
            if not results[-1]:
                break
    return all(results)


if __name__ == "__main__":
    ended = main(sys.argv[1:])
    gc.freeze()  # or a million objects are looked through before it ends
    sys.exit(ended)
