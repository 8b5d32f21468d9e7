import json

import pytest

from tfmi import methods
from tfmi import recipes
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.recipes import paper

PAPER = [
    recipe for recipe in recipes.every().values() if recipe.name.endswith("-paper")
]
# What sections 4.3 and 5.1 say.
STATED = {
    "batch_size": 64,
    "global_weight": 0.5,
    "local_weight": 1.0,
    "exclusive_global_weight": 0.5,
    "exclusive_local_weight": 1.0,
    "l1_weight": 0.1,
    "shared_size": 64,
    "switched": True,
    "estimator": "jsd",
    "independence": "discriminator",
    "adversarial_loss": "saddle_point",
}
# What the paper does not have at all.
ABSENT = {
    "exclusive_negatives": "batch",
    "encoder": "",
    "learning_rate_decay": "none",
    "max_shift": 0.0,
    "normalize_codes": False,
    "shared_levels": 0,
    "exclusive_levels": 0,
    "code_noise": 0.0,
    "exclusive_code_noise": 0.0,
    "shared_kl_weight": 0.0,
    "shared_adversarial_weight": 0.0,
    "contrast_weight": 0.0,
    "contrast_head": False,
    "contrast_temperature": 0.1,
    "adversarial_warmup": 0.0,
    "discriminator_spectral_norm": False,
    "discriminator_noise": 0.0,
    "discriminator_steps": 1,
}


@pytest.mark.parametrize("recipe", PAPER, ids=lambda recipe: recipe.name)
def test_paper_recipes_are_the_papers_or_say_why_not(recipe):
    values = {**STATED, **ABSENT}
    assert {name: getattr(recipe, name) for name in values} == values
    colored = recipe.pipeline == "colored-mnist"
    assert recipe.exclusive_size == (8 if colored else 64)
    assert recipe.share_weights is not colored
    notes, fixed = paper.notes(recipe.to_dict())
    others = {field.name for field in recipe.settings()} - set(values)
    assert set(notes) == others - {"exclusive_size", "share_weights", "seed"}
    assert fixed
    assert all(note.kind in ("deviation", "guess") for note in notes.values())


def test_paper_recipes_hold_what_was_measured():
    recipe = recipes.find("colored-mnist-paper")
    assert (recipe.l1_reduction, recipe.feature_map) == ("mean", "last")
    assert (recipe.learning_rate, recipe.discriminator_learning_rate) == (1e-3, 1e-3)
    assert (recipe.critic, recipe.discriminator) == ("concat", "concat")
    assert (recipe.critic_units, recipe.discriminator_units) == (512, 512)
    assert (recipe.encoder_width, recipe.adversarial_weight) == (64, 0.025)


def test_a_note_is_of_the_recipes_own_value():
    settings = recipes.find("iam-paper").replace(learning_rate=1e-4).to_dict()
    notes, _ = paper.notes(settings)
    assert "learning_rate" not in notes and "l1_reduction" in notes
    assert paper.notes(recipes.find("iam").to_dict()) == ({}, {})


def test_a_run_of_before_the_mean_keeps_the_sum_and_its_map():
    saved = recipes.find("colored-mnist-paper").to_dict()
    del saved["l1_reduction"], saved["feature_map"]
    old = recipes.from_dict({**saved, "learning_rate": 1e-4})
    assert (old.l1_reduction, old.feature_map) == ("sum", "last_but_one")


@pytest.mark.parametrize("name", recipes.every())
def test_json_round_trip(name):
    recipe = recipes.find(name)
    assert recipes.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


def test_settings_that_a_saved_run_does_not_name_have_their_defaults():
    saved = recipes.find("colored-mnist").to_dict()
    del saved["adversarial_warmup"], saved["discriminator_spectral_norm"]
    assert recipes.from_dict(saved) == recipes.find("colored-mnist")


@pytest.mark.parametrize(
    "change, message",
    [
        ({"adversarial_weight": -0.1}, "adversarial_weight must be >= 0"),
        ({"l1_weight": float("nan")}, "l1_weight must be >= 0 and finite"),
        ({"batch_size": 1}, "batch_size must be >= 2. Received: 1"),
        ({"max_shift": 1}, "max_shift must be below 1. Received: 1"),
        ({"adversarial_warmup": 1.5}, "adversarial_warmup must be <= 1"),
        ({"critic": "cosine"}, "critic must be one of concat, dot"),
        ({"batch_size": "64"}, "batch_size must be of type int"),
        ({"shared_kl_weight": -1.0}, "shared_kl_weight must be >= 0"),
        ({"estimator": "nwj"}, "estimator must be one of jsd, info_nce"),
        ({"estimator": "info_nce", "critic": "concat"}, "critic must be dot with the"),
        ({"independence": "hsic"}, "independence must be one of discriminator, club"),
        (
            {"independence": "club", "adversarial_loss": "non_saturating"},
            "adversarial_loss must be saddle_point with the independence club",
        ),
        ({"gamma": 1.0}, "settings must be fields of a recipe. Received: gamma"),
    ],
)
def test_bad_settings_say_rule_and_value(change, message):
    with pytest.raises(UsageError, match=message):
        recipes.find("colored-mnist").replace(**change)


