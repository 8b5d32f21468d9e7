"""What both stages are to Keras: models of pairs with two optimizers."""

import keras
import tensorflow as tf

from tfmi.errors import UsageError
from tfmi.models.pair_step import deserialized_networks
from tfmi.models.pair_step import encode_pair
from tfmi.models.pair_step import step_counter
from tfmi.models.preprocessing import encoder_images

NEGATIVES = "a batch must have at least 2 pairs, as the others are a pair's negatives"
TARGETS = ("loss", "loss_weights", "metrics", "weighted_metrics")


def pair_of(data):
    """`{"x": images, "y": images}` of what a dataset gives as a batch.

    Args:
        data: `(x, y)` or a dict with the keys "x" and "y".

    Raises:
        UsageError: for anything else, or images that are neither uint8 nor float.
    """
    if isinstance(data, tuple | list) and len(data) == 1:
        data = data[0]
    if isinstance(data, tuple | list) and len(data) == 2:
        data = dict(zip("xy", data, strict=True))
    if not isinstance(data, dict) or not {"x", "y"} <= set(data):
        size = f" of {len(data)}" if hasattr(data, "__len__") else ""
        raise UsageError(
            'a batch must be (x, y) or {"x": x, "y": y}. '
            f"Received: {type(data).__name__}{size}"
        )
    return {domain: encoder_images(data[domain]) for domain in "xy"}


def with_negatives(pair):
    """The pair itself, of two images a domain at least.

    Raises:
        UsageError: for a single pair. Where the size of the batch is not known
            before the step runs, the step raises an `InvalidArgumentError`; XLA
            leaves that check out, so with `jit_compile` batches are best of one
            size (`batch(..., drop_remainder=True)`).
    """
    size = pair["x"].shape[0]
    if size is None:
        size = tf.shape(pair["x"])[0]
        enough = tf.debugging.Assert(size > 1, [f"{NEGATIVES}. Received:", size])
        with tf.control_dependencies([enough]):
            return {domain: tf.identity(images) for domain, images in pair.items()}
    if size < 2:
        raise UsageError(f"{NEGATIVES}. Received: {size}")
    return pair


def code_size(encoder):
    """Length of the vector of an encoder.

    Raises:
        UsageError: where it is no functional model to {"feature_map", "vector"}.
    """
    outputs = getattr(encoder, "output", None)
    if not isinstance(outputs, dict) or not {"feature_map", "vector"} <= set(outputs):
        raise UsageError(
            "an encoder must be a functional model from images to "
            '{"feature_map", "vector"} (from_encoder makes it of any other). '
            f"Received: {type(encoder).__name__} {encoder.name}"
        )
    return outputs["vector"].shape[-1]


def check_encoder_y(encoder_x, encoder_y):
    """Check that the encoder of y, if there is one, is another one than that of x and
    gives codes of its length.

    Raises:
        UsageError: where it is not so.
    """
    if encoder_y is None:
        return
    if shared_variables(encoder_x, encoder_y):
        raise UsageError(
            "encoder_y must have weights of its own (None shares those of x). "
            f"Received: {encoder_y.name}, which has weights of {encoder_x.name}"
        )
    if code_size(encoder_y) != code_size(encoder_x):
        raise UsageError(
            f"the codes of x and y must have the same length. Received: "
            f"{code_size(encoder_x)} and {code_size(encoder_y)}"
        )


def shared_variables(first, second):
    """Whether two networks have a variable in common."""
    return bool({id(v) for v in first.variables} & {id(v) for v in second.variables})


def check_sizes(model, names, **sizes):
    """Check that networks take codes of the sizes that the encoders give.

    Args:
        names: of the networks, less the domain.
        sizes: `{input of the networks: length of the code}`.

    Raises:
        UsageError: for another length.
    """
    for name in [f"{name}_{domain}" for name in names for domain in "xy"]:
        network = getattr(model, name)
        inputs = getattr(network, "input", None)
        for key, size in sizes.items() if isinstance(inputs, dict) else ():
            if inputs[key].shape[-1] != size:
                raise UsageError(
                    f"{name} must take codes {key!r} of length {size}, as the "
                    f"encoders give them. Received: {inputs[key].shape[-1]}"
                )


def trainable_variables(*networks):
    """Trainable variables of the networks that are there."""
    return [v for n in networks if n is not None for v in n.trainable_variables]


