"""Stage 2: frozen encoders, two optimizers, and who learns from what."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmi import networks
from tfmi import objectives
from tfmi.errors import UsageError
from tfmi.exclusive import ExclusiveModel
from tfmi.pipelines.colored_mnist import ColoredMnist
from tfmi.preprocessing import scale_images
from tfmi.shared import step_seeds


class Spy:
    """A network that keeps what it was given."""

    def __init__(self, scores):
        self.seen = []
        self.scores = scores

    def __call__(self, inputs):
        self.seen.append(inputs)
        return self.scores


def arrays(variables):
    return [np.array(v) for v in variables]


def same(left, right):
    return [np.array_equal(a, b) for a, b in zip(left, right, strict=True)]


def frozen(model):
    present = [v for v in (model.shared_encoder_x, model.shared_encoder_y) if v]
    return [v for encoder in present for v in encoder.variables]


def optimizer_states(model):
    both = model.optimizer, model.discriminator_optimizer
    return [v for optimizer in both for v in arrays(optimizer.variables)]


def own_codes(model, batch):
    """S and E of each domain, in inference mode."""
    return {
        domain: (
            getattr(model, f"shared_encoder_{domain}")(batch[domain])["vector"],
            getattr(model, f"encoder_{domain}")(batch[domain])["vector"],
        )
        for domain in ("x", "y")
    }


@pytest.mark.parametrize("share", (False, True))
def test_shared_encoders_stay_bit_identical(make_exclusive_model, pair_dataset, share):
    model = make_exclusive_model(share)
    variables = frozen(model)
    assert any("moving" in v.path for v in variables)
    before, learned = arrays(variables), arrays(model.encoder_x.variables)
    history = model.fit(pair_dataset, epochs=2, verbose=0).history
    model.evaluate(pair_dataset, verbose=0)
    assert all(same(before, arrays(frozen(model))))
    assert not any(same(learned, arrays(model.encoder_x.variables)))
    assert all(np.isfinite(v).all() for v in history.values())


def test_shared_encoders_are_in_no_optimizer(make_exclusive_model):
    model = make_exclusive_model()
    shared = {id(v) for v in frozen(model)}
    encoder, discriminator = model.encoder_variables, model.discriminator_variables
    assert not shared & {id(v) for v in encoder + discriminator}
    assert not {id(v) for v in encoder} & {id(v) for v in discriminator}
    trainable = {id(v) for v in model.trainable_variables}
    assert trainable == {id(v) for v in encoder + discriminator}
    assert model.optimizer.built and model.discriminator_optimizer.built


def test_encoder_learns_nothing_from_the_discriminators_update(
    make_exclusive_model, pair_batch
):
    after = []
    for rate in (0.0, 1.0):
        model = make_exclusive_model(
            optimizer=keras.optimizers.SGD(0.1),
            discriminator_optimizer=keras.optimizers.SGD(rate),
        )
        before = arrays(model.discriminator_variables)
        model.train_step(pair_batch)
        after.append(arrays(model.encoder_variables))
        moved = not any(same(before, arrays(model.discriminator_variables)))
        assert moved == (rate > 0)
    assert all(same(*after))


def test_discriminator_learns_from_its_own_game_alone(make_exclusive_model, pair_batch):
    model = make_exclusive_model(
        optimizer=keras.optimizers.SGD(0.0),
        discriminator_optimizer=keras.optimizers.SGD(1.0),
    )
    encoder = arrays(model.encoder_variables)
    seeds = step_seeds(model.seed, 0, 8)[6:]
    variables = model.discriminator_variables
    before, losses = arrays(variables), []
    with tf.GradientTape() as tape:
        for domain, seed in zip(("x", "y"), seeds, strict=True):
            shared = getattr(model, f"shared_encoder_{domain}")(pair_batch[domain])
            encoder_network = getattr(model, f"encoder_{domain}")
            exclusive = encoder_network(pair_batch[domain], training=True)["vector"]
            losses.append(-game(model, domain, shared["vector"], exclusive, seed))
        loss = tf.add_n(losses)
    gradients = tape.gradient(loss, variables)
    terms = model.train_step(pair_batch)
    np.testing.assert_allclose(terms["discriminator"], loss, rtol=1e-5)
    for start, end, gradient in zip(before, variables, gradients, strict=True):
        np.testing.assert_allclose(np.array(end) - start, -gradient, atol=1e-6)
    assert all(same(encoder, arrays(model.encoder_variables)))


def game(model, domain, shared, exclusive, seed, side=objectives.adversarial_value):
    """Eq. 9 with two separate calls of the discriminator."""
    discriminator = getattr(model, f"discriminator_{domain}")
    joint = discriminator({"shared": shared, "exclusive": exclusive})
    shuffled = objectives.shuffled(exclusive, seed)
    marginal = discriminator({"shared": shared, "exclusive": shuffled})
    return side(marginal_logits=marginal, joint_logits=joint)


def test_repeated_discriminator_updates_see_new_negatives(
    make_exclusive_model, pair_batch
):
    logits = tf.zeros([16, 1])
    model = make_exclusive_model(
        discriminator_steps=2, optimizer=keras.optimizers.SGD(0.0)
    )
    original, seen = model.discriminator_x, []

    class Recorder(keras.Model):
        def call(self, inputs):
            seen.append(inputs["exclusive"][8:])
            return original(inputs)

    model.discriminator_x = Recorder()
    model.train_step(pair_batch)
    assert logits.shape[0] == 16 and len(seen) == 3
    assert (seen[1] != seen[2]).numpy().any()


def test_representation_is_the_images_own_s_and_e(make_exclusive_model, pair_batch):
    scores = {"joint": tf.zeros([8]), "marginal": tf.zeros([8])}
    spies = {
        f"{kind}_network_{domain}": Spy(scores)
        for kind in ("global", "local")
        for domain in ("x", "y")
    }
    spies |= {f"discriminator_{domain}": Spy(tf.zeros([16, 1])) for domain in "xy"}
    model = make_exclusive_model()
    for name, spy in spies.items():
        delattr(model, name)
        object.__setattr__(model, name, spy)
    model.test_step(pair_batch)
    codes = own_codes(model, pair_batch)
    assert np.abs(codes["x"][0] - codes["y"][0]).max() > 1e-3
    for name, spy in spies.items():
        shared, exclusive = codes[name[-1]]
        seen = spy.seen[0]
        if name.startswith("discriminator"):
            np.testing.assert_array_equal(seen["shared"], tf.tile(shared, [2, 1]))
            np.testing.assert_array_equal(seen["exclusive"][:8], exclusive)
            others = seen["exclusive"][8:]
            assert not (others == exclusive).numpy().all(axis=1).any()
            ordered = np.sort(others, axis=0), np.sort(exclusive, axis=0)
            np.testing.assert_array_equal(*ordered)
        else:
            own = np.concatenate([shared, exclusive], axis=1)
            np.testing.assert_array_equal(seen["code"], own)
            rows = {tuple(row) for row in seen["marginal_code"].numpy()}
            assert rows == {tuple(row) for row in own}
            assert not (seen["marginal_code"].numpy() == own).all(axis=1).any()


@pytest.mark.parametrize(
    "name, side",
    [
        ("saddle_point", objectives.saddle_point_loss),
        ("non_saturating", objectives.non_saturating_loss),
    ],
)
def test_adversarial_term_is_the_named_side(
    make_exclusive_model, pair_batch, name, side
):
    weights = {"global_weight": 0.7, "local_weight": 1.3, "adversarial_weight": 0.2}
    model = make_exclusive_model(adversarial_loss=name, **weights)
    terms = {k: float(v) for k, v in model.test_step(pair_batch).items()}
    seeds, codes = step_seeds(0, 0, 8), own_codes(model, pair_batch)
    expected, value = (
        sum(
            float(game(model, domain, *codes[domain], seeds[first + i], function))
            for i, domain in enumerate(("x", "y"))
        )
        for first, function in ((4, side), (6, objectives.adversarial_value))
    )
    np.testing.assert_allclose(terms["adversarial"], expected, rtol=1e-5)
    np.testing.assert_allclose(terms["discriminator"], -value, rtol=1e-5)
    loss = -(0.7 * terms["global"] + 1.3 * terms["local"] - 0.2 * expected)
    np.testing.assert_allclose(terms["loss"], loss, rtol=1e-5)


def test_unknown_adversarial_loss_is_refused(make_exclusive_model):
    with pytest.raises(UsageError, match="saddle_point, non_saturating.*: wrong"):
        make_exclusive_model(adversarial_loss="wrong")


@pytest.mark.parametrize("steps", (1, 2))
def test_discriminator_steps(make_exclusive_model, pair_dataset, steps):
    model = make_exclusive_model(discriminator_steps=steps)
    model.fit(pair_dataset, verbose=0)
    assert int(model.optimizer.iterations) == 4
    assert int(model.discriminator_optimizer.iterations) == 4 * steps


def test_evaluation_changes_no_weight(make_exclusive_model, pair_dataset):
    model = make_exclusive_model()
    before = arrays(model.weights)
    model.evaluate(pair_dataset, verbose=0)
    assert all(same(before, arrays(model.weights)))


def test_history_is_the_mean_over_the_batches(make_exclusive_model, pair_dataset):
    still = [keras.optimizers.SGD(0.0) for _ in range(2)]
    model = make_exclusive_model(optimizer=still[0], discriminator_optimizer=still[1])
    history = model.fit(pair_dataset, verbose=0).history
    again = make_exclusive_model(
        optimizer=keras.optimizers.SGD(0.0),
        discriminator_optimizer=keras.optimizers.SGD(0.0),
    )
    each = []
    for batch in pair_dataset:
        again.reset_metrics()
        each.append({k: float(v) for k, v in again.train_step(batch).items()})
    assert set(history) == set(each[0])
    for name in history:
        values = [terms[name] for terms in each]
        np.testing.assert_allclose(history[name][0], np.mean(values), rtol=1e-4)
    assert abs(history["loss"][0] - each[-1]["loss"]) > 1e-5


@pytest.mark.parametrize("share", (False, True))
def test_keras_file_restores_outputs_and_both_optimizers(
    make_exclusive_model, pair_dataset, pair_batch, tmp_path, share
):
    options = {"discriminator_steps": 2, "adversarial_loss": "non_saturating"}
    model = make_exclusive_model(share, **options)
    model.fit(pair_dataset, verbose=0)
    model.save(tmp_path / "exclusive.keras")
    restored = keras.saving.load_model(tmp_path / "exclusive.keras")
    assert isinstance(restored, ExclusiveModel)
    for domain, codes in model(pair_batch).items():
        np.testing.assert_array_equal(restored(pair_batch)[domain], codes)
    assert all(same(optimizer_states(model), optimizer_states(restored)))
    assert int(restored.discriminator_optimizer.iterations) == 8
    rate = restored.discriminator_optimizer.learning_rate
    np.testing.assert_allclose(rate, 1e-3, rtol=1e-6)
    assert (restored.encoder_y is None) == share
    assert {k: getattr(restored, k) for k in options} == options
    before = arrays(frozen(restored))
    restored.fit(pair_dataset, verbose=0)
    assert all(same(before, arrays(frozen(restored))))
    assert all(same(before, arrays(frozen(model))))


def mnist_pairs(first_step, steps):
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (40, 12, 12)).astype(np.uint8)
    labels = np.arange(40) % 10
    dataset = ColoredMnist({"train": (images, labels)}, "made")
    return dataset.pairs(8, 0, first_step, steps).map(
        lambda pair: {k: scale_images(v) for k, v in pair.items()}
    )


def test_resumed_training_equals_unbroken_training(make_exclusive_model, tmp_path):
    options = {"discriminator_steps": 2, "code_noise": 0.1}
    unbroken = make_exclusive_model(**options)
    unbroken.fit(mnist_pairs(0, 4), verbose=0, shuffle=False)
    stopped = make_exclusive_model(**options)
    stopped.fit(mnist_pairs(0, 2), verbose=0, shuffle=False)
    stopped.save_weights(tmp_path / "step.weights.h5")
    resumed = make_exclusive_model(**options)
    resumed.load_weights(tmp_path / "step.weights.h5")
    assert all(same(optimizer_states(stopped), optimizer_states(resumed)))
    assert int(resumed.discriminator_optimizer.iterations) == 4
    resumed.fit(mnist_pairs(2, 2), verbose=0, shuffle=False)
    assert all(same(optimizer_states(unbroken), optimizer_states(resumed)))
    assert all(same(arrays(unbroken.weights), arrays(resumed.weights)))


def test_training_discriminator_tells_dependent_codes(pair_batch):
    network = networks.discriminator(3, 3, units=8)
    assert network.count_params() == 6 * 8 + 8 + 8 * 8 + 8 + 8 + 1
