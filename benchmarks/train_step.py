"""What a training step costs, in variants that take turns in one process.

    python benchmarks/train_step.py
    python benchmarks/train_step.py --steps 32 colored-mnist colored-mnist jit=on

A variant is a recipe and any number of NAME=VALUE after it: `precision`, `jit`
(on or off), `input` (pipeline: the input pipeline runs too) or a setting of
the recipe; or `plain`, the yardstick (plain.py). The first is what the others'
speed is a multiple of. The sgemm rate is measured in the same turns, on the device
that the steps are made on. Threads are as in `tfmi train`; TF_NUM_INTRAOP_THREADS=N
has them otherwise. A turn is one step, or --steps of them, as training makes many on
a GPU without waiting in between.
"""

import argparse
import json

import measuring
import numpy as np
import operations

IMAGE_SHAPE = (28, 28, 3)
VARIANTS = """plain
    colored-mnist-paper
    colored-mnist-paper input=pipeline
    colored-mnist-paper precision=mixed_bfloat16
    colored-mnist-paper critic=dot
    colored-mnist-paper critic=dot critic_units=256
    colored-mnist
    colored-mnist precision=mixed_bfloat16""".split()


def main():
    options = _parser().parse_args()
    from tfmi.training import hardware

    hardware.prepare()
    rows = []
    for stage in options.stages:
        variants = _variants(options.variants or VARIANTS)
        built = {
            name: build(variant, stage, options, options.steps)
            for name, variant in variants.items()
        }
        runners = {name: runner for name, (runner, _) in built.items()}
        seconds = measuring.take_turns(
            {"sgemm": measuring.sgemm(), **runners}, options.rounds
        )
        rate = measuring.sgemm_rate(seconds.pop("sgemm"))
        seconds = {n: np.divide(times, options.steps) for n, times in seconds.items()}
        counts = {name: count for name, (_, count) in built.items()}
        rows += _rows(stage, seconds, counts, rate, options.batch_size)
    measuring.report(rows, options.json)


def _parser():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("variants", nargs="*")
    parser.add_argument("--stages", nargs="+", default=["shared", "exclusive"])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--steps", type=int, default=1, help="steps of a turn")
    return with_step_options(parser)


def with_step_options(parser):
    """Add what `build` reads of the options, and where the table goes."""
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--data-dir", help="MNIST's files; by default the sample")
    parser.add_argument("--json")
    return parser


def _variants(words):
    """`{name: [recipe, "NAME=VALUE", ...]}`."""
    variants = []
    for word in words:
        if "=" in word:
            variants[-1].append(word)
        else:
            variants.append([word])
    return {" ".join(variant): variant for variant in variants}


def build(variant, stage, options, turn=1):
    """A runner of the steps of a turn, and the useful operations of one."""
    from tfmi import recipes

    name, *changes = variant
    settings = dict(change.split("=") for change in changes)
    source = settings.pop("input", "memory")
    precision, jit = settings.pop("precision", "float32"), settings.pop("jit", "off")
    recipe = recipes.find("colored-mnist-paper" if name == "plain" else name)
    settings = {
        key: value if isinstance(getattr(recipe, key), str) else json.loads(value)
        for key, value in settings.items()
    }
    recipe = recipe.replace(batch_size=options.batch_size, **settings)
    batches = _batches(recipe, source, options.data_dir)
    if name == "plain":
        steps = _plain(stage, iter(batches))
    else:
        steps = _own(recipe, stage, precision, jit == "on", batches)
    count = operations.step_operations(recipe, IMAGE_SHAPE, stage)
    return lambda: steps(turn), count


def _plain(stage, batches):
    import plain

    training = plain.SharedTraining(IMAGE_SHAPE)
    if stage == "exclusive":
        training = plain.ExclusiveTraining(IMAGE_SHAPE, training)

    def steps(count):
        for _ in range(count):
            loss = training.step(next(batches))
        return float(loss)

    return steps


def _own(recipe, stage, precision, jit, batches):
    """As training makes them."""
    from tfmi.models import from_recipe
    from tfmi.training import loop

    how = {"precision": precision, "jit": jit}
    model = from_recipe.build_shared_model(recipe, IMAGE_SHAPE, **how)
    if stage == "exclusive":
        model = from_recipe.build_exclusive_model(recipe, IMAGE_SHAPE, model, **how)
    run = loop.executor(model, batches, jit)
    return lambda count: float(run(count)["loss"])


def _batches(recipe, source, data_dir):
    """A dataset of one batch of noise again and again, or the pipeline's."""
    import tensorflow as tf

    from tfmi import pipelines

    if source == "memory":
        shape = (recipe.batch_size, *IMAGE_SHAPE)
        noise = {domain: tf.random.uniform(shape, -1, 1) for domain in ("x", "y")}
        return tf.data.Dataset.from_tensors(noise).cache().repeat()
    data = {"data_dir": data_dir} if data_dir else {"sample": True}
    dataset = pipelines.open_dataset("colored-mnist", data)
    return measuring.endless_pairs(recipe, dataset)


def _rows(stage, seconds, counts, sgemm_rate, batch_size):
    medians = {name: float(np.median(times)) for name, times in seconds.items()}
    first = next(iter(medians.values()))
    return [
        {
            "variant": name,
            "stage": stage,
            "ms": 1000 * median,
            "images/s": 2 * batch_size / median,
            "times first": first / median,
            "Gflop": counts[name] / 1e9,
            "Gflop/s": counts[name] / median / 1e9,
            "sgemm Gflop/s": sgemm_rate / 1e9,
            "of sgemm": counts[name] / median / sgemm_rate,
        }
        for name, median in medians.items()
    ]


if __name__ == "__main__":
    main()
