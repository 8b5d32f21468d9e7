"""Each setting of a recipe reaches the models, and changes nothing else in them."""

import keras
import pytest
import tiny

from tfmi import recipes
from tfmi.models import exclusive
from tfmi.models import from_recipe
from tfmi.models import shared

pytestmark = pytest.mark.any_versions

SHAPE = (12, 12, 3)
RECIPE = recipes.find("colored-mnist").replace(**tiny.SETTINGS)
STEPS = 100
DOMAINS = "xy"


def both(*names):
    return {f"{name}_{domain}" for name in names for domain in DOMAINS}


ENCODERS = both("shared.encoder", "exclusive.encoder", "exclusive.shared_encoder")
OF_S = both("shared.encoder", "exclusive.shared_encoder")
OF_E = both("exclusive.encoder")
STATISTICS = both(
    "shared.global_network",
    "shared.local_network",
    "exclusive.global_network",
    "exclusive.local_network",
)
OF_BOTH = both("exclusive.global_network", "exclusive.local_network")
DISCRIMINATORS = both("exclusive.discriminator")
ALL_NETWORKS = ENCODERS | STATISTICS | DISCRIMINATORS
# `{setting: (other value, what of the models it changes)}`.
CHANGES = {
    "share_weights": (True, {name for name in ALL_NETWORKS if name.endswith("y")}),
    "learning_rate": (0.5, {"shared.optimizer", "exclusive.optimizer"}),
    "learning_rate_decay": ("none", {"shared.optimizer", "exclusive.optimizer"}),
    "seed": (3, {"shared.seed", "exclusive.seed"}),
    "shared_size": (6, OF_S | STATISTICS | DISCRIMINATORS),
    "exclusive_size": (6, OF_E | OF_BOTH | DISCRIMINATORS),
    "encoder_width": (6, ENCODERS | STATISTICS),
    "feature_map": ("last", ENCODERS | STATISTICS),
    "normalize_codes": (False, ENCODERS),
    "shared_levels": (5, OF_S),
    "exclusive_levels": (5, OF_E),
    "code_noise": (0.25, {"shared.code_noise"}),
    "exclusive_code_noise": (0.25, {"exclusive.code_noise"}),
    "critic": ("concat", STATISTICS),
    "critic_units": (6, STATISTICS),
    "discriminator_units": (6, DISCRIMINATORS),
    "switched": (False, {"shared.switched"}),
    "global_weight": (3.0, {"shared.global_weight"}),
    "local_weight": (3.0, {"shared.local_weight"}),
    "l1_weight": (3.0, {"shared.l1_weight"}),
    "l1_reduction": ("mean", {"shared.l1_reduction"}),
    "estimator": ("info_nce", {"shared.estimator", "exclusive.estimator"}),
    "shared_kl_weight": (3.0, {"shared.kl_weight"} | OF_S),
    "contrast_weight": (3.0, {"shared.contrast_weight", "shared.contrast_network"}),
    "contrast_temperature": (3.0, {"shared.temperature"}),
    "independence": ("club", {"exclusive.independence"} | DISCRIMINATORS),
    "shared_adversarial_weight": (
        3.0,
        {
            "shared.adversarial_weight",
            "shared.discriminator",
            "shared.discriminator_optimizer",
        },
    ),
    "exclusive_global_weight": (3.0, {"exclusive.global_weight"}),
    "exclusive_local_weight": (3.0, {"exclusive.local_weight"}),
    "adversarial_weight": (3.0, {"exclusive.adversarial_weight"}),
    "adversarial_warmup": (0.5, {"exclusive.warmup_steps"}),
    "adversarial_loss": ("non_saturating", {"exclusive.adversarial_loss"}),
    "discriminator": ("concat", DISCRIMINATORS),
    "discriminator_spectral_norm": (True, DISCRIMINATORS),
    "discriminator_noise": (0.25, {"exclusive.discriminator_noise"}),
    "discriminator_steps": (2, {"exclusive.discriminator_steps"}),
    "discriminator_learning_rate": (0.5, {"exclusive.discriminator_optimizer"}),
}
# Settings of the training around the models.
ELSEWHERE = {"encoder", "batch_size", "max_shift", "shared_epochs", "exclusive_epochs"}
# Not for images of two domains: test_partner_negatives.py.
ELSEWHERE |= {"exclusive_negatives"}
# Of a contrast alone: test_contrast.py.
ELSEWHERE |= {"contrast_head"}


