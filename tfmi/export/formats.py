"""Writers of the two formats, and the runners that verification uses.

Each runner is what a consumer would use: the SavedModel goes through the
loader that TensorFlow Serving uses, not `tf.saved_model.load`, which accepts
exports that the server cannot run.
"""

import keras
import numpy as np
import tensorflow as tf


def write_saved_model(model, path):
    """A SavedModel with the signature `serving_default`, dynamic batch."""
    archive = keras.export.ExportArchive()
    archive.track(model)
    shape = (None, *model.input_shape[1:])
    archive.add_endpoint(
        name="serving_default",
        fn=lambda images: model(images, training=False),
        input_signature=[tf.TensorSpec(shape, tf.uint8, name="images")],
    )
    archive.write_out(str(path), verbose=False)


def run_saved_model(path, batches):
    """Outputs of `serving_default` for each batch, by the C++ loader's path."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        loaded = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(path))
        signature = loaded.signature_def["serving_default"]
        (image,) = signature.inputs.values()
        fetches = {name: info.name for name, info in signature.outputs.items()}
        return [session.run(fetches, {image.name: batch}) for batch in batches]


def write_onnx(model, path, opset, metadata):
    """An ONNX file with named inputs and outputs, dynamic batch, checked.

    Args:
        metadata: `{key: text}`, written as metadata properties.
    """
    import onnx
    import tf2onnx

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
    onnx.helper.set_model_props(proto, metadata)
    onnx.checker.check_model(proto)
    proto = onnx.shape_inference.infer_shapes(proto, strict_mode=True)
    onnx.save(proto, str(path))


def run_onnx(path, batches):
    """Outputs for each batch by onnxruntime on the CPU."""
    import onnxruntime

    session = onnxruntime.InferenceSession(
        str(path), providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return [
        dict(zip(names, session.run(names, {"images": batch}), strict=True))
        for batch in batches
    ]


def run_keras(model, batches):
    """Outputs of the Keras model for each batch, as arrays."""
    outputs = [model(batch, training=False) for batch in batches]
    return [{name: np.asarray(value) for name, value in o.items()} for o in outputs]
