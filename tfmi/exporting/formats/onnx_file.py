"""ONNX files, for onnxruntime."""

import contextlib
import json
import logging

from tfmi.errors import UsageError
from tfmi.exporting.formats.base import Format
from tfmi.exporting.onnx_session import OnnxSession

LOWEST_OPSET = 13


class OnnxFormat(Format):
    """What all ONNX files have in common: onnxruntime on the CPU runs them."""

    def run(self, path, batches):
        call = self.open(path)
        return [call(batch) for batch in batches]

    def open(self, path):
        return OnnxSession(path)


class OnnxFile(OnnxFormat):
    """A file in float32."""

    kind = "onnx"
    title = "ONNX"
    suffix = ".onnx"

    def check(self, options):
        check_opset(options.opset)

    def write(self, export, path):
        info, opset = export.info, export.options.opset
        properties = {name: json.dumps(info[name]) for name in ("enlarge", "factors")}
        properties |= {
            "recipe": export.source.name,
            "versions": json.dumps(info["versions"]),
        }
        convert(export.model, path, opset, properties)
        info["opset"] = opset


FORMAT = OnnxFile()


def check_opset(opset):
    """Refuse an opset that tf2onnx cannot write.

    Raises:
        UsageError: for an unknown one.
    """
    from tf2onnx import constants

    highest = max(constants.OPSET_TO_IR_VERSION)
    if not LOWEST_OPSET <= opset <= highest:
        raise UsageError(
            f"the opset must be {LOWEST_OPSET} to {highest} (the highest of the "
            f"tf2onnx that is installed). Received: {opset}"
        )


def convert(model, path, opset, properties):
    """Write a file with named inputs and outputs and dynamic batch, checked.

    Args:
        model: of `serving_model`.
        properties: `{key: text}`, written as metadata properties.
    """
    import tensorflow as tf
    import tf2onnx

    names = sorted(model.output)

    @tf.function
    def forward(images):
        vectors = model(images, training=False)
        return {name: vectors[name] for name in names}

    shape = (None, *model.input_shape[1:])
    signature = [tf.TensorSpec(shape, tf.uint8, name="images")]
    with quiet():
        proto, _ = tf2onnx.convert.from_function(forward, signature, opset=opset)
    save(proto, path, properties)


@contextlib.contextmanager
def quiet():
    """Without what converters log: advice that was taken already, and tracebacks of
    optimisations that they then leave out."""
    disabled, root = logging.root.manager.disable, logging.root
    root.manager.disable = logging.WARNING
    try:
        yield
    finally:
        root.manager.disable = disabled


def save(proto, path, properties):
    """Write a model after the checker and strict shape inference passed it."""
    import onnx

    onnx.helper.set_model_props(proto, properties)
    proto = onnx.shape_inference.infer_shapes(proto, strict_mode=True)
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, str(path))


def properties(path):
    """The metadata properties of a file, `{key: text}`."""
    import onnx

    return {entry.key: entry.value for entry in onnx.load(str(path)).metadata_props}
