"""Image models as users have them, pairs for them, and both stages around them."""

import keras
import numpy as np
import tensorflow as tf

from tfmi.models import ExclusiveModel
from tfmi.models import SharedModel

SHAPE = (12, 12, 3)
SMALL = {"units": 8, "size": 4}


def sequential(size=4, shape=SHAPE, **options):
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Conv2D(4, 3, strides=2, activation="relu", **options),
            keras.layers.Conv2D(5, 3, name="last_map"),
            keras.layers.Flatten(),
            keras.layers.Dense(size),
        ]
    )


def functional(size=4):
    image = keras.Input(SHAPE)
    maps = keras.layers.Conv2D(6, 3, strides=2, activation="relu")(image)
    vector = keras.layers.Dense(size)(keras.layers.Flatten()(maps))
    return keras.Model(image, {"feature_map": maps, "vector": vector})


@keras.saving.register_keras_serializable(package="own_models")
class Subclass(keras.Model):
    """Shows no layers: gives both outputs itself."""

    def __init__(self, size=4, **kwargs):
        super().__init__(**kwargs)
        self.convolution = keras.layers.Conv2D(4, 3, strides=3, activation="relu")
        self.dense = keras.layers.Dense(size)
        self.size = size

    def call(self, images):
        maps = self.convolution(images)
        vector = self.dense(keras.ops.reshape(maps, (-1, 4 * 4 * 4)))
        return {"feature_map": maps, "vector": vector}

    def get_config(self):
        return {**super().get_config(), "size": self.size}


class Opaque(keras.Model):
    """Gives a vector and shows nothing of how."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(4)

    def call(self, images):
        return self.dense(keras.ops.mean(images, axis=(1, 2)))


def pairs(count=16, batch=8, kind="tuple", dtype="uint8", shape=SHAPE, **options):
    """A `tf.data.Dataset` of batches of pairs."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (2, count, *shape)).astype(np.uint8)
    if dtype != "uint8":
        images = (images / 127.5 - 1).astype(dtype)
    data = tuple(images) if kind == "tuple" else dict(zip("xy", images, strict=True))
    data = tf.data.Dataset.from_tensor_slices(data)
    return data.batch(batch, **{"drop_remainder": True, **options})


def shared(encoder=None, **options):
    model = SharedModel.from_encoder(encoder or sequential(), **{**SMALL, **options})
    return compiled(model)


def exclusive(encoder=None, before=None, **options):
    before = before or shared()
    options = {**SMALL, "discriminator_units": 8, **options}
    return compiled(
        ExclusiveModel.from_encoders(before, encoder or sequential(), **options)
    )


def compiled(model, **options):
    model.compile("sgd", "sgd", **options)
    return model


STAGES = {"shared": shared, "exclusive": exclusive}
