"""Stage 1: the shared representation, by cross mutual information (Eq. 5-7)."""

import keras
import tensorflow as tf

from tfmi.errors import UsageError
from tfmi.models import estimators
from tfmi.models import from_encoder
from tfmi.models import gaussians
from tfmi.models import objectives
from tfmi.models.adversary import domain_value
from tfmi.models.contrastive import cosine_scores
from tfmi.models.contrastive import info_nce
from tfmi.models.heads import headed
from tfmi.models.heads import unit_code
from tfmi.models.pair_model import PairModel
from tfmi.models.pair_model import check_encoder_y
from tfmi.models.pair_model import check_sizes
from tfmi.models.pair_model import code_size
from tfmi.models.pair_step import add_noise
from tfmi.models.pair_step import added_losses
from tfmi.models.pair_step import network_of
from tfmi.models.pair_step import serialized_networks
from tfmi.models.pair_step import step_of_players
from tfmi.models.pair_step import step_seeds
from tfmi.models.pair_step import weighted_information
from tfmi.models.preprocessing import representers
from tfmi.representation import SHARED

NETWORKS = ("encoder", "global_network", "local_network")
SETTINGS = """global_weight local_weight l1_weight l1_reduction kl_weight
    adversarial_weight contrast_weight contrast_head temperature estimator switched
    code_noise seed""".split()
REDUCTIONS = ("sum", "mean")


