"""What the statistics networks of stage 2 meet: an image's own (S, E), and another."""

import tensorflow as tf

from tfmi.errors import UsageError
from tfmi.models.pair_step import add_noise

NEGATIVES = ("batch", "partner")


def check_negatives(negatives, estimator, two_encoders):
    """Raise a UsageError for negatives that stage 2 cannot have (`ExclusiveModel`)."""
    if negatives not in NEGATIVES:
        raise UsageError(
            f"negatives must be one of {', '.join(NEGATIVES)}. Received: {negatives}"
        )
    if negatives == "partner" and (two_encoders or estimator != "jsd"):
        received = "an encoder of its own for y" if two_encoders else estimator
        raise UsageError(
            "with the negatives partner, one encoder must serve both images and the "
            f"estimator be jsd. Received: {received}"
        )


def coded_images(codes, noise, seeds, negatives):
    """The codes of both images, and their negatives where these are of the pair itself.

    Args:
        codes: `[(S, E)]` of x and of y.
        noise: standard deviation of that on E.
        seeds: of it, one an image.
        negatives: one of `NEGATIVES`.

    Returns:
        `[(S, E) of x, of y]`, each `(batch, size)`, and `{"x": (S of x, E of y), "y":
        (S of y, E of x)}` or `None`.
    """
    shared = [pair[0] for pair in codes]
    exclusive = [
        add_noise(pair[1], noise, seed) for pair, seed in zip(codes, seeds, strict=True)
    ]
    own = [tf.concat(both, axis=-1) for both in zip(shared, exclusive, strict=True)]
    if negatives == "batch":
        return own, None
    swapped = zip(shared, exclusive[::-1], strict=True)
    others = [tf.concat(both, axis=-1) for both in swapped]
    return own, dict(zip("xy", others, strict=True))
