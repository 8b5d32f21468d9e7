"""What config.json of a run may hold, checked before anything believes it."""

import math

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
# Of an image's height, width and channels.
MOST = 2**16
# Entries that are written together.
TOGETHER = (("image_shape", "source", "factors"), ("precision", "jit"))


def check(config, method):
    """Raise where config.json is none that training wrote.

    Args:
        config: what the file holds; its recipe is checked by `recipes`.
        method: the recipe's `Method`.

    Raises:
        ValueError: says what must be.
        AttributeError, KeyError, TypeError: for what is not there, or of another type.
    """
    names = [stage.name for stage in method.stages]
    stages = config.get("stages", names)
    if not stages or stages != names[: len(stages)]:
        raise ValueError(f"stages must be the first of {', '.join(names)}")
    for name in ("data", *(n for n in RULES if n in config)):
        rule, holds = RULES[name]
        if not holds(config[name]):
            raise ValueError(f"{name} must be {rule}")
    for names in TOGETHER:
        if len({name in config for name in names}) > 1:
            raise ValueError(f"{', '.join(names)} must be there together")


def _is_shape(value):
    return (
        isinstance(value, list)
        and len(value) == 3
        and all(type(size) is int and 0 < size <= MOST for size in value)
    )


def _is_list(value, kind=str):
    return isinstance(value, list) and all(isinstance(each, kind) for each in value)


def _is_dict(value, holds):
    return isinstance(value, dict) and all(map(holds, value.values()))


def _is_option(value):
    return value is None or isinstance(value, str | int | float)


def _is_seconds(value):
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value < math.inf


def _is_count(value):
    return type(value) is int and value >= 0


def _is_text(value):
    return isinstance(value, str)


def _are_values(value):
    return _is_list(value, str | int | float)


def _are_factors(domain):
    kinds = {"shared", "exclusive"}
    return _is_dict(domain, lambda f: _is_dict(f, _are_values)) and set(domain) == kinds


def _is_end(value):
    if not isinstance(value, dict) or set(value) != {"epochs", "reason"}:
        return False
    epochs = value["epochs"]
    return type(epochs) is int and epochs > 0 and _is_text(value["reason"])


RULES = {
    "data": (
        "options and their values, or null",
        lambda value: value is None or _is_dict(value, _is_option),
    ),
    "image_shape": (f"three whole numbers of 1 to {MOST:,}", _is_shape),
    "source": ("a text", _is_text),
    "factors": (
        "values of shared and exclusive factors by domain",
        lambda value: _is_dict(value, _are_factors),
    ),
    "channels": ("a list of texts", _is_list),
    "enlarge": ("true or false", lambda value: isinstance(value, bool)),
    "precision": (f"one of {', '.join(PRECISIONS)}", lambda v: v in PRECISIONS),
    "jit": ("true or false", lambda value: isinstance(value, bool)),
    "jit_required": ("true or false", lambda value: isinstance(value, bool)),
    "seconds": ("numbers >= 0 by stage", lambda value: _is_dict(value, _is_seconds)),
    "parameters": ("numbers >= 0 by stage", lambda value: _is_dict(value, _is_count)),
    "peak_memory": (
        "numbers of bytes by stage and kind",
        lambda value: _is_dict(value, lambda held: _is_dict(held, _is_count)),
    ),
    "utilization": (
        "numbers >= 0 by stage and kind",
        lambda value: _is_dict(value, lambda used: _is_dict(used, _is_seconds)),
    ),
    "ended": (
        "epochs and a reason by stage",
        lambda value: _is_dict(value, _is_end),
    ),
    "versions": ("texts by package", lambda value: _is_dict(value, _is_text)),
}
