"""From a bundle's Paddle program to ONNX, in float32 and with 8-bit weights.

Every tool here has its own way of printing and of taking over the process; it is called in a
process of its own (:mod:`paddle_lab.bundle.convert`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from paddle_lab.bundle.manifest import PARAMS_FILE, PROGRAM_FILE
from paddle_lab.bundle.problems import no_onnx_runtime
from paddle_lab.errors import BundleError
from paddle_lab.i18n import T
from paddle_lab.tasks.codec import Signature, TensorSpec
from paddle_lab.text.short import last_line

#: ONNX 1.12: LayerNormalization is one operator from here on, and every reader of today knows it.
OPSET: Final = 17
#: How the dimensions of the signature are called in the file.
DIMENSIONS: Final = {"rows": "batch", "tokens": "sequence"}


def write_onnx(folder: Path, signature: Signature, target: Path) -> None:
    """Convert the Paddle program in ``folder`` to ``target``, its constants folded.

    Inputs, outputs and dimensions have the signature's names, tokens as "sequence" and rows as
    "batch". Raises BundleError when it cannot be converted, EnvError where a tool is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="paddle-lab-onnx-") as work:
        model = _converted(folder, Path(work))
        _named(model, signature)
        target.write_bytes(model.SerializeToString(deterministic=True))


def write_int8(folder: Path, signature: Signature, target: Path) -> None:
    """As :func:`write_onnx`, with the weights of products and embeddings in 8 bits a number.

    The scale of the other factor is taken from each batch as it comes; weights have one a column.
    Raises BundleError also when the result is not clearly smaller: nothing was quantised then.
    """
    with tempfile.TemporaryDirectory(prefix="paddle-lab-onnx-") as work:
        whole = Path(work, "float32.onnx")
        write_onnx(folder, signature, whole)
        quantise(whole, target)


def write_with_words(
    folder: Path, signature: Signature, kept: Sequence[int], whole: Path, small: Path
) -> None:
    """As :func:`write_onnx` to ``whole`` and :func:`write_int8` to ``small``, of fewer words.

    ``kept`` are the ids whose words stay, in the order of their new ids. Raises BundleError,
    EnvError.
    """
    write_onnx(folder, signature, whole)
    try:
        import onnx
    except ImportError as error:
        raise no_onnx_runtime(error) from error
    model = onnx.load(str(whole))
    for name in _word_tables(model):
        _keep_rows(model, name, kept)
    whole.write_bytes(model.SerializeToString(deterministic=True))
    quantise(whole, small)


def _word_tables(model: Any) -> list[str]:
    """The weights of which token ids choose the rows. Raises BundleError where none is found."""
    tables = [
        node.input[0]
        for node in model.graph.node
        if node.op_type == "Gather" and node.input[1] == WORDS
    ]
    if not tables:
        raise _cannot_convert("its embedding of words was not found")
    return list(dict.fromkeys(tables))


def _keep_rows(model: Any, name: str, kept: Sequence[int]) -> None:
    """Leave these rows of a weight. Raises BundleError where it is used for anything else."""
    from onnx import numpy_helper

    users = [node for node in model.graph.node if name in node.input]
    weight = next((one for one in model.graph.initializer if one.name == name), None)
    if weight is None or any(node.op_type != "Gather" or node.input[1] != WORDS for node in users):
        raise _cannot_convert("its embedding of words is not used for words alone")
    rows = numpy_helper.to_array(weight)[list(kept)]
    weight.CopyFrom(numpy_helper.from_array(rows, name))


