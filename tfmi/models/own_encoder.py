"""Encoders of the user's own, for the recipes: from a file or keras.applications."""

import functools
import inspect

import keras

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.models.layers import MOMENTUM
from tfmi.models.saving import load_model
from tfmi.recipes.base import KERAS_APPLICATION


def opener(name, kept_file=None):
    """A function `(image_shape) -> keras.Model` that gives a new model each time.

    Args:
        name: "keras.applications:NAME", an architecture without trained weights, or
            the path of a .keras file, whose weights each model starts from and whose
            layers keep their precision.
        kept_file: copy of that file in the run, which is read in its place.

    Raises:
        UsageError: for an unknown NAME; by the function, for images that the encoder
            cannot take.
        DataError: by the function, for a file that cannot be read.
    """
    if name.startswith(KERAS_APPLICATION):
        constructor = _constructor(name.removeprefix(KERAS_APPLICATION))
        return functools.partial(_untrained, constructor)
    return functools.partial(_from_file, kept_file or name)


def _constructor(application):
    constructor = getattr(keras.applications, application, None)
    # Its modules are there too, in small letters.
    if not callable(constructor):
        names = [n for n in dir(keras.applications) if n[0].isupper()]
        raise UsageError(
            f"keras.applications:NAME must be one of {', '.join(names)}. "
            f"Received: {application}"
        )
    return constructor


def _untrained(constructor, image_shape):
    options = {"weights": None, "include_top": False, "input_shape": image_shape}
    if "include_preprocessing" in inspect.signature(constructor).parameters:
        # Of [0, 255], which images in [-1, 1] are not.
        options["include_preprocessing"] = False
    try:
        model = constructor(**options)
    except ValueError as error:
        raise UsageError(
            f"the encoder must take images of {_by(image_shape)}. "
            f"Received: keras.applications:{constructor.__name__} ({_line(error)})"
        ) from error
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = min(layer.momentum, MOMENTUM)
    return model


def _from_file(path, image_shape):
    model = load_model(path)
    if not isinstance(model, keras.Model):
        raise DataError(
            f"an encoder's file must hold a model. Received: {type(model).__name__} "
            f"in {path}"
        )
    try:
        model.compute_output_spec(keras.KerasTensor((None, *image_shape)))
    except (ValueError, TypeError) as error:
        raise UsageError(
            f"the encoder must take images of {_by(image_shape)}. "
            f"Received: {path} ({_line(error)})"
        ) from error
    return model


def _by(image_shape):
    return "x".join(map(str, image_shape))


def _line(error):
    return str(error).strip().splitlines()[0]
