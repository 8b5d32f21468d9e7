"""What both stages do with a pair: encode it, and score its codes (Eq. 3-5, 8)."""

import keras
import tensorflow as tf

from tfmi.models import objectives
from tfmi.models.dot_networks import DotNetwork


def step_seeds(seed, step, count):
    """`count` stateless seeds for one step: a function of the two numbers (and
    of the replica), so a resumed run draws what an unbroken one would have drawn.

    Returns:
        A list of `count` int32 tensors `(2,)`.
    """
    base = tf.stack([tf.cast(seed, tf.int32), tf.cast(step, tf.int32)])
    return tf.unstack(tf.random.experimental.stateless_split(replica_seed(base), count))


def replica_seed(seed):
    """A stateless seed `(2,)` of this replica's own, a function of the seed and
    the replica's number; the seed itself where there is one replica, or between steps,
    where none runs."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return seed
    replica = context.replica_id_in_sync_group
    return tf.random.experimental.stateless_fold_in(seed, tf.cast(replica, tf.int32))


def scaled_loss(optimizer, loss):
    """What a replica takes the gradients of: its part of the mean over replicas,
    as optimizers sum the gradients of all, scaled as the optimizer wants it."""
    return optimizer.scale_loss(
        loss / tf.distribute.get_strategy().num_replicas_in_sync
    )


def step_of_players(model, terms_of, opponent="discriminator"):
    """One step of a model's optimizer and of that of its discriminators, if it has any,
    at the same time.

    Args:
        model: a compiled `PairModel`.
        terms_of: function that gives the terms; "loss" and `opponent` are what the two
            optimizers minimise.
        opponent: name of the discriminators' term.

    Returns:
        The terms.
    """
    players = {"loss": (model.optimizer, model.encoder_variables)}
    if model.discriminator_variables:
        game = model.discriminator_optimizer, model.discriminator_variables
        players[opponent] = game
    with tf.GradientTape(persistent=True) as tape:
        terms = terms_of()
        losses = {n: scaled_loss(o, terms[n]) for n, (o, _) in players.items()}
    # All gradients first: an update must not be seen by the other player's.
    gradients = {
        name: tape.gradient(losses[name], variables)
        for name, (_, variables) in players.items()
    }
    for name, (optimizer, variables) in players.items():
        optimizer.apply(gradients[name], variables)
    return terms


def added_losses(networks):
    """What the networks add to the loss themselves: regularisers, and `add_loss` of
    their last call. A list of float32 scalars."""
    present = [network for network in networks if network is not None]
    return [tf.cast(v, objectives.SUM_DTYPE) for n in present for v in n.losses]


def step_counter(model):
    """A variable of the model that counts its training steps.

    Not the optimizer's count, as a step whose float16 gradients overflow is
    none to the optimizer, but has used its batch.
    """
    return model.add_weight(
        shape=(), dtype="int64", initializer="zeros", trainable=False, name="steps_done"
    )


def add_noise(codes, stddev, seed):
    """Codes plus Gaussian noise; the codes themselves where `stddev` is 0."""
    if not stddev:
        return codes
    noise = tf.random.stateless_normal(tf.shape(codes), seed, dtype=codes.dtype)
    return codes + stddev * noise


def encode_pair(encoder_x, encoder_y, x, y, training):
    """Outputs of the encoders for both images; one pass where they share one."""
    if encoder_y is not None:
        return encoder_x(x, training=training), encoder_y(y, training=training)
    both = encoder_x(tf.concat([x, y], axis=0), training=training)
    halves = {name: tf.split(value, 2) for name, value in both.items()}
    return tuple({name: half[i] for name, half in halves.items()} for i in (0, 1))


def frozen_codes(model, kind, pair):
    """Vectors of both images by frozen encoders of a model (their name less the
    domain): in inference mode, and no gradient passes."""
    encoders = getattr(model, f"{kind}_x"), getattr(model, f"{kind}_y")
    outputs = encode_pair(*encoders, pair["x"], pair["y"], False)
    return tuple(tf.stop_gradient(each["vector"]) for each in outputs)


def mutual_information_terms(
    global_network,
    local_network,
    encoded,
    code,
    seed,
    estimate=objectives.jsd_mutual_information,
    negative=None,
):
    """Global and local mutual information of an image and a code (Eq. 3, 4).

    Args:
        global_network, local_network: statistics networks; the term of `None` is 0.
        encoded: `{"feature_map": (batch, rows, columns, channels), ...}`.
        code: `(batch, size)`, the representation that meets the image.
        seed: of the shuffle that makes the marginal samples.
        estimate: function of the scores `joint` and `marginal` of a network.
        negative: `(batch, size)`, the code that is each image's only negative; by
            default the codes of the batch are.

    Returns:
        Two float32 scalars. The local one is averaged over the positions,
        once, by the estimator's own mean.
    """
    inputs = {
        "feature_map": encoded["feature_map"],
        "code": code,
        "marginal_code": objectives.shuffled(code, seed),
    }
    if negative is not None:
        inputs["marginal_code"] = negative

    def information(network):
        if network is None:
            return tf.zeros((), objectives.SUM_DTYPE)
        rows = negative is not None
        scores = scores_of_rows(network, inputs) if rows else network(inputs)
        return estimate(scores["joint"], scores["marginal"])

    return information(global_network), information(local_network)


def scores_of_rows(network, inputs):
    """`{"joint", "marginal"}` of a statistics network whose only negative is the code
    in the image's row of `marginal_code`."""
    if not isinstance(network, DotNetwork):
        return network(inputs)
    maps = network.map_part(inputs["feature_map"])
    codes = {"joint": inputs["code"], "marginal": inputs["marginal_code"]}
    return {
        name: network.row_scores(maps, network.code_part(code))
        for name, code in codes.items()
    }


