"""The requests that TensorFlow Serving runs through a model when it loads it.

A request with a wrong signature stops the server from loading the model: so
the file is read back and each of its requests is run.
"""

import numpy as np
import tensorflow as tf

from tfmi.errors import DataError
from tfmi.exporting.protos import PredictionLog

PATH = "assets.extra/tf_serving_warmup_requests"


def write(path, name, inputs):
    """Write the warm-up file of a SavedModel: a TFRecord of PredictionLog.

    Args:
        path: folder of the SavedModel.
        name: that the server knows the model by.
        inputs: `{signature: {input name: array}}`, real images.
    """
    (path / PATH).parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path / PATH)) as writer:
        for signature, arrays in inputs.items():
            writer.write(_record(name, signature, arrays).SerializeToString())


def _record(name, signature, arrays):
    log = PredictionLog()
    request = log.predict_log.request
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    for key, array in arrays.items():
        request.inputs[key].CopyFrom(tf.make_tensor_proto(array))
    return log


def read(path):
    """What `write` was given as `inputs`, as a list of pairs.

    Raises:
        DataError: for anything but such a file.
    """
    try:
        records = [
            PredictionLog.FromString(record.numpy()).predict_log.request
            for record in tf.data.TFRecordDataset(str(path / PATH))
        ]
    except Exception as error:  # protobuf's errors differ by version
        raise _unusable(path, error) from error
    return [
        (
            request.model_spec.signature_name,
            {key: tf.make_ndarray(value) for key, value in request.inputs.items()},
        )
        for request in records
    ]


def check(path, call, signatures):
    """Run each request as the server would.

    Args:
        path: of the SavedModel.
        call, signatures: of `server_session.loaded`.

    Raises:
        DataError: where the model does not answer one, or a signature has none.
    """
    requests = read(path)
    requested = [signature for signature, _ in requests]
    if sorted(requested) != sorted(signatures):
        what = f"requests for {', '.join(requested) or 'no signature'}"
        raise _unusable(path, what)
    for signature, arrays in requests:
        if set(arrays) != set(signatures[signature]["inputs"]):
            raise _unusable(path, f"{signature} of {', '.join(arrays)}")
        (batch,) = arrays.values()
        for name, value in call(signature, batch).items():
            if len(value) != len(batch) or not np.isfinite(value).all():
                raise _unusable(path, f"{name} of {signature}")


def _unusable(path, what):
    return DataError(
        f"{PATH} must hold requests that the model answers. "
        f"Received: {what} in {path.parent.name}"
    )
