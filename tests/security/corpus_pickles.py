"""Pickles and PyTorch files that lie: about sizes, strides, types, and what they hold."""

from __future__ import annotations

import io
import pickle
import struct
import warnings
import zipfile
from pathlib import Path

from model_builders import Malicious
from security.hostile import (
    DAMAGED,
    UNTRUSTED,
    array,
    case,
    dtype,
    number,
    pickled,
    table,
    tensor,
    text,
    torch_file,
    zipped,
)

# -- pickles that lie -------------------------------------------------------------------------


@case(DAMAGED)
def a_dtype_with_fields(folder: Path, mark: Path) -> None:
    fields = b"}" + text("a") + dtype() + number(2**33) + b"\x86s"
    state = (
        b"(K\x03" + text("<") + b"N" + text("a") + b"\x85" + fields + number(-1) * 2 + b"K\x00tb"
    )
    made = b"cnumpy\nndarray\nK\x01\x85" + dtype() + state + b"\x86R"
    pickled(folder, table(made + text("a") + b"G" + struct.pack(">d", 1.5) + b"s"))


@case(DAMAGED)
def an_array_whose_dtype_has_fields(folder: Path, mark: Path) -> None:
    fields = b"}" + text("a") + dtype() + number(2**33) + b"\x86s"
    state = (
        b"(K\x03" + text("<") + b"N" + text("a") + b"\x85" + fields + number(-1) * 2 + b"K\x00tb"
    )
    pickled(folder, table(array(b"K\x01\x85", dtype() + state, bytes(4))))


@case(UNTRUSTED)
def items_set_in_an_array(folder: Path, mark: Path) -> None:
    pickled(folder, table(array(b"K\x01\x85", dtype(), bytes(4)) + b"K\x00K\x01s"))


@case(UNTRUSTED)
def an_array_appended_to(folder: Path, mark: Path) -> None:
    pickled(folder, table(array(b"K\x01\x85", dtype(), bytes(4)) + b"K\x00a"))


@case(UNTRUSTED)
def numpys_own_constructor(folder: Path, mark: Path) -> None:
    pickled(folder, table(b"cnumpy\nndarray\n" + number(10**12) + b"\x85\x85R"))


@case(DAMAGED)
def an_array_of_a_million_million_numbers(folder: Path, mark: Path) -> None:
    pickled(folder, table(array(number(10**12) + b"\x85", dtype(), bytes(4))))


@case(DAMAGED)
def a_shape_that_overflows(folder: Path, mark: Path) -> None:
    pickled(folder, table(array(number(2**62) + number(4) + b"\x86", dtype(), b"")))


@case(DAMAGED)
def a_negative_shape(folder: Path, mark: Path) -> None:
    pickled(folder, table(array(number(-1) + b"\x85", dtype(), bytes(4))))


@case(DAMAGED)
def an_array_of_objects(folder: Path, mark: Path) -> None:
    pickled(folder, table(array(b"K\x01\x85", dtype("O8"), bytes(8))))


@case(DAMAGED)
def a_shape_that_is_an_array(folder: Path, mark: Path) -> None:
    inner = array(b")", dtype("i8"), bytes(8))
    pickled(folder, table(array(inner + b"\x85", dtype(), bytes(4))))


@case(DAMAGED)
def a_text_longer_than_the_file(folder: Path, mark: Path) -> None:
    pickled(folder, b"\x80\x02}X\xff\xff\xff\xffabc")


@case(DAMAGED)
def bytes_longer_than_the_memory(folder: Path, mark: Path) -> None:
    pickled(folder, b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"abc.")


@case(UNTRUSTED)
def a_number_of_gigabytes(folder: Path, mark: Path) -> None:
    pickled(folder, b"\x80\x02\x8b\xff\xff\xff\x7fabc.")


@case(DAMAGED)
def a_frame_longer_than_the_file(folder: Path, mark: Path) -> None:
    pickled(folder, b"\x80\x04\x95" + struct.pack("<Q", 2**60) + b"N.")


@case(DAMAGED)
def a_memo_index_of_four_thousand_million(folder: Path, mark: Path) -> None:
    pickled(folder, b"\x80\x02}r\xfe\xff\xff\xff.")


@case(UNTRUSTED)
def buffers_outside_the_pickle(folder: Path, mark: Path) -> None:
    pickled(folder, b"\x80\x05\x97\x98.")


@case(UNTRUSTED)
def a_byte_array_of_a_terabyte(folder: Path, mark: Path) -> None:
    pickled(folder, b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b".")


@case(DAMAGED)
def a_hundred_thousand_tuples_in_one_another(folder: Path, mark: Path) -> None:
    pickled(folder, table(b")" + b"\x85" * 100_000))


@case(DAMAGED)
def a_nested_tuple_as_a_key(folder: Path, mark: Path) -> None:
    pickled(folder, b"\x80\x02})" + b"\x85" * 100_000 + b"Ns.")


@case(DAMAGED)
def more_steps_than_weights_take(folder: Path, mark: Path) -> None:
    pickled(folder, b"\x80\x02" + b"N" * 1_100_000 + b".")


