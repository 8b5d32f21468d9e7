"""Tiny models of both stages, batches for them, and Eq. 2 in numpy."""

import numpy as np
import tensorflow as tf
import tiny

from tfmi import recipes
from tfmi.models import from_recipe

SHAPE = (12, 12, 3)


def recipe(**changes):
    settings = {**tiny.SETTINGS, "learning_rate": 1e-3, "critic": "concat"}
    return recipes.find("colored-mnist-paper").replace(**{**settings, **changes})


def pair(batch=8, seed=0):
    """Random images, whatever was drawn before."""
    generator = np.random.default_rng(seed)
    return {
        domain: tf.constant(generator.normal(size=(batch, *SHAPE)), tf.float32)
        for domain in "xy"
    }


def shared_model(**changes):
    return from_recipe.build_shared_model(recipe(**changes), SHAPE)


def exclusive_model(**changes):
    chosen = recipe(**changes)
    shared = from_recipe.build_shared_model(chosen, SHAPE)
    return from_recipe.build_exclusive_model(chosen, SHAPE, shared)


def values(variables):
    return [np.array(v.numpy()) for v in variables]


def equal(first, second):
    return all((a == b).all() for a, b in zip(first, second, strict=True))


def jsd(joint, marginal):
    """Eq. 2, and Eq. 9 with the real samples as the joint ones."""
    joint, marginal = np.asarray(joint), np.asarray(marginal)
    return -np.logaddexp(0, -joint).mean() - np.logaddexp(0, marginal).mean()