def test_unknown_recipe():
    with pytest.raises(UsageError, match="Received: no-such"):
        recipes.find("no-such")


def test_the_recipe_of_a_method_and_the_dataset_of_a_recipe():
    chosen = recipes.of_method("colored-mnist-paper", "deep-infomax")
    assert chosen.name == "colored-mnist-deep-infomax"
    assert recipes.of_method("pairs-paper", "cross-mi").name == "pairs-paper"
    assert recipes.of_method("pairs-deep-infomax", "cross-mi-flow").name == "pairs"
    assert recipes.of_method("pairs", "cross-mi").name == "pairs-cross-mi"
    rule = "of pairs must be one of cross-mi-flow, cross-mi, .*no-such"
    with pytest.raises(UsageError, match=rule):
        recipes.of_method("pairs", "no-such")


@pytest.mark.parametrize("content", ["{", "[1]"])
def test_config_file_must_be_a_json_object(tmp_path, content):
    path = tmp_path / "config.json"
    path.write_text(content)
    with pytest.raises(UsageError, match="--config must"):
        recipes.read_settings(path)


@pytest.mark.parametrize("spec", ["resnet", "encoder.h5", "tf.keras:ResNet50"])
def test_an_encoder_is_a_file_or_an_application(spec):
    with pytest.raises(UsageError, match="encoder must be a .keras file or keras.app"):
        recipes.find("pairs").replace(encoder=spec)


def test_an_encoder_file_must_be_there(tmp_path):
    recipe = recipes.find("pairs").replace(encoder=str(tmp_path / "my.keras"))
    with pytest.raises(DataError, match="encoder must be a file. Received: .*my.keras"):
        recipe.check_files()
    (tmp_path / "my.keras").touch()
    recipe.check_files()


@pytest.mark.parametrize("recipe", recipes.every().values(), ids=recipes.every())
def test_every_setting_has_help_and_a_stage_of_its_method(recipe):
    stages = {stage.name for stage in methods.find(recipe.method).stages}
    for field in recipe.settings():
        assert field.metadata["help"].endswith("."), field.name
        assert field.metadata["stage"] in {None, *stages}, field.name
    assert all(recipe.epochs(stage) >= 1 for stage in stages)


@pytest.mark.parametrize(
    "name",
    [
        "../../escaped",
        "a/b",
        "a\\b",
        "..",
        ".",
        "",
        " a",
        "/etc",
        ".hidden",
        "a\0b",
        "a\n",
    ]
    + ["x" * 101, "-rf", 3, None],
)
def test_a_name_is_that_of_a_folder(name):
    with pytest.raises(UsageError, match="name must be a plain name of a folder"):
        recipes.find("colored-mnist").replace(name=name)


@pytest.mark.parametrize("name", ["mine", "my run 2", "größe", "a.b+c_d-e", "7"])
def test_plain_names(name):
    assert recipes.find("colored-mnist").replace(name=name).name == name


@pytest.mark.parametrize(
    "text, message",
    [
        ('{"seed":' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deep"),
        ('{"seed": 1' + "0" * 5000 + "}", "must be a JSON file"),
        ('{"learning_rate": 1' + "0" * 400 + "}", "learning_rate must be .* finite"),
        ('{"learning_rate": -1' + "0" * 400 + "}", "learning_rate must be"),
        ('{"learning_rate": 1e999}', "learning_rate must be .* finite"),
        ('{"batch_size": 1' + "0" * 400 + "}", "batch_size must be <= 4294967295"),
        ('{"seed": 4294967296}', "seed must be <= 4294967295"),
        ('{"name": "../up"}', "plain name of a folder"),
        ("\ufeff{", "must be a JSON file"),
    ],
)
def test_settings_of_any_content_are_one_line(tmp_path, text, message):
    path = tmp_path / "c.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=message) as caught:
        settings = recipes.read_settings(path)
        recipes.find("colored-mnist").replace(**settings)
    assert "\n" not in str(caught.value)


def test_settings_from_a_device(tmp_path):
    with pytest.raises(UsageError, match="a plain file, not a pipe"):
        recipes.read_settings("/dev/zero")