@case(DAMAGED)
def dictionaries_that_double(folder: Path, mark: Path) -> None:
    pairs = b"](" + b"".join(text(f"k{i}") + b"N\x86" for i in range(5000)) + b"eq\x010"
    pairs = pairs.removesuffix(b"0") + b"]"
    again = b"ccollections\nOrderedDict\nh\x01\x85R" * 5000
    pickled(folder, b"\x80\x02" + pairs + again + b".")


@case(DAMAGED)
def a_text_turned_into_bytes_over_and_over(folder: Path, mark: Path) -> None:
    again = b"c_codecs\nencode\nh\x01" + text("latin1") + b"\x86R"
    pickled(folder, b"\x80\x02" + text("x" * 100_000) + b"q\x01" + again * 5000 + b".")


@case(DAMAGED)
def one_array_under_ten_thousand_names(folder: Path, mark: Path) -> None:
    one = array(b"M\x00\x01M\x00\x01\x86", dtype(), bytes(4 * 65536)) + b"q\x05"
    names = b"".join(text(f"w{i}") + b"h\x05s" for i in range(10_000))
    pickled(folder, b"\x80\x02}" + text("w") + one + b"s" + names + b".")


@case(DAMAGED)
def an_empty_file(folder: Path, mark: Path) -> None:
    pickled(folder, b"")


# -- PyTorch's zip files ----------------------------------------------------------------------


@case(DAMAGED)
def strides_that_overflow(folder: Path, mark: Path) -> None:
    torch_file(
        folder, tensor(number(1001) + number(3) + b"\x86", b"K\x01" + number(2**63 - 500) + b"\x86")
    )


@case(DAMAGED)
def strides_that_are_arrays(folder: Path, mark: Path) -> None:
    zero = tensor(b")", b")")
    torch_file(folder, tensor(b"K\x02\x85", zero + b"\x85"))


@case(DAMAGED)
def negative_strides(folder: Path, mark: Path) -> None:
    torch_file(folder, tensor(b"K\x02\x85", number(-1) + b"\x85", offset=1))


@case(DAMAGED)
def a_stride_of_nothing_repeated_for_ever(folder: Path, mark: Path) -> None:
    torch_file(folder, tensor(number(2**31 - 1) + b"\x85", b"K\x00\x85"))


@case(DAMAGED)
def an_offset_behind_the_storage(folder: Path, mark: Path) -> None:
    torch_file(folder, tensor(b"K\x04\x85", b"K\x01\x85", offset=1))


@case(DAMAGED)
def a_storage_outside_the_archive(folder: Path, mark: Path) -> None:
    torch_file(folder, tensor(b"K\x01\x85", b"K\x01\x85", key="../../../etc/passwd"))


@case(DAMAGED)
def a_zip_bomb(folder: Path, mark: Path) -> None:
    entries = {
        "a/data.pkl": table(tensor(b"K\x04\x85", b"K\x01\x85")),
        "a/data/0": bytes(50_000_000),
    }
    zipped(folder, entries, compression=zipfile.ZIP_DEFLATED)


@case(DAMAGED)
def an_entry_with_a_path_upwards(folder: Path, mark: Path) -> None:
    pickle_ = table(tensor(b"K\x04\x85", b"K\x01\x85"))
    zipped(folder, {"a/data.pkl": pickle_, "a/data/0": bytes(16), "../x": b"x"})


@case(DAMAGED)
def two_entries_of_one_name(folder: Path, mark: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (folder / "model.safetensors").unlink()
        with zipfile.ZipFile(folder / "pytorch_model.bin", "w") as archive:
            archive.writestr("a/data.pkl", table(tensor(b"K\x04\x85", b"K\x01\x85")))
            archive.writestr("a/data/0", bytes(16))
            archive.writestr("a/data/0", bytes(4))


@case(DAMAGED)
def an_encrypted_entry(folder: Path, mark: Path) -> None:
    torch_file(folder, tensor(b"K\x04\x85", b"K\x01\x85"))
    path = folder / "pytorch_model.bin"
    content = bytearray(path.read_bytes())
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 8] |= 1
        at = content.find(b"PK\x01\x02", at + 4)
    path.write_bytes(bytes(content))


@case(DAMAGED)
def an_entry_larger_than_the_file(folder: Path, mark: Path) -> None:
    torch_file(folder, tensor(b"K\x04\x85", b"K\x01\x85"))
    path = folder / "pytorch_model.bin"
    content = bytearray(path.read_bytes())
    at = content.rfind(b"PK\x01\x02")
    content[at + 20 : at + 28] = struct.pack("<II", 2**31, 2**31)
    path.write_bytes(bytes(content))


@case(DAMAGED)
def two_pickles_in_one_zip(folder: Path, mark: Path) -> None:
    zipped(folder, {"a/data.pkl": pickle.dumps({}), "b/data.pkl": pickle.dumps(Malicious(mark))})


@case(DAMAGED)
def a_zip_in_a_pickle(folder: Path, mark: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data.pkl", pickle.dumps(Malicious(mark)))
    pickled(folder, pickle.dumps({"w": 1}) + buffer.getvalue())