class PairModel:
    """Mixin before `keras.Model` of the models of both stages.

    Such a model has `encoder_x` and `encoder_y`; `encoder_networks()` and
    `discriminator_networks()`, what each optimizer trains (methods, as Keras saves
    the networks of every property); `_update(pair)` and `_evaluate(pair,
    training)`, which give the terms by the names of the trackers.
    """

    def _prepare(self, terms):
        """Make the trackers of some terms and the step counter, and build."""
        self.discriminator_optimizer = None
        self.trackers = {name: keras.metrics.Mean(name=name) for name in terms}
        self.steps_done = step_counter(self)
        shape_x = self.encoder_x.input_shape
        shape_y = (self.encoder_y or self.encoder_x).input_shape
        # As a user's first call would: else `export` and `summary` know no shapes.
        self({"x": keras.Input(shape_x[1:]), "y": keras.Input(shape_y[1:])})

    def build(self, input_shape):
        """Nothing is left to build: the networks come built, for one image shape."""

    def call(self, inputs, training=False):
        x, y = self._encode(pair_of(inputs), training)
        return {"x": x["vector"], "y": y["vector"]}

    def compile(self, optimizer="adam", discriminator_optimizer="adam", **kwargs):
        """Configure the training.

        Args:
            optimizer: of the encoders and the statistics networks, as in
                `keras.Model.compile`.
            discriminator_optimizer: of the discriminators, where there are any.
            kwargs: others of `keras.Model.compile`, such as `jit_compile` and
                `steps_per_execution`.

        Raises:
            UsageError: for a loss or metrics, which need targets.
        """
        for name in TARGETS:
            if kwargs.get(name) is not None:
                raise UsageError(
                    f"{name} must not be given: pairs have no targets, and the logs "
                    f"hold the terms of the objective. Received: {kwargs[name]}"
                )
        super().compile(optimizer=self._scaled(optimizer), **kwargs)
        # Built here, each on its own variables, so that a checkpoint restored before
        # the first step finds them.
        self.optimizer.build(self.encoder_variables)
        if self.discriminator_variables:
            self.discriminator_optimizer = self._scaled(discriminator_optimizer)
            self.discriminator_optimizer.build(self.discriminator_variables)

    def _scaled(self, optimizer):
        """With loss scaling where gradients would else vanish in float16."""
        optimizer = keras.optimizers.get(optimizer)
        scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
        if scaled or self.encoder_x.output["feature_map"].dtype != "float16":
            return optimizer
        return keras.optimizers.LossScaleOptimizer(optimizer)

    def get_compile_config(self):
        config = super().get_compile_config()
        if self.discriminator_optimizer is None:
            return config
        optimizer = keras.saving.serialize_keras_object(self.discriminator_optimizer)
        return {**config, "discriminator_optimizer": optimizer}

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))

    @property
    def metrics(self):
        return list(self.trackers.values())

    @property
    def encoder_variables(self):
        """Variables that maximise Eq. 7 or 10: encoders and statistics networks."""
        return trainable_variables(*self.encoder_networks())

    @property
    def discriminator_variables(self):
        """Variables that maximise the discriminators' game."""
        return trainable_variables(*self.discriminator_networks())

    def train_step(self, data):
        terms = self._update(with_negatives(pair_of(data)))
        self.steps_done.assign_add(1)
        return self._track(terms)

    def test_step(self, data):
        return self._track(self._evaluate(with_negatives(pair_of(data))))

    def held_out_step(self, data):
        """`test_step` as in training: layers take the statistics of the batch, whose
        moving averages are steps behind weights that change. It moves these averages;
        `networks_state` is what to keep of them."""
        return self._track(self._evaluate(with_negatives(pair_of(data)), training=True))

    @property
    def networks_state(self):
        """The variables that a `held_out_step` moves: the metrics', and what the
        networks keep beside their weights."""
        kept = [v for n in self.layers for v in n.non_trainable_variables]
        return [*self.metrics_variables, *kept]

    def predict_step(self, data):
        return self(pair_of(data), training=False)

    def _encode(self, pair, training):
        return encode_pair(
            self.encoder_x, self.encoder_y, pair["x"], pair["y"], training
        )

    def _track(self, terms):
        for name, tracker in self.trackers.items():
            tracker.update_state(terms[name])
        return self.get_metrics_result()

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**deserialized_networks(config))
