"""ONNX encoders by onnxruntime on the CPU, without TensorFlow."""

import numpy as np

from tfmi.files import foreign
from tfmi.files import open_plain

RULE = "an encoder must be a readable ONNX model"
# Errors are raised, so that they need not be logged too.
QUIET = 4


class OnnxSession:
    """An ONNX file that tfmi export wrote, to be run.

    Args:
        path: of the file.

    Attributes:
        image_shape: `(height, width, channels)`.
        sizes: `{output: size of its vectors}`.
        metadata: `{key: text}`.

    Raises:
        DataError: for a file that is no such model.
    """

    def __init__(self, path):
        import onnxruntime

        self._path = path
        options = onnxruntime.SessionOptions()
        options.log_severity_level = QUIET
        with foreign(RULE, path):
            open_plain(path).close()
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
            self.image_shape = _image_shape(self._session.get_inputs())
            self.sizes = dict(map(_name_and_size, self._session.get_outputs()))
            self.metadata = self._session.get_modelmeta().custom_metadata_map

    def __call__(self, images, names=None):
        """Vectors of uint8 images, `{output: (batch, size)}` of those names, or of
        all outputs.

        Raises:
            DataError: where the model does not run.
        """
        names = list(names or self.sizes)
        with foreign(RULE, self._path):
            values = self._session.run(names, {"images": images})
            for name, vectors in zip(names, values, strict=True):
                if np.shape(vectors) != (len(images), self.sizes[name]):
                    raise ValueError(f"{name} of shape {np.shape(vectors)}")
        return dict(zip(names, values, strict=True))


def _image_shape(inputs):
    if [(each.name, each.type) for each in inputs] != [("images", "tensor(uint8)")]:
        raise ValueError("its one input must be images, of uint8")
    shape = tuple(inputs[0].shape[1:])
    if len(shape) != 3 or not all(isinstance(size, int) and size > 0 for size in shape):
        raise ValueError(f"images of shape {inputs[0].shape}")
    return shape


def _name_and_size(output):
    if not output.name.isprintable() or set(output.name) & set("/\\"):
        raise ValueError(f"an output named {output.name!r}")
    shape = output.shape
    if len(shape) != 2 or not isinstance(shape[1], int) or "float" not in output.type:
        raise ValueError(f"{output.name} of {output.type} {shape}")
    return output.name, shape[1]
