"""Networks of cross-domain disentanglement: S is a map, E a short vector.

After Gonzalez-Garcia, van de Weijer, Bengio (2018), at any image size: as many
stride-2 convolutions as an encoder of this package has.
"""

import functools

import keras

from tfmi.errors import UsageError
from tfmi.models.build import Build
from tfmi.models.cross_domain import CrossDomainModel
from tfmi.models.decoders import map_sizes
from tfmi.models.decoders import upsampled
from tfmi.models.domain_model import domain_networks
from tfmi.models.domain_model import settings_of
from tfmi.models.gaussians import mean_and_log_variance
from tfmi.models.layers import MapNormalization
from tfmi.models.networks import CODE_DTYPE
from tfmi.models.networks import num_blocks
from tfmi.models.saving import dtype_policy
from tfmi.models.wgan import GradientReversal
from tfmi.models.wgan import image_pair_critic

# Of dropout after the first two convolutions of a decoder.
DROPOUTS = (0.5, 0.5)


def initializer():
    """N(0, 0.02), drawn anew for each kernel."""
    return keras.initializers.RandomNormal(stddev=0.02)


def map_shape(image_shape, width):
    """`(rows, columns, channels)` of S."""
    channels = width * min(2 ** (num_blocks(image_shape) - 1), 8)
    return (*map_sizes(image_shape)[-1], channels)


def map_encoder(image_shape, size, width=32, variational=False, name=None):
    """Encoder to S, the last map without an activation, and E, a dense layer on the
    map before it.

    Args:
        image_shape: `(height, width, channels)`.
        size: length of E.
        width: channels of the first convolution, doubled by each, up to 8 times.
        variational: whether E is a mean, with a log-variance beside it.

    Returns:
        A model from images to `{"feature_map": S (batch, rows, columns, channels),
        "vector": E (batch, size), "shared": S flat, "shared_pooled": S averaged over
        its places}`, and "log_variance" of a variational E.
    """
    image = keras.Input(
        image_shape, name="image", dtype=keras.config.dtype_policy().compute_dtype
    )
    blocks, maps = num_blocks(image_shape), [image]
    for block in range(blocks):
        maps.append(_convolution(maps[-1], width * min(2**block, 8), block))
    flat = keras.layers.LeakyReLU(0.2, name="relu_exclusive")(maps[-2])
    vector = keras.layers.Dense(
        (1 + variational) * size, dtype=CODE_DTYPE, name="exclusive"
    )(keras.layers.Flatten()(flat))
    outputs = {"feature_map": maps[-1]}
    if variational:
        vector, outputs["log_variance"] = mean_and_log_variance(vector)
    outputs["vector"] = vector
    flat = keras.layers.Flatten(dtype=CODE_DTYPE, name="shared")
    pool = keras.layers.GlobalAveragePooling2D(dtype=CODE_DTYPE, name="shared_pooled")
    outputs |= {"shared": flat(maps[-1]), "shared_pooled": pool(maps[-1])}
    return keras.Model(image, outputs, name=name)


def _convolution(features, filters, block):
    """Leaky ReLU before all but the first; batch normalisation from the second on."""
    if block:
        features = keras.layers.LeakyReLU(0.2, name=f"relu_{block}")(features)
    features = keras.layers.Conv2D(
        filters,
        4,
        strides=2,
        padding="same",
        kernel_initializer=initializer(),
        use_bias=not block,
        name=f"conv_{block}",
    )(features)
    return MapNormalization(name=f"norm_{block}")(features) if block else features


def image_decoder(image_shape, size, width=32, shared=True, name=None):
    """Decoder of an image from S and E, or from E alone behind a gradient reversal.

    E is laid over all places of a map of the size of S.

    Args:
        image_shape: `(height, width, channels)`.
        size: length of E.
        width: as of `map_encoder`.
        shared: whether it sees S.

    Returns:
        A model from `{"shared": S, "exclusive": E, "seed": int32 (2,)}`, the seed of
        its dropout, or the same without S, to images `(batch, height, width, channels)`
        in [-1, 1], float32.
    """
    rows, columns, channels = map_shape(image_shape, width)
    exclusive = keras.Input((size,), name="exclusive")
    seed = keras.Input(batch_shape=(2,), dtype="int32", name="seed")
    inputs, vector = {"exclusive": exclusive, "seed": seed}, exclusive
    if not shared:
        vector = GradientReversal(name="reversal")(exclusive)
    features = keras.layers.RepeatVector(rows * columns)(vector)
    features = keras.layers.Reshape((rows, columns, size))(features)
    if shared:
        shared_map = keras.Input((rows, columns, channels), name="shared")
        inputs["shared"] = shared_map
        features = keras.layers.Concatenate()([shared_map, features])
    image = upsampled(features, image_shape, width, initializer(), DROPOUTS, seed)
    image = keras.layers.Activation("tanh", dtype="float32", name="tanh")(image)
    return keras.Model(inputs, image, name=name)


def build_cross_domain(recipe, image_shape, encoder=None, **options):
    """The compiled model.

    Args:
        recipe: a `CrossDomainRecipe`.
        options: attributes of `Build`.

    Raises:
        UsageError: for a user's own encoder.
    """
    if encoder is not None:
        raise UsageError(
            f"encoder must be empty for the method {recipe.method}: S is a map of its "
            f"own. Received: {recipe.encoder}"
        )
    build = Build(recipe, image_shape, **options)
    with dtype_policy(build.precision):
        parts = domain_networks(build.domains, **_builders(recipe, image_shape))
    settings = settings_of(recipe, CrossDomainModel)
    model = CrossDomainModel(parts, settings, recipe.seed, name="cross_domain")
    return build.compile(model, recipe.critic_learning_rate, beta_1=0.5)


def _builders(recipe, image_shape):
    """`{name of a network: function of a domain}`."""
    size, width = recipe.exclusive_size, recipe.encoder_width

    def decoder(shared, domain):
        return image_decoder(image_shape, size, width, shared, f"decoder_{domain}")

    def critic(domain):
        return image_pair_critic(image_shape, width, initializer())

    builders = {
        "encoder": lambda domain: map_encoder(
            image_shape, size, width, bool(recipe.kl_weight), f"encoder_{domain}"
        ),
        "decoder": functools.partial(decoder, True),
        "critic": critic,
    }
    if recipe.exclusive_weight:
        builders["exclusive_decoder"] = functools.partial(decoder, False)
        builders["exclusive_critic"] = critic
    return builders
