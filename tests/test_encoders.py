"""The encoders: layers, shapes and codes."""

import numpy as np
import pytest

from tfmi.errors import UsageError
from tfmi.models import networks


@pytest.mark.parametrize(
    "shape, map_shape",
    [
        ((28, 28, 3), (7, 7, 8)),
        ((64, 64, 3), (8, 8, 16)),
        ((64, 256, 1), (8, 32, 16)),
        ((32, 32, 13), (8, 8, 8)),
        ((9, 9, 1), (5, 5, 4)),
        ((29, 31, 2), (8, 8, 8)),
    ],
)
def test_encoder_shapes(shape, map_shape):
    encoder = networks.encoder(shape, size=6, width=4)
    outputs = encoder(np.zeros((2, *shape), "f"))
    assert outputs["feature_map"].shape == (2, *map_shape)
    assert outputs["vector"].shape == (2, 6)
    assert encoder.output["feature_map"].shape == (None, *map_shape)


def test_encoder_layers_are_those_of_dcgan():
    """Widths that double up to 8 times, each map normalised, leaky ReLU of 0.2."""
    encoder = networks.encoder((256, 256, 1), 4, width=2)
    layers = [encoder.get_layer(f"conv_{block}") for block in range(5)]
    assert [layer.filters for layer in layers] == [2, 4, 8, 16, 16]
    slopes = [encoder.get_layer(f"relu_{n}").negative_slope for n in range(5)]
    assert slopes == pytest.approx([0.2] * 5)


def test_encoder_of_the_paper_has_a_7x7x128_map():
    encoder = networks.encoder((28, 28, 3), size=64)
    assert encoder.output["feature_map"].shape == (None, 7, 7, 128)
    assert encoder.output["vector"].shape == (None, 64)


@pytest.mark.parametrize("shape", [(8, 8, 3), (4, 64, 1)])
def test_encoder_refuses_a_small_image(shape):
    with pytest.raises(UsageError, match=f"at least 9.*{shape[0]}x{shape[1]}"):
        networks.encoder(shape, size=4, width=4)


def test_normalized_encoder_has_vectors_of_unit_variance_in_training():
    encoder = networks.encoder((12, 12, 1), size=3, width=4, normalize=True)
    images = np.random.default_rng(0).normal(size=(64, 12, 12, 1))
    vectors = encoder(images, training=True)["vector"].numpy()
    np.testing.assert_allclose(vectors.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(vectors.std(0), 1, atol=0.05)
