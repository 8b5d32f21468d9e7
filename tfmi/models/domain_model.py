"""A model of pairs that is made of named networks, each once a domain."""

import keras

from tfmi.models.pair_model import PairModel
from tfmi.models.pair_step import added_losses
from tfmi.models.pair_step import network_of
from tfmi.models.pair_step import step_of_players
from tfmi.models.pair_step import step_seeds


class DomainModel(PairModel, keras.Model):
    """What the compared systems have in common.

    A subclass says its networks, its settings and its terms, and computes the terms of
    a pair in `_terms(pair, seeds, training)`: "loss", which the first optimizer
    minimises, and, where there are discriminators, "discriminator".

    Attributes:
        NETWORKS: names of the networks of the first player, "encoder" among them; each
            is `<name>_x` and `<name>_y`, the latter `None` where x and y share it.
        DISCRIMINATORS: the same of the second player.
        FROZEN: the same of what is used and not trained.
        JOINT: names of networks of the first player that take both domains at once.
        SETTINGS: `{name: default}` of the attributes that its terms depend on.
        SEEDS: number of seeds of a step.

    Args:
        networks: `{"encoder_x": model, ...}`; what is not there is `None`.
        settings: `{name: value}` of settings.
        seed: of all that is drawn in a step.
    """

    NETWORKS = ("encoder",)
    DISCRIMINATORS = ()
    FROZEN = ()
    JOINT = ()
    SETTINGS = {}
    SEEDS = 1

    def __init__(self, networks, settings=None, seed=0, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        for name in self._network_names():
            setattr(self, name, networks.get(name))
        for name, default in self.SETTINGS.items():
            setattr(self, name, (settings or {}).get(name, default))
        self.seed = seed
        for network in self._of(self.FROZEN):
            network.trainable = False
        self._prepare(self.term_names())

    def term_names(self):
        """Names of the terms, in the order of the logs."""
        return ["loss"]

    def encoder_networks(self):
        return [*self._of(self.NETWORKS), *(getattr(self, n) for n in self.JOINT)]

    def discriminator_networks(self):
        return self._of(self.DISCRIMINATORS)

    def encoder(self, representation, domain):
        """The encoder of a representation for a domain."""
        return network_of(self, "encoder", domain)

    def _update(self, pair):
        seeds = step_seeds(self.seed, self.steps_done, self.SEEDS)
        return step_of_players(self, lambda: self._terms(pair, seeds, training=True))

    def _evaluate(self, pair, training=False):
        seeds = step_seeds(self.seed, self.trackers["loss"].count, self.SEEDS)
        return self._terms(pair, seeds, training)

    def _added_losses(self):
        """Regularisers of a user's own encoder."""
        return sum(added_losses(self.encoder_networks()))

    def _network_names(self):
        kinds = (*self.NETWORKS, *self.DISCRIMINATORS, *self.FROZEN)
        return [f"{kind}_{domain}" for kind in kinds for domain in "xy"] + [*self.JOINT]

    def _of(self, kinds):
        """The networks of some kinds that are there."""
        every = [getattr(self, f"{kind}_{domain}") for kind in kinds for domain in "xy"]
        return [network for network in every if network is not None]

    def get_config(self):
        networks = {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in self._network_names()
        }
        settings = {name: getattr(self, name) for name in self.SETTINGS}
        own = {"networks": networks, "settings": settings, "seed": self.seed}
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        networks = {
            name: keras.saving.deserialize_keras_object(network)
            for name, network in config["networks"].items()
        }
        return cls(**{**config, "networks": networks})


def domain_networks(domains, **builders):
    """`{"<name>_<domain>": network}` of builders, for `DomainModel`.

    Args:
        domains: those with networks of their own.
        builders: `{name: function of a domain}`.
    """
    return {
        f"{name}_{domain}": build(domain)
        for name, build in builders.items()
        for domain in domains
    }


def settings_of(recipe, model_class):
    """`{name: value}` of the recipe's settings that a `DomainModel` has too."""
    return {
        field.name: getattr(recipe, field.name)
        for field in recipe.settings()
        if field.name in model_class.SETTINGS
    }
