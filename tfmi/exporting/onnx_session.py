"""ONNX encoders by onnxruntime on the CPU, without TensorFlow."""

from tfmi.errors import DataError


def open_session(path):
    """An onnxruntime session on the CPU.

    Raises:
        DataError: for a file that is no ONNX model.
    """
    import onnxruntime

    try:
        return onnxruntime.InferenceSession(
            str(path), providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's own classes have no common base
        raise DataError(
            f"an encoder must be a readable ONNX model. Received: {path} "
            f"({type(error).__name__})"
        ) from error


def outputs(session, images):
    """`{output: array}` of uint8 images."""
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"images": images}), strict=True))
