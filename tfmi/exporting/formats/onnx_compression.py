"""Smaller ONNX files: int8 and float16, made from a float32 one.

Neither is equal to Keras, so each is delivered with its measured change.
"""

import contextlib
import math

from tfmi.exporting.formats import onnx_file
from tfmi.exporting.formats.onnx_file import OnnxFormat

CALIBRATION_IMAGES = 256
CALIBRATION_BATCH = 16
# Those that take the time. The others lose precision for no gain, and codes of a
# few levels would no longer be at their levels.
INT8_OPERATIONS = ["Conv", "MatMul", "Gemm"]
# Weights of a product that int8 would save no space of.
FEW = 2**12


class Float16File(OnnxFormat):
    """Half the size."""

    kind = "float16"
    suffix = ".float16.onnx"
    made_from = "onnx"

    def write(self, export, path):
        write_float16(export.path_of(self.made_from), path)


class Int8File(OnnxFormat):
    """A quarter of the size; ranges of activations are those of training images."""

    kind = "int8"
    suffix = ".int8.onnx"
    made_from = "onnx"

    def write(self, export, path):
        images = export.sample_images(CALIBRATION_IMAGES, "train")
        write_int8(export.path_of(self.made_from), path, images)


FLOAT16, INT8 = Float16File(), Int8File()


def write_float16(source, path):
    """Weights and arithmetic in float16; inputs and outputs stay as they are."""
    import onnx
    from onnxruntime.transformers import float16
    from onnxruntime.transformers.onnx_model import OnnxModel

    proto = float16.convert_float_to_float16(onnx.load(str(source)), keep_io_types=True)
    # The casts around what stays in float32 are appended at the end.
    OnnxModel(proto).topological_sort()
    details = {**onnx_file.properties(source), "precision": "float16"}
    onnx_file.save(proto, path, details)


def write_int8(source, path, images):
    """Weights and products in int8, ranges of activations taken once.

    The products that read the images themselves stay in float32, where others follow:
    they are small, and the rounding of their few weights adds up where an image is
    nearly all of one colour, as a written page is, to an error as large as what tells
    one image from another. So do all products of few weights, as the second of a narrow
    encoder, for the same reason.

    Ranges taken anew from each batch (dynamic quantization) change the outputs
    less, but make a vector depend on its batch, and convolutions ten times as
    slow.

    Args:
        images: uint8 `(n, ...)`, from which the ranges are taken.
    """
    import onnx
    from onnxruntime import quantization

    with _prepared(source) as prepared, onnx_file.quiet():
        quantization.quantize_static(
            prepared,
            str(path),
            _reader(images),
            op_types_to_quantize=INT8_OPERATIONS,
            nodes_to_exclude=left_in_float32(onnx.load(prepared).graph),
            per_channel=True,
            # A range is the mean of those of the batches: one image that is unlike
            # all others would else leave few of the 256 values for these.
            extra_options={"CalibMovingAverage": True},
        )
    details = {**onnx_file.properties(source), "precision": "int8"}
    onnx_file.save(onnx.load(str(path)), path, details)


def left_in_float32(graph):
    """Names of the products of a graph that are first or have few weights; of the first
    alone where those are all that it has."""
    counts = {weights.name: math.prod(weights.dims) for weights in graph.initializer}
    products = [node for node in graph.node if node.op_type in INT8_OPERATIONS]
    first = first_products(graph)
    few = [node.name for node in products if 0 < counts.get(node.input[1], 0) <= FEW]
    left = {*first, *few}
    return sorted(left) if len(left) < len(products) else first


def first_products(graph):
    """Names of the products of a graph that no other product comes before; none where
    those are all that it has."""
    made_by = {name: node for node in graph.node for name in node.output}
    products = [node for node in graph.node if node.op_type in INT8_OPERATIONS]
    first = [n.name for n in products if not _follows_a_product(n, made_by)]
    return first if len(first) < len(products) else []


def _follows_a_product(node, made_by):
    seen, left = set(), list(node.input)
    while left:
        before = made_by.get(left.pop())
        if before is None or id(before) in seen:
            continue
        if before.op_type in INT8_OPERATIONS:
            return True
        seen.add(id(before))
        left += before.input
    return False


@contextlib.contextmanager
def _prepared(source):
    """The file after shape inference and graph optimisation."""
    from onnxruntime import quantization

    prepared = source.with_name(f"{source.name}.prepared")
    # Symbolic shapes would need another package; these graphs have none.
    quantization.quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    try:
        yield str(prepared)
    finally:
        prepared.unlink()


def _reader(calibration):
    from onnxruntime import quantization

    class Reader(quantization.CalibrationDataReader):
        def __init__(self):
            starts = range(0, len(calibration), CALIBRATION_BATCH)
            self.batches = iter(calibration[i : i + CALIBRATION_BATCH] for i in starts)

        def get_next(self):
            batch = next(self.batches, None)
            return None if batch is None else {"images": batch}

    return Reader()
