"""A SavedModel in the C++ loader of TensorFlow Serving, through the C API.

The library is the one in the TensorFlow wheel, called by ctypes: no Python of
TensorFlow takes part in loading or running a model.
"""

import contextlib
import ctypes
import pathlib

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

STRING = 7
POINTER = ctypes.c_void_p


class Output(ctypes.Structure):
    """TF_Output: an operation and the number of its output."""

    _fields_ = [("operation", POINTER), ("index", ctypes.c_int)]


class Buffer(ctypes.Structure):
    _fields_ = [("data", POINTER), ("length", ctypes.c_size_t), ("free", POINTER)]


def _library():
    folder = pathlib.Path(tf.__file__).parent
    library = ctypes.CDLL(str(folder / "libtensorflow_cc.so.2"))
    results = {
        "NewStatus NewGraph NewSessionOptions LoadSessionFromSavedModel": POINTER,
        "GraphOperationByName AllocateTensor TensorData StringGetDataPointer": POINTER,
        "NewBuffer": ctypes.POINTER(Buffer),
        "Message": ctypes.c_char_p,
        "Dim": ctypes.c_int64,
        "StringGetSize TensorByteSize": ctypes.c_size_t,
    }
    for names, result in results.items():
        for name in names.split():
            getattr(library, f"TF_{name}").restype = result
    return library


TF = _library()


class CallError(Exception):
    """What the runtime said."""


@contextlib.contextmanager
def _status():
    status = POINTER(TF.TF_NewStatus())
    try:
        yield status
        if TF.TF_GetCode(status):
            raise CallError(TF.TF_Message(status).decode(errors="replace"))
    finally:
        TF.TF_DeleteStatus(status)


class Model:
    """A loaded SavedModel; `signatures` are those of its MetaGraphDef."""

    def __init__(self, path):
        self._graph = POINTER(TF.TF_NewGraph())
        options, buffer = POINTER(TF.TF_NewSessionOptions()), TF.TF_NewBuffer()
        tags = (ctypes.c_char_p * 1)(b"serve")
        with _status() as status:
            self._session = POINTER(
                TF.TF_LoadSessionFromSavedModel(
                    options, None, str(path).encode(), tags, 1, self._graph, buffer,
                    status,
                )
            )  # fmt: skip
        content = ctypes.string_at(buffer.contents.data, buffer.contents.length)
        self.signatures = dict(
            meta_graph_pb2.MetaGraphDef.FromString(content).signature_def
        )
        TF.TF_DeleteBuffer(buffer)
        TF.TF_DeleteSessionOptions(options)

    def __call__(self, signature, inputs):
        """`{input: array}` to `{output: array}`."""
        known = self.signatures[signature]
        names = list(known.outputs)
        feeds = self._outputs(known.inputs[name] for name in inputs)
        fetches = self._outputs(known.outputs[name] for name in names)
        tensors = (POINTER * len(inputs))(*[_tensor(a) for a in inputs.values()])
        values = (POINTER * len(names))()
        try:
            with _status() as status:
                TF.TF_SessionRun(
                    self._session, None, feeds, tensors, len(inputs), fetches, values,
                    len(names), None, 0, None, status,
                )  # fmt: skip
            return {n: _array(v) for n, v in zip(names, values, strict=True)}
        finally:
            for tensor in [*tensors, *values]:
                if tensor:
                    TF.TF_DeleteTensor(POINTER(tensor))

    def _outputs(self, infos):
        found = []
        for info in infos:
            name, _, index = info.name.partition(":")
            operation = TF.TF_GraphOperationByName(self._graph, name.encode())
            found.append(Output(operation, int(index)))
        return (Output * len(found))(*found)

    def __del__(self):
        if getattr(self, "_session", None):
            with _status() as status:
                TF.TF_DeleteSession(self._session, status)
            TF.TF_DeleteGraph(self._graph)


def _tensor(array):
    array = np.ascontiguousarray(array)
    dims = (ctypes.c_int64 * array.ndim)(*array.shape)
    if array.dtype == object:
        return _string_tensor(array, dims)
    kind = tf.dtypes.as_dtype(array.dtype).as_datatype_enum
    size = ctypes.c_size_t(array.nbytes)
    tensor = TF.TF_AllocateTensor(kind, dims, array.ndim, size)
    ctypes.memmove(TF.TF_TensorData(POINTER(tensor)), array.ctypes.data, array.nbytes)
    return tensor


def _string_tensor(array, dims):
    step = 24  # sizeof(TF_TString)
    size = ctypes.c_size_t(step * array.size)
    tensor = TF.TF_AllocateTensor(STRING, dims, array.ndim, size)
    data = TF.TF_TensorData(POINTER(tensor))
    for i, text in enumerate(array.ravel()):
        place = POINTER(data + step * i)
        TF.TF_StringInit(place)
        TF.TF_StringCopy(place, text, ctypes.c_size_t(len(text)))
    return tensor


def _array(tensor):
    """A float32 tensor's copy."""
    tensor = POINTER(tensor)
    shape = [TF.TF_Dim(tensor, i) for i in range(TF.TF_NumDims(tensor))]
    content = ctypes.string_at(TF.TF_TensorData(tensor), TF.TF_TensorByteSize(tensor))
    return np.frombuffer(content, np.float32).reshape(shape)
