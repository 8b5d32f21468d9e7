"""Any Keras image model as an encoder: a feature map and a vector."""

import keras

from tfmi.errors import UsageError
from tfmi.models.networks import CODE_DTYPE
from tfmi.models.networks import finished_code

# Length of the vector that a feature map is pooled to (section 5.1).
SIZE = 64
OUTPUTS = ("feature_map", "vector")


def image_encoder(
    model,
    size=None,
    feature_map=None,
    image_shape=None,
    normalize=False,
    levels=0,
    name=None,
):
    """A functional model around a Keras image model, whose layers it uses.

    Args:
        model: from images to a vector, a feature map or `{"feature_map", "vector"}`.
        size: length of the vector; `None` is that of the model, or 64.
        feature_map: name of the layer that gives the feature map; `None` is the last
            one with a 4-D output.
        image_shape: `(height, width, channels)`; `None` is that of the model.
        normalize, levels: of the vector, as of `networks.encoder`.

    Returns:
        A model from float images to `{"feature_map": (batch, rows, columns,
        channels), "vector": (batch, size)}`, the vector in float32.

    Raises:
        UsageError: for a model that gives nothing of the kind.
    """
    shape = _image_shape(model, image_shape)
    image = keras.Input(shape, name="image")
    # A model of its own in this one, so that no name of its layers meets one here.
    outputs = _backbone(model, shape, feature_map)(image)
    return keras.Model(
        image,
        {
            "feature_map": outputs["feature_map"],
            "vector": finished_code(_code(outputs["vector"], size), normalize, levels),
        },
        name=name,
    )


def _code(vector, size):
    """A vector of the asked size, in float32."""
    pooled = len(vector.shape) == 4
    if pooled:
        vector = keras.layers.GlobalAveragePooling2D(name="pooled")(vector)
    if pooled or size not in (None, vector.shape[-1]):
        return keras.layers.Dense(size or SIZE, dtype=CODE_DTYPE, name="vector")(vector)
    return keras.layers.Activation("linear", dtype=CODE_DTYPE, name="vector")(vector)


def _image_shape(model, image_shape):
    """`(height, width, channels)` of what a model takes.

    Raises:
        UsageError: where it is not known.
    """
    shape = tuple(image_shape) if image_shape else _built_for(model)
    if len(shape) != 3 or None in shape:
        raise UsageError(
            "an encoder must take one image of a known (height, width, channels): "
            f"build it, or give image_shape. Received: {model.name} for {shape}"
        )
    return shape


def _built_for(model):
    """The shape of an image of a model that was built; `()` of one that was not."""
    if isinstance(model, keras.Function) and len(model.inputs) == 1:
        return tuple(model.inputs[0].shape[1:])
    shape = (model.get_build_config() or {}).get("input_shape") or ()
    return tuple(shape[1:]) if isinstance(shape, tuple | list) else ()


def _backbone(model, image_shape, feature_map):
    """The model on a new input, as one to `{"feature_map", "vector"}`."""
    image = keras.Input(image_shape, name="image")
    result, activations = _activations(model, image)
    if isinstance(result, dict) and set(OUTPUTS) <= set(result):
        result, given = result["vector"], result["feature_map"]
    else:
        given = None
    if not keras.backend.is_keras_tensor(result) or len(result.shape) not in (2, 4):
        raise UsageError(
            "an encoder must give a vector (batch, size), a feature map (batch, rows, "
            'columns, channels) or {"feature_map", "vector"}. Received: '
            f"{keras.tree.map_structure(lambda t: t.shape, result)} of {model.name}"
        )
    if given is None or feature_map is not None:
        given = _feature_map(model, activations | {"": result}, feature_map)
    outputs = {"feature_map": given, "vector": result}
    return keras.Model(image, outputs, name="backbone")


def _activations(model, image):
    """What a model gives of a symbolic image, and `{layer: what it gives}`, which is
    empty for a model that shows no layers (a subclass)."""
    activations = {}

    def call(layer, *args, **kwargs):
        activations[layer.name] = layer(*args, **kwargs)
        return activations[layer.name]

    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            image = call(layer, image)
        return image, activations
    if not isinstance(model, keras.Function):
        return model(image), activations
    # Not a copy: the layers themselves on another input.
    again = keras.models.clone_model(
        model,
        input_tensors=keras.tree.map_structure(lambda _: image, model.input),
        clone_function=lambda layer: layer,
        call_function=call,
    )
    return again.output, activations


def _feature_map(model, activations, layer):
    """The activation of a named layer, by default the last 4-D one."""
    maps = {
        name: value
        for name, value in activations.items()
        if keras.backend.is_keras_tensor(value) and len(value.shape) == 4
    }
    if layer is None and maps:
        return list(maps.values())[-1]
    if layer not in maps:
        names = ", ".join(filter(None, maps)) or "none"
        raise UsageError(
            f"an encoder must have a layer with a 4-D output for the feature map, or "
            f'give {{"feature_map", "vector"}}. Received: {model.name}, '
            f"a {type(model).__name__}, with such layers: {names}"
        )
    return maps[layer]
