"""Stage 3: S written anew, so that it tells nothing of one image alone, and E, so that
it tells nothing of S.

The adversary of Eq. 9 takes from E whatever tells of S, and much else with it. Here E
is left whole (Eq. 8 alone) and becomes another code by an invertible map that is given
S, trained until that code is normal whatever S is. At the optimum the code is
independent of S, so that Eq. 9's game has nothing left to win, and as who knows S can
undo the map, S and the code tell of the image what S and E do: Eq. 8 has lost nothing.

S of stage 1 tells of the other image what it can, and here and there of its own image
alone: nothing of Eq. 5 is against that, and Eq. 6 makes it small, which a probe that
standardises does not mind. So S becomes what is to be expected of S of the other image,
given it: what tells nothing of the other image cannot change that. It is what the map
of E is given.
"""

import keras
import tensorflow as tf

from tfmi.models.build import Build
from tfmi.models.domain_model import DomainModel
from tfmi.models.domain_model import domain_networks
from tfmi.models.flow import conditional_flow
from tfmi.models.networks import regression
from tfmi.models.pair_model import code_size
from tfmi.models.pair_model import pair_of
from tfmi.models.pair_step import add_noise
from tfmi.models.pair_step import frozen_codes
from tfmi.models.pair_step import network_of
from tfmi.models.preprocessing import representers
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED


@keras.saving.register_keras_serializable(package="tfmi")
class IndependentModel(DomainModel):
    """Learns the regression of one S on the other, and the map that takes S out of E.

    In training the map is given S of the *other* image of the pair, which tells of this
    one only what both share; given its own, it would take out of E all that S happens
    to tell of this image alone. Afterwards it is given the image's own S. All encoders
    are frozen and run in inference mode, as that is how their codes are used: batch
    statistics would move E further than what is to be taken out of it.

    Where there are no regressions S stays as it is.

    `from_exclusive` builds it around a trained `ExclusiveModel`, whose codes are not
    rounded, as rounded codes have no density.

    Returns (call): `{"x": E_X, "y": E_Y}`, each `(batch, size)`.
    """

    NETWORKS = ("flow", "regression")
    FROZEN = ("shared_encoder", "encoder")
    # Standard deviation of what is added to E in training, which has unit variance: the
    # map need not tell apart what is nearer, and a code of fewer dimensions than E has
    # would have no density either.
    SETTINGS = {"flow_noise": 0.02}
    SEEDS = 2

    @classmethod
    def from_exclusive(
        cls,
        exclusive_model,
        units=512,
        couplings=10,
        regression_units=256,
        seed=0,
        **settings,
    ):
        """The model of stage 3 around the encoders of stages 1 and 2.

        Args:
            exclusive_model: the trained `ExclusiveModel`.
            units, couplings: of `flow.conditional_flow`.
            regression_units: width of `networks.regression`; 0 leaves S as it is.
            seed: of the noise.
            settings: `flow_noise`.
        """
        sizes = [
            code_size(getattr(exclusive_model, f"{kind}_x")) for kind in cls.FROZEN
        ]
        domains = "x" if exclusive_model.encoder_y is None else "xy"
        builders = {
            "flow": lambda domain: conditional_flow(
                *sizes, units, couplings, name=f"flow_{domain}"
            ),
            "regression": lambda domain: regression(
                sizes[0], regression_units, name=f"regression_{domain}"
            ),
        }
        if not regression_units:
            del builders["regression"]
        parts = domain_networks(domains, **builders)
        for kind in cls.FROZEN:
            for domain in "xy":
                name = f"{kind}_{domain}"
                parts[name] = getattr(exclusive_model, name)
        return cls(parts, settings, seed, name="independent_model")

    def term_names(self):
        return [
            "loss",
            *([] if self.regression_x is None else ["likelihood", "distance"]),
        ]

    def call(self, inputs, training=False):
        shared, exclusive = self._codes(pair_of(inputs))
        codes = zip("xy", self._regressed(shared), exclusive, strict=True)
        return {each[0]: self._map(*each)["code"] for each in codes}

    def encoder(self, representation, domain):
        """The encoder of a representation ("shared", "exclusive") for a domain; that of
        E has the one of S within."""
        shared = network_of(self, "shared_encoder", domain)
        if representation == "shared" and self.regression_x is None:
            return shared
        own = network_of(self, "encoder", domain)
        image = keras.Input(own.input_shape[1:], dtype=own.input.dtype)
        of_shared = shared(image, training=False)
        outputs, vector = of_shared, self._regression(domain, of_shared["vector"])
        if representation != "shared":
            shared, outputs = own, own(image, training=False)
            vector = self._map(domain, vector, outputs["vector"])["code"]
        outputs = {"feature_map": outputs["feature_map"], "vector": vector}
        return keras.Model(image, outputs, name=shared.name)

    def representations(self):
        """`{(Representation, domain): function}`, of S and of E; as of
        `SharedModel.representations`."""
        return representers(
            self, (SHARED, EXCLUSIVE), "x" if self.flow_y is None else "xy"
        )

    def _terms(self, pair, seeds, training):
        shared, exclusive = self._codes(pair)
        regressed = self._regressed(shared)
        # The map must not bend what it is given towards itself.
        given = [tf.stop_gradient(code) for code in regressed[::-1]]
        likelihood = tf.zeros(())
        for domain, other, code, seed in zip(
            "xy", given, exclusive, seeds, strict=True
        ):
            code = add_noise(code, self.flow_noise, seed)
            likelihood += tf.reduce_mean(
                self._map(domain, other, code)["log_likelihood"]
            )
        if self.regression_x is None:
            return {"loss": -likelihood}
        distance = tf.add_n(
            [
                tf.reduce_mean(tf.square(own - other))
                for own, other in zip(regressed, shared[::-1], strict=True)
            ]
        )
        return {
            "loss": distance - likelihood,
            "likelihood": likelihood,
            "distance": distance,
        }

    def _regressed(self, shared):
        """What each S says of the other."""
        return [self._regression(d, code) for d, code in zip("xy", shared, strict=True)]

    def _regression(self, domain, code):
        network = network_of(self, "regression", domain)
        return code if network is None else network(code)

    def _map(self, domain, shared, exclusive):
        flow = network_of(self, "flow", domain)
        return flow({"condition": shared, "code": exclusive})

    def _codes(self, pair):
        """S of both images and E of both, before they are written anew."""
        return [frozen_codes(self, kind, pair) for kind in self.FROZEN]


def build_independent_model(recipe, image_shape, exclusive_model, **options):
    """The compiled model of stage 3.

    Args:
        recipe: a `CrossMIFlowRecipe`.
        exclusive_model: its encoders are used as they are, in their precision.
        options: attributes of `Build`.
    """
    build = Build(recipe, image_shape, **options)
    model = IndependentModel.from_exclusive(
        exclusive_model,
        recipe.flow_units,
        recipe.flow_couplings,
        recipe.regression_units,
        recipe.seed,
        flow_noise=recipe.flow_noise,
    )
    return build.compile(model)
