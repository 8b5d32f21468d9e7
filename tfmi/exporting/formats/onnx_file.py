"""ONNX files, and the runner that verification uses."""

import tensorflow as tf

from tfmi.errors import UsageError
from tfmi.exporting.onnx_session import open_session
from tfmi.exporting.onnx_session import outputs

LOWEST_OPSET = 13


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


def write(model, path, opset, metadata):
    """An ONNX file with named inputs and outputs, dynamic batch, checked.

    Args:
        model: of `serving_model`.
        metadata: `{key: text}`, written as metadata properties.
    """
    import tf2onnx

    names = sorted(model.output)

    @tf.function
    def forward(images):
        vectors = model(images, training=False)
        return {name: vectors[name] for name in names}

    shape = (None, *model.input_shape[1:])
    proto, _ = tf2onnx.convert.from_function(
        forward,
        input_signature=[tf.TensorSpec(shape, tf.uint8, name="images")],
        opset=opset,
    )
    save(proto, path, metadata)


def save(proto, path, metadata):
    """Write a model after the checker and strict shape inference passed it."""
    import onnx

    onnx.helper.set_model_props(proto, metadata)
    proto = onnx.shape_inference.infer_shapes(proto, strict_mode=True)
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, str(path))


def metadata(path):
    """The metadata properties of a file, `{key: text}`."""
    import onnx

    return {entry.key: entry.value for entry in onnx.load(str(path)).metadata_props}


def function(path):
    """A function from uint8 images to `{output: array}`, on the CPU."""
    session = open_session(path)
    return lambda images: outputs(session, images)


def run(path, batches):
    """Outputs for each batch by onnxruntime on the CPU."""
    call = function(path)
    return [call(batch) for batch in batches]