def quantise(whole: Path, target: Path) -> None:
    """An ONNX model with 8-bit weights. Raises BundleError, EnvError."""
    try:
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ImportError as error:
        raise no_onnx_runtime(error) from error
    try:
        # Seven bits of the eight: without VNNI (AVX2 alone) sums of full ones overflow, and answers
        # would be others than on the machine where they were compared.
        quantize_dynamic(
            whole, target, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8
        )
    except Exception as error:  # whatever the quantiser raises
        raise _cannot_convert(last_line(error)) from error
    _rename_imports(target)
    smaller = whole.stat().st_size / target.stat().st_size
    if smaller < LEAST_SMALLER:
        target.unlink()
        raise _cannot_convert(f"it would be {smaller:.1f} times smaller, {LEAST_SMALLER} expected")


#: The input that holds token ids.
WORDS: Final = "input_ids"
#: An int8 file that is less than so many times smaller was not quantised.
LEAST_SMALLER: Final = 3.5


def _converted(folder: Path, work: Path) -> Any:
    """The ONNX model as Paddle2ONNX gives it, without what can be computed once and for all."""
    try:
        import onnx
        import onnxruntime
        import paddle2onnx
    except ImportError as error:
        raise no_onnx_runtime(error) from error
    raw, folded = work / "raw.onnx", work / "folded.onnx"
    try:
        paddle2onnx.export(
            str(folder / PROGRAM_FILE),
            str(folder / PARAMS_FILE),
            save_file=str(raw),
            opset_version=OPSET,
            auto_upgrade_opset=False,
            verbose=False,
            enable_onnx_checker=False,
            optimize_tool=None,
        )
        # Its weights are operators "Constant" and "Identity", which no quantiser looks through.
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(folded)
        options.log_severity_level = 3
        onnxruntime.InferenceSession(
            str(raw),
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=["MatMulAddFusion"],  # products that became Gemm stay float32
        )
        model = onnx.load(str(folded))
    except Exception as error:  # whatever the converters' C++ raises
        raise _cannot_convert(last_line(error)) from error
    _keep_own_operators(model)
    return model


def _keep_own_operators(model: Any) -> None:
    """Leave only the import of ONNX's own operators: ONNX Runtime lists all that it knows."""
    own = [(item.domain, item.version) for item in model.opset_import if not item.domain]
    del model.opset_import[:]
    for domain, version in own:
        model.opset_import.add(domain=domain, version=version)
    del model.metadata_props[:]
    model.producer_name = "paddle-lab"


def _rename_imports(path: Path) -> None:
    import onnx

    model = onnx.load(str(path))
    _keep_own_operators(model)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _named(model: Any, signature: Signature) -> None:
    """Give inputs, outputs and their dimensions the names of the signature."""
    graph = model.graph
    given = {value.name: value for value in graph.input}
    if sorted(given) != sorted(spec.name for spec in signature.inputs):
        raise _cannot_convert(f"its inputs are {', '.join(sorted(given))}")
    if len(graph.output) != len(signature.outputs):
        raise _cannot_convert(f"it has {len(graph.output)} outputs")
    wanted = dict(zip((value.name for value in graph.output), signature.outputs, strict=True))
    names = {old: spec.name for old, spec in wanted.items()}
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in graph.output:
        value.name = names[value.name]
    for spec in signature.inputs:
        _set_dimensions(given[spec.name], spec)
    for value, spec in zip(graph.output, signature.outputs, strict=True):
        _set_dimensions(value, spec)
    del graph.value_info[:]  # the shapes between, with other names for the same sizes


def _set_dimensions(value: Any, spec: TensorSpec) -> None:
    shape = value.type.tensor_type.shape
    del shape.dim[:]
    for size in spec.dims:
        if isinstance(size, str):
            shape.dim.add().dim_param = DIMENSIONS[size]
        else:
            shape.dim.add().dim_value = size


def _cannot_convert(why: str) -> BundleError:
    return BundleError(
        T("The model cannot be converted to ONNX.", "无法把模型转换为 ONNX。"),
        T("{why}", "{why}", why=why),
        T("Use the bundle with Paddle's own runtime.", "请使用 Paddle 自身的运行时。"),
        code="bundle.not_convertible",
    )
