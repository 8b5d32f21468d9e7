"""Tiny fixtures of the core's tests; TensorFlow's chatter is silenced."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402
import pytest  # noqa: E402

SIDE = 12
BATCH = 8


@pytest.fixture
def pair_images():
    """32 pairs of scaled float images: a class pattern under the noise."""
    generator = np.random.default_rng(0)
    patterns = generator.normal(size=(4, SIDE, SIDE, 3))
    shared = patterns[np.arange(32) % 4]
    noise = 0.3 * generator.normal(size=(2, *shared.shape))
    return {
        "x": (shared + noise[0]).astype(np.float32),
        "y": (shared + noise[1]).astype(np.float32),
    }


@pytest.fixture
def pair_batch(pair_images):
    """One batch of the pairs, as tensors."""
    import tensorflow as tf

    return {k: tf.constant(v[:BATCH]) for k, v in pair_images.items()}


@pytest.fixture
def pair_dataset(pair_images):
    """The pairs in batches, in a fixed order."""
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(pair_images).batch(BATCH)


@pytest.fixture
def make_shared_model():
    """A function that makes a compiled `SharedModel` of the smallest sizes."""

    def make(share=False, optimizer=None, seed=0, **options):
        import keras

        from tfmi.shared import SharedModel

        keras.utils.set_random_seed(seed)
        domains = ("x",) if share else ("x", "y")
        networks = {**_networks(domains, size=3, code_size=3), **options}
        model = SharedModel(**networks)
        model.compile(
            optimizer=optimizer or keras.optimizers.Adam(3e-3), jit_compile=False
        )
        return model

    return make


@pytest.fixture
def make_exclusive_model():
    """A function that makes a compiled `ExclusiveModel` of the smallest sizes."""

    def make(share=False, optimizer=None, discriminator_optimizer=None, **options):
        import keras

        from tfmi import networks
        from tfmi.exclusive import ExclusiveModel

        keras.utils.set_random_seed(0)
        domains = ("x",) if share else ("x", "y")
        parts = _networks(domains, size=2, code_size=5)
        for domain in domains:
            parts[f"shared_encoder_{domain}"] = networks.encoder(
                (SIDE, SIDE, 3), 3, width=4
            )
            parts[f"discriminator_{domain}"] = networks.discriminator(3, 2, units=8)
        model = ExclusiveModel(**{**parts, **options})
        model.compile(
            optimizer=optimizer or keras.optimizers.Adam(3e-3),
            discriminator_optimizer=discriminator_optimizer
            or keras.optimizers.Adam(1e-3),
            jit_compile=False,
        )
        return model

    return make


def _networks(domains, size, code_size):
    from tfmi import networks

    built = {}
    for domain in domains:
        encoder = networks.encoder((SIDE, SIDE, 3), size, width=4)
        map_shape = encoder.output["feature_map"].shape[1:]
        built[f"encoder_{domain}"] = encoder
        built[f"global_network_{domain}"] = networks.global_statistics_network(
            map_shape, code_size, units=8
        )
        built[f"local_network_{domain}"] = networks.local_statistics_network(
            map_shape, code_size, units=8
        )
    return built
