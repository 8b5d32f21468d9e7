"""Useful operations of a training step, counted from the mathematics.

Multiplications and additions of the convolutions and matrix products that the
objective needs, each once: the map's part of a first layer once an image, the
code's once an image and not once a position. What else is computed (batch
statistics, activations, optimizers) is not counted.
"""

from tfmi.models.networks import FEATURE_MAPS
from tfmi.models.networks import num_blocks


def step_operations(recipe, image_shape, stage):
    """Floating-point operations of one step on a batch of pairs.

    Args:
        stage: "shared" or "exclusive".

    A layer costs its forward pass three times over with its two gradients; the
    first convolution has no gradient of its input, the frozen encoders have
    none, and the discriminator has two of its inputs (both players').
    """
    size = getattr(recipe, f"{stage}_size")
    first, rest, map_shape = _encoder(recipe, image_shape, size)
    code = size if stage == "shared" else recipe.shared_size + recipe.exclusive_size
    products = 2 * first + 3 * (rest + _critics(recipe, map_shape, code))
    if stage == "exclusive":
        frozen = _encoder(recipe, image_shape, recipe.shared_size)
        products += sum(frozen[:2]) + 4 * _discriminator(recipe)
    return 2 * products * 2 * recipe.batch_size


def _encoder(recipe, image_shape, size):
    """Products of the first convolution, of the rest, and the map's shape."""
    rows, columns, channels = image_shape
    products, maps = [], []
    for block in range(num_blocks(image_shape)):
        rows, columns = -(-rows // 2), -(-columns // 2)
        filters = recipe.encoder_width * min(2**block, 8)
        products.append(rows * columns * 16 * channels * filters)
        channels = filters
        maps.append((rows, columns, channels))
    products.append(rows * columns * channels * size)
    shape = maps[FEATURE_MAPS[recipe.feature_map]]
    return products[0], sum(products[1:]), shape


def _critics(recipe, map_shape, code):
    """Products of the global and the local network for one image."""
    rows, columns, channels = map_shape
    positions = rows * columns
    summary = positions * 9 * (channels * 64 + 64 * 32)
    pair = {"concat": _concatenated, "dot": _dot}[recipe.critic]
    units, batch = recipe.critic_units, recipe.batch_size
    return (
        summary
        + pair(1, positions * 32, code, units, batch)
        + pair(positions, channels, code, units, batch)
    )


def _discriminator(recipe):
    pair = {"concat": _concatenated, "dot": _dot}[recipe.discriminator]
    return pair(
        1,
        recipe.shared_size,
        recipe.exclusive_size,
        recipe.discriminator_units,
        recipe.batch_size,
    )


def _concatenated(positions, features, code, units, batch):
    """The joint and the marginal pair through three layers."""
    later = units * units + units
    return positions * (features * units + 2 * later) + 2 * code * units


def _dot(positions, features, code, units, batch):
    """All pairs of the batch by dot products, the last layers on the codes."""
    embedding = 2 * code * units + units * units
    queries = units * (units + features + 1)
    keys = positions * features * units
    return keys + embedding + queries + positions * (units + features) * batch
