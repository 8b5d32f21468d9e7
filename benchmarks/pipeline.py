"""What an input pipeline gives: images a second, and the share of the time that
training waits for it.

    python benchmarks/pipeline.py colored-mnist --sample
    python benchmarks/pipeline.py pairs --folder DIR

Data options are those of `tfmi train`. The stall is what asking for a batch
takes while steps of the first stage are made, as a share of both; the stall at a
rate is the same beside a device that makes so many steps a second, which waiting
stands in for: it takes blocks of batches as XLA's steps do, and leaves the
processor alone.
"""

import time

import click
import measuring
import numpy as np

from tfmi import api
from tfmi.cli.options import RecipeCommand
from tfmi.training import hardware

PRECISION = click.Choice(hardware.PRECISIONS)


@click.command(cls=RecipeCommand, settings=False, help=__doc__)
@click.argument("recipe")
@click.option(
    "--batches", default=100, show_default=True, help="Batches of a measurement."
)
@click.option(
    "--rate", default=3000, show_default=True, help="Steps a second of a device."
)
@click.option("--precision", type=PRECISION, default="float32", show_default=True)
@click.option("--json", "path", type=click.Path())
def main(recipe, data, batches, rate, precision, path):
    recipe, dataset = api.open_chosen(recipe, {}, data)
    alone = _times(iter(measuring.endless_pairs(recipe, dataset)), batches)
    asking, steps = _with_steps(recipe, dataset, batches, precision)
    measuring.report(
        [
            {
                "recipe": recipe.name,
                "source": dataset.source,
                "batch": recipe.batch_size,
                "images/s": 2 * recipe.batch_size * len(alone) / sum(alone),
                "images/s of steps": 2 * recipe.batch_size * len(steps) / sum(steps),
                "asking, median ms": 1000 * float(np.median(asking)),
                "stall": sum(asking) / (sum(asking) + sum(steps)),
                f"stall at {rate}/s": _stall_at(rate, recipe, dataset, batches),
            }
        ],
        path,
    )


def _times(batches, count, work=lambda batch: None):
    """Seconds that each of `count` batches took to come, after a few."""
    times = []
    for _ in range(count + 5):
        start = time.perf_counter()
        batch = next(batches)
        times.append(time.perf_counter() - start)
        work(batch)
    return times[5:]


def _with_steps(recipe, dataset, count, precision):
    """Seconds of asking and of the step, for each of `count` steps."""
    import tensorflow as tf

    from tfmi.models import from_recipe

    precision, _ = hardware.choose_precision(precision)
    shape = dataset.image_shape
    model = from_recipe.build_shared_model(recipe, shape, precision=precision)
    step = tf.function(model.train_step)
    steps = []

    def work(batch):
        start = time.perf_counter()
        float(step(batch)["loss"])
        steps.append(time.perf_counter() - start)

    asking = _times(iter(measuring.endless_pairs(recipe, dataset)), count, work)
    return asking, steps[5:]


def _stall_at(rate, recipe, dataset, count):
    """Share of the time that a device of that many steps a second waits."""
    from tfmi.training import compiled_steps

    batches = measuring.endless_pairs(recipe, dataset, scaled=False)
    size = compiled_steps.launch_steps(batches.element_spec)
    blocks = iter(compiled_steps.blocks(batches, size))
    asking = _times(blocks, max(count // size, 1), lambda _: time.sleep(size / rate))
    return sum(asking) / (sum(asking) + len(asking) * size / rate)


if __name__ == "__main__":
    main()
