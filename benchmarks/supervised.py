"""The ceiling of a run's representations: its encoder, trained with labels.

    python benchmarks/supervised.py runs/pairs-20260101-120000 --factor writer

The same encoder, image size, split and random shifts as the run's shared
encoder, with a softmax on a factor in the place of the mutual information.
Scores are of the test split.
"""

import argparse
import json
import pathlib

import keras
import numpy as np
import tensorflow as tf

from tfmi import runs
from tfmi.models import networks
from tfmi.models.preprocessing import scale_images
from tfmi.models.shifts import random_shifts

BATCH = 64


def main():
    options = _parser().parse_args()
    run = runs.load(options.run)
    dataset = run.open_dataset()
    splits = {s: _read(dataset, options, s) for s in ("train", "test")}
    keras.utils.set_random_seed(options.seed)
    classes = int(splits["train"][1].max()) + 1
    model = _classifier(run, classes)
    max_shift = run.recipe.max_shift if options.max_shift is None else options.max_shift
    _fit(model, splits["train"], max_shift, options)
    row = {
        "run": str(run.path),
        "factor": options.factor,
        "classes": classes,
        "epochs": options.epochs,
        "max_shift": max_shift,
        **{split: _accuracy(model, *part) for split, part in splits.items()},
    }
    print(", ".join(f"{name} {value}" for name, value in row.items()))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(row, indent=2) + "\n")


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="run folder; it need not be finished")
    parser.add_argument("--factor", required=True)
    parser.add_argument("--domain", default="x")
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--max-shift", type=float, help="by default the run's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json")
    return parser


def _read(dataset, options, split):
    """Images and labels of a split, those that count for the factor."""
    batches = [
        (images.numpy(), labels[options.factor].numpy())
        for images, labels in dataset.labelled(options.domain, split, 500)
    ]
    images, labels = (np.concatenate(part) for part in zip(*batches, strict=True))
    return images[labels >= 0], labels[labels >= 0]


def _classifier(run, classes):
    recipe = run.recipe
    encoder = networks.encoder(
        run.image_shape,
        recipe.shared_size,
        recipe.encoder_width,
        recipe.normalize_codes,
    )
    scores = keras.layers.Dense(classes)(encoder.output["vector"])
    return keras.Model(encoder.input, scores)


def _fit(model, train, max_shift, options):
    steps = len(train[1]) // BATCH
    rate = keras.optimizers.schedules.CosineDecay(1e-3, options.epochs * steps)
    model.compile(
        keras.optimizers.Adam(rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )

    def prepare(step, batch):
        images, labels = batch
        if max_shift:
            seed = tf.stack([options.seed, step])
            images = random_shifts(images, max_shift, seed)
        return scale_images(images), labels

    batches = tf.data.Dataset.from_tensor_slices(train)
    batches = batches.shuffle(len(train[1]), options.seed).repeat().batch(BATCH)
    model.fit(
        batches.enumerate().map(prepare, tf.data.AUTOTUNE).prefetch(2),
        epochs=options.epochs,
        steps_per_epoch=steps,
        verbose=2,
    )


def _accuracy(model, images, labels):
    hits = [
        model(scale_images(images[k : k + 500]), training=False).numpy().argmax(1)
        for k in range(0, len(labels), 500)
    ]
    return float((np.concatenate(hits) == labels).mean())


if __name__ == "__main__":
    main()
