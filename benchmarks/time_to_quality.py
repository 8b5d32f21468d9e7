"""Training time until S tells the digits: ours beside the yardstick (plain.py).

    python benchmarks/time_to_quality.py --data-dir MNIST --until 0.94

The two train in turns in one process, a few steps each, on their own pairs.
After each turn a probe (the paper's, on S of x) is fitted and scored; its time
is not counted. Prints the training seconds and steps at which each accuracy was
first reached.
"""

import argparse
import time

import measuring
import numpy as np

FACTOR = "digit"


def main():
    options = _parser().parse_args()
    from tfmi import pipelines
    from tfmi.training import hardware

    hardware.prepare()
    data = {"data_dir": options.data_dir} if options.data_dir else {"sample": True}
    dataset = pipelines.open_dataset("colored-mnist", data)
    learners = {
        "plain": Plain(dataset),
        **{name: Own(name, dataset, options.precision) for name in options.recipes},
    }
    targets = [*np.arange(0.8, options.until - 1e-9, 0.02).round(4), options.until]
    rows = {name: [] for name in learners}
    running = dict(learners)
    while running:
        for name, learner in list(running.items()):
            learner.train(options.turn)
            accuracy = probe(learner.represent, dataset, options)
            print(
                f"{name}: step {learner.steps}, {learner.seconds:.1f} s, "
                f"digit {100 * accuracy:.2f}%",
                flush=True,
            )
            rows[name] += _reached(rows[name], name, learner, accuracy, targets)
            late = learner.seconds > options.limit or learner.finished
            if accuracy >= options.until or late:
                del running[name]
    reached = [row for each in rows.values() for row in each]
    if not reached:
        raise SystemExit(f"no learner reached {targets[0]:.0%}")
    measuring.report(reached, options.json)


def _parser():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipes", nargs="+", default=["colored-mnist"])
    parser.add_argument("--data-dir", help="MNIST's files; by default the sample")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--until", type=float, default=0.94)
    parser.add_argument("--turn", type=int, default=50, help="steps of a turn")
    parser.add_argument("--limit", type=float, default=1800, help="seconds of each")
    parser.add_argument("--images", type=int, default=4000, help="of the probe")
    parser.add_argument("--json")
    return parser


def _reached(known, name, learner, accuracy, targets):
    """Rows of the accuracies that were reached now for the first time."""
    done = {row["accuracy"] for row in known}
    return [
        {
            "learner": name,
            "accuracy": float(target),
            "seconds": learner.seconds,
            "steps": learner.steps,
        }
        for target in targets
        if accuracy >= target and float(target) not in done
    ]


class Learner:
    """Trains S on pairs of a dataset, and counts the time of the steps alone.

    The graph's tracing is counted too: a user waits for it as well.
    """

    def __init__(self, recipe, dataset):
        self._batches = iter(measuring.endless_pairs(recipe, dataset))
        self.steps, self.seconds, self.finished = 0, 0.0, False

    def train(self, steps):
        start = time.perf_counter()
        for _ in range(steps):
            loss = self._step(next(self._batches))
        float(loss)
        self.seconds += time.perf_counter() - start
        self.steps += steps


class Plain(Learner):
    """The yardstick."""

    def __init__(self, dataset):
        import plain

        from tfmi import recipes

        super().__init__(recipes.find("colored-mnist-paper"), dataset)
        self._training = plain.SharedTraining(dataset.image_shape)
        self._step = self._training.step

    def represent(self, images):
        return self._training.encoders[0](images, training=False)[1]


class Own(Learner):
    """A recipe's first stage, its learning rate's decay included."""

    def __init__(self, name, dataset, precision):
        import tensorflow as tf

        from tfmi import recipes
        from tfmi.models import from_recipe
        from tfmi.training import hardware

        recipe = recipes.find(name).replace(share_weights=False)
        super().__init__(recipe, dataset)
        per_epoch = dataset.num_images("train") // recipe.batch_size
        self._total = per_epoch * recipe.shared_epochs
        precision, _ = hardware.choose_precision(precision)
        self._model = from_recipe.build_shared_model(
            recipe,
            dataset.image_shape,
            total_steps=self._total,
            precision=precision,
        )
        step = tf.function(self._model.train_step)
        self._step = lambda batch: step(batch)["loss"]

    def train(self, steps):
        super().train(min(steps, self._total - self.steps))
        self.finished = self.steps >= self._total

    def represent(self, images):
        return self._model.encoder_x(images, training=False)["vector"]


def probe(represent, dataset, options):
    """Accuracy of the paper's probe on S of x, on the test split."""
    from tfmi.evaluation.measure import features
    from tfmi.evaluation.measure import probes
    from tfmi.models.preprocessing import scale_images

    def vectors(split):
        labelled = dataset.labelled("x", split, 500)
        values, labels = features.extract(
            lambda images: represent(scale_images(images)), labelled, options.images
        )
        return values, labels[FACTOR]

    train, labels = vectors("train")
    classifier = probes.PAPER.classifier(0, len(train))
    probes.fit(classifier, train, labels)
    return classifier.score(*vectors("test"))


if __name__ == "__main__":
    main()