def network_of(model, name, domain):
    """The network `<name>_<domain>` of a model; that of x where both share one."""
    return getattr(model, f"{name}_{domain}") or getattr(model, f"{name}_x")


def weighted_information(
    model, coded, seeds, estimate=objectives.jsd_mutual_information, negatives=None
):
    """Weighted mutual information of both images and the codes they meet.

    Args:
        model: holds `global_network_x`, `local_network_x`, those of y or
            `None`, `global_weight` and `local_weight`.
        coded: `{"x": (outputs of the encoder, code), "y": ...}`; which code
            meets which image is the caller's choice (Eq. 5 or Eq. 8).
        seeds: one a domain, of the shuffles.
        estimate: function of the scores `joint` and `marginal` of a network.
        negatives: `{"x": code, "y": code}`, each image's only negative; by default the
            codes of the batch are.

    Returns:
        The weighted sum, and `{"global", "local"}`, its terms unweighted.
    """
    terms = [
        mutual_information_terms(
            network_of(model, "global_network", domain),
            network_of(model, "local_network", domain),
            encoded,
            code,
            seed,
            estimate,
            negatives[domain] if negatives else None,
        )
        for (domain, (encoded, code)), seed in zip(coded.items(), seeds, strict=True)
    ]
    global_terms, local_terms = zip(*terms, strict=True)
    information = objectives.weighted_mutual_information(
        global_terms, local_terms, model.global_weight, model.local_weight
    )
    return information, {
        "global": tf.add_n(global_terms),
        "local": tf.add_n(local_terms),
    }


def serialized_networks(model, names):
    """The networks `<name>_x` and `<name>_y` of a model for `get_config`."""
    keys = [f"{name}_{domain}" for name in names for domain in ("x", "y")]
    return {
        key: keras.saving.serialize_keras_object(getattr(model, key)) for key in keys
    }


def deserialized_networks(config):
    """The inverse of `serialized_networks`, other entries left as they are."""
    return {
        key: keras.saving.deserialize_keras_object(value)
        if isinstance(value, dict) and "class_name" in value and key != "dtype"
        else value
        for key, value in config.items()
    }
