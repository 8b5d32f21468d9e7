"""TensorFlow Serving's request messages, without its package.

Only what a warm-up file holds. Field numbers are those of
tensorflow_serving/apis/{model,predict,prediction_log}.proto; names of files and
packages are our own, so the real ones can be loaded beside them.
"""

from google.protobuf import descriptor_pb2
from google.protobuf import descriptor_pool
from google.protobuf import message_factory
from google.protobuf import wrappers_pb2
from tensorflow.core.framework import tensor_pb2

PACKAGE = "tfmi.serving"
FIELD = descriptor_pb2.FieldDescriptorProto
# {message: [(field, number, type)]}; a `*` stands for repeated.
MESSAGES = {
    "ModelSpec": [
        ("name", 1, "string"),
        ("version", 2, "google.protobuf.Int64Value"),
        ("signature_name", 3, "string"),
        ("version_label", 4, "string"),
    ],
    "PredictRequest": [
        ("model_spec", 1, f"{PACKAGE}.ModelSpec"),
        ("inputs", 2, f"*{PACKAGE}.PredictRequest.InputsEntry"),
        ("output_filter", 3, "*string"),
    ],
    "PredictLog": [("request", 1, f"{PACKAGE}.PredictRequest")],
    "PredictionLog": [("predict_log", 6, f"{PACKAGE}.PredictLog")],
}


def _build():
    file = descriptor_pb2.FileDescriptorProto(
        name="tfmi/prediction_log.proto", package=PACKAGE, syntax="proto3"
    )
    for module in (wrappers_pb2, tensor_pb2):
        file.dependency.append(module.DESCRIPTOR.name)
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field in fields:
            _add_field(message, *field)
    request = file.message_type[1]
    entry = request.nested_type.add(name="InputsEntry")
    entry.options.map_entry = True
    _add_field(entry, "key", 1, "string")
    _add_field(entry, "value", 2, "tensorflow.TensorProto")
    pool = descriptor_pool.Default()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"{PACKAGE}.{name}")
        )
        for name in MESSAGES
    }


def _add_field(message, name, number, kind):
    field = message.field.add(name=name, number=number)
    field.label = FIELD.LABEL_REPEATED if kind[0] == "*" else FIELD.LABEL_OPTIONAL
    kind = kind.lstrip("*")
    if kind == "string":
        field.type = FIELD.TYPE_STRING
    else:
        field.type = FIELD.TYPE_MESSAGE
        field.type_name = f".{kind}"


_CLASSES = _build()
PredictionLog = _CLASSES["PredictionLog"]
