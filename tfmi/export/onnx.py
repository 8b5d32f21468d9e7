"""ONNX files: uint8 `images` in, named vectors out, for onnxruntime alone."""

import os
import pathlib

import tensorflow as tf

from tfmi.errors import UsageError


def write(model, path, opset=17, metadata=None):
    """Write an ONNX file with dynamic batch, checked, whole or not at all.

    Args:
        model: from uint8 images to `{output name: (batch, size)}`.
        path: the file; an older one is replaced.
        opset: of the ONNX default domain.
        metadata: `{key: text}`, written as metadata properties.

    Raises:
        UsageError: for an opset that tf2onnx cannot write.
    """
    import onnx

    proto = onnx.shape_inference.infer_shapes(
        _convert(model, opset), check_type=True, strict_mode=True
    )
    onnx.helper.set_model_props(proto, metadata or {})
    onnx.checker.check_model(proto, full_check=True)
    path = pathlib.Path(path)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_bytes(proto.SerializeToString())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _convert(model, opset):
    import tf2onnx

    newest = tf2onnx.constants.OPSET_TO_IR_VERSION
    if opset not in newest or opset < 13:
        raise UsageError(f"opset must be from 13 to {max(newest)}. Received: {opset}")
    names = sorted(model.output)

    @tf.function
    def forward(images):
        outputs = model(images, training=False)
        return {name: outputs[name] for name in names}

    shape = (None, *model.input_shape[1:])
    proto, _ = tf2onnx.convert.from_function(
        forward,
        input_signature=[tf.TensorSpec(shape, tf.uint8, name="images")],
        opset=opset,
    )
    return proto


def signatures(path):
    """`{"inputs", "outputs"}`, each `{name: {"dtype", "shape"}}`."""
    import onnx

    graph = onnx.load(str(path)).graph
    return {"inputs": _infos(graph.input), "outputs": _infos(graph.output)}


def _infos(values):
    import onnx

    return {
        value.name: {
            "dtype": onnx.helper.tensor_dtype_to_np_dtype(
                value.type.tensor_type.elem_type
            ).name,
            "shape": [
                dim.dim_value if dim.HasField("dim_value") else None
                for dim in value.type.tensor_type.shape.dim
            ],
        }
        for value in sorted(values, key=lambda value: value.name)
    }