@keras.saving.register_keras_serializable(package="tfmi")
class SharedModel(PairModel, keras.Model):
    """Learns S so that S_X = S_Y holds what the images of a pair share.

    Stage 1 of Sanchez, Serrurier, Ortner (2019): S of each image is to tell of the
    *other* image of its pair (Eq. 5), and the two to agree (Eq. 6). `from_encoder`
    builds it around any image model.

    Args:
        encoder_x: functional model from scaled images to `{"feature_map",
            "vector"}`.
        global_network_x: statistics network for the image x (`concat_networks`,
            `dot_networks`); `None` leaves its term out.
        local_network_x: the same for the positions of its feature map.
        encoder_y, global_network_y, local_network_y: the same for y; `None`
            shares the weights of x (section 5.1).
        discriminator: model from codes to logits `(batch, 1)`, or `None`. It
            learns to tell S_X from S_Y, and the encoders to deceive it
            (`adversary.domain_value`); the paper has none.
        contrast_network: model from codes to what they are compared by
            (`networks.projection`), or `None`; the paper has none.
        global_weight: alpha, of the global term.
        local_weight: beta, of the local term.
        l1_weight: gamma, of the L1 distance.
        l1_reduction: "sum" or "mean", over the dimensions of S (Eq. 6).
        kl_weight: of the symmetrised KL divergence of S_X and S_Y as normal
            distributions (multi-view information bottleneck, Federici et al. 2020;
            the paper has none), 0 for codes that are none. The encoders then give
            "log_variance" too, their vector is the mean, and a draw of it meets the
            statistics networks.
        adversarial_weight: of the discriminator's game.
        contrast_weight: of the contrast, InfoNCE of S_X and S_Y, whose scores are
            cosines of what `contrast_network` makes of them: as S_X is a function of
            x, a bound of Eq. 5's information too, and one that needs no feature map.
        contrast_head: whether S is what `contrast_network` makes of the vector.
        temperature: what these cosines are divided by.
        estimator: of mutual information, "jsd" (Eq. 2) or "info_nce" (van den Oord et
            al. 2018), which needs statistics networks that score all pairs.
        switched: `False` gives each image its own code (the ablation).
        code_noise: standard deviation of the Gaussian noise that is added to
            the codes before the statistics networks see them, 0 for none. It
            bounds what a code of unit variance can carry.
        seed: of the negative samples and the noise.

    Call arguments: a pair, `(x, y)` or `{"x": x, "y": y}`, each
    `(batch, height, width, channels)`: uint8, which is scaled to [-1, 1], or float,
    which is taken as it is. In training a batch has at least 2 pairs.

    Returns (call): `{"x": S_X, "y": S_Y}`, each `(batch, size)`.

    Raises:
        UsageError: for an unknown `l1_reduction`, and for networks whose codes are not
            those of the encoders.

    Example:

    ```python
    encoder = keras.Sequential([
        keras.Input((32, 32, 3)),
        keras.layers.Conv2D(16, 4, strides=2, activation="relu"),
        keras.layers.Conv2D(32, 4, strides=2, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(64),
    ])
    shared = tfmi.SharedModel.from_encoder(encoder)
    shared.compile(optimizer="adam")
    shared.fit(pairs.batch(64, drop_remainder=True))
    ```
    """

    def __init__(
        self,
        encoder_x,
        global_network_x=None,
        local_network_x=None,
        encoder_y=None,
        global_network_y=None,
        local_network_y=None,
        discriminator=None,
        contrast_network=None,
        global_weight=0.5,
        local_weight=1.0,
        l1_weight=0.1,
        l1_reduction="sum",
        kl_weight=0.0,
        adversarial_weight=0.0,
        contrast_weight=0.0,
        contrast_head=False,
        temperature=0.1,
        estimator="jsd",
        switched=True,
        code_noise=0.0,
        seed=0,
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        if l1_reduction not in REDUCTIONS:
            raise UsageError(
                f"l1_reduction must be one of {', '.join(REDUCTIONS)}. "
                f"Received: {l1_reduction}"
            )
        self.encoder_x = encoder_x
        self.global_network_x = global_network_x
        self.local_network_x = local_network_x
        self.encoder_y = encoder_y
        self.global_network_y = global_network_y
        self.local_network_y = local_network_y
        self.discriminator = discriminator
        self.contrast_network = contrast_network
        self.global_weight = global_weight
        self.local_weight = local_weight
        self.l1_weight = l1_weight
        self.l1_reduction = l1_reduction
        self.kl_weight = kl_weight
        self.adversarial_weight = adversarial_weight
        self.contrast_weight = contrast_weight
        self.contrast_head = contrast_head and contrast_network is not None
        self.temperature = temperature
        self.estimator = estimator
        self.switched = switched
        self.code_noise = code_noise
        self.seed = seed
        size = code_size(encoder_x)
        check_encoder_y(encoder_x, encoder_y)
        check_sizes(self, NETWORKS[1:], code=size, marginal_code=size)
        self._estimate = estimators.find(estimator, global_network_x, local_network_x)
        terms = {"loss": True, "global": global_network_x, "local": local_network_x}
        terms |= {"l1": True, "contrast": contrast_network, "kl": kl_weight or None}
        terms |= dict.fromkeys(("adversarial", "discriminator"), discriminator)
        if kl_weight:
            gaussians.check_encoders(encoder_x, encoder_y)
        self._prepare([name for name, part in terms.items() if part is not None])

    from_encoder = classmethod(from_encoder.shared_model)

    def encoder_networks(self):
        of_domains = [getattr(self, f"{name}_{d}") for d in "xy" for name in NETWORKS]
        return [*of_domains, self.contrast_network]

    def discriminator_networks(self):
        return [self.discriminator]

    def call(self, inputs, training=False):
        codes = super().call(inputs, training)
        if not self.contrast_head:
            return codes
        return {d: unit_code(self.contrast_network(codes[d])) for d in "xy"}

    def encoder(self, representation, domain):
        """The encoder of a representation ("shared") for a domain."""
        encoder = network_of(self, "encoder", domain)
        return headed(encoder, self.contrast_network) if self.contrast_head else encoder

    def representations(self):
        """`{(Representation, domain): function}`, what `tfmi.evaluate` scores.

        The domain is "x", or "x" and "y" where each has an encoder. A function takes
        images `(n, height, width, channels)`, uint8 or float, and gives their vectors
        `(n, size)`.
        """
        return representers(self, [SHARED], "x" if self.encoder_y is None else "xy")

    def _update(self, pair):
        seeds = step_seeds(self.seed, self.steps_done, self._seeds)
        return step_of_players(self, lambda: self._terms(pair, seeds, training=True))

    def _evaluate(self, pair, training=False):
        seeds = step_seeds(self.seed, self.trackers["loss"].count, self._seeds)
        return self._terms(pair, seeds, training)

    def _terms(self, pair, seeds, training):
        x, y = self._encode(pair, training)
        l1 = objectives.l1_distance(x["vector"], y["vector"], self.l1_reduction)
        drawn_x, drawn_y = x["vector"], y["vector"]
        if self.kl_weight:
            drawn_x, drawn_y = gaussians.drawn((x, y), seeds[4:])
        code_x, code_y = objectives.switch(
            add_noise(drawn_x, self.code_noise, seeds[0]),
            add_noise(drawn_y, self.code_noise, seeds[1]),
            self.switched,
        )
        information, terms = weighted_information(
            self, {"x": (x, code_x), "y": (y, code_y)}, seeds[2:4], self._estimate
        )
        objective = objectives.shared_objective(information, l1, self.l1_weight)
        loss = tf.add_n([-objective, *added_losses(self.encoder_networks())])
        terms |= {"loss": loss, "l1": l1}
        if self.contrast_network is not None:
            codes = map(self.contrast_network, (code_x, code_y))
            terms["contrast"] = info_nce(cosine_scores(*codes, self.temperature))
            terms["loss"] -= self.contrast_weight * terms["contrast"]
        if self.kl_weight:
            terms["kl"] = gaussians.symmetric_kl(*map(gaussians.posterior, (x, y)))
            terms["loss"] += self.kl_weight * terms["kl"]
        if self.discriminator is not None:
            value = domain_value(self.discriminator, x["vector"], y["vector"], training)
            terms["loss"] += self.adversarial_weight * value
            terms |= {"adversarial": value, "discriminator": -value}
        return terms

    @property
    def _seeds(self):
        """Number of seeds of a step: of noise, of shuffles, of draws."""
        return 6 if self.kl_weight else 4

    def get_config(self):
        serialized = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            **serialized_networks(self, NETWORKS),
            "discriminator": serialized(self.discriminator),
            "contrast_network": serialized(self.contrast_network),
            **{name: getattr(self, name) for name in SETTINGS},
        }