def built(**changes):
    """`{part of a model: what it is}` of both stages."""
    recipe = RECIPE.replace(**changes)
    first = from_recipe.build_shared_model(recipe, SHAPE, total_steps=STEPS)
    second = from_recipe.build_exclusive_model(recipe, SHAPE, first, total_steps=STEPS)
    networks = {"shared": (*shared.NETWORKS,), "exclusive": exclusive.NETWORKS}
    modules = {"shared": shared, "exclusive": exclusive}
    parts = {
        f"shared.{name}": described(getattr(first, name))
        for name in ("discriminator", "contrast_network")
    }
    for stage, model in (("shared", first), ("exclusive", second)):
        for name in networks[stage]:
            for domain in DOMAINS:
                network = getattr(model, f"{name}_{domain}")
                parts[f"{stage}.{name}_{domain}"] = described(network)
        for name in modules[stage].SETTINGS:
            parts[f"{stage}.{name}"] = getattr(model, name)
        for name in ("optimizer", "discriminator_optimizer"):
            optimizer = getattr(model, name)
            parts[f"{stage}.{name}"] = optimizer and settings(optimizer)
    return parts


def described(network):
    """Layers of a network with what they compute, whatever their names."""
    if network is None:
        return None
    layers = [
        (type(layer).__name__, settings(layer), [tuple(v.shape) for v in layer.weights])
        for layer in network.layers
    ]
    return layers, keras.tree.map_structure(lambda t: t.shape, network.output)


def settings(thing):
    config = thing.get_config()
    return {k: str(v) for k, v in config.items() if k not in ("name", "layer")}


@pytest.fixture(scope="module")
def baseline():
    return built()


def test_building_is_a_function_of_the_recipe(baseline):
    assert built() == baseline


@pytest.mark.parametrize("setting", CHANGES)
def test_a_setting_changes_exactly_its_parts_of_the_models(baseline, setting):
    value, changed = CHANGES[setting]
    assert value != getattr(RECIPE, setting)
    parts = built(**{setting: value})
    different = {name for name in parts if parts[name] != baseline[name]}
    assert different == changed
    kept = {name for name in changed if parts[name] == value}
    if len(changed) == 1 and "optimizer" not in setting and changed & set(plain()):
        assert kept == changed


def plain():
    """Parts that hold a setting as it is."""
    names = [f"shared.{name}" for name in shared.SETTINGS]
    names += [f"exclusive.{name}" for name in exclusive.SETTINGS]
    return [name for name in names if name != "exclusive.warmup_steps"]


def test_a_model_of_before_the_mean_takes_the_sum():
    model = from_recipe.build_shared_model(RECIPE.replace(l1_reduction="mean"), SHAPE)
    config = model.get_config()
    assert config.pop("l1_reduction") == "mean"
    assert shared.SharedModel.from_config(config).l1_reduction == "sum"


def test_warmup_is_a_fraction_of_the_steps():
    assert built(adversarial_warmup=0.3)["exclusive.warmup_steps"] == 0.3 * STEPS


def test_optimizers_have_the_recipes_rates_and_betas(baseline):
    for stage in ("shared", "exclusive"):
        assert baseline[f"{stage}.optimizer"]["beta_1"] == "0.9"
        assert (
            f"'decay_steps': {STEPS}" in baseline[f"{stage}.optimizer"]["learning_rate"]
        )
    game = baseline["exclusive.discriminator_optimizer"]
    assert game["beta_1"] == "0.5"
    assert float(game["learning_rate"]) == pytest.approx(1e-3)


def test_every_setting_is_accounted_for():
    names = {field.name for field in RECIPE.settings()}
    assert names == set(CHANGES) | ELSEWHERE
