"""A cheap probe, to see during training what vectors tell of the factors."""

from tfmi.evaluation.measure import probes
from tfmi.evaluation.measure.features import labelled_only

TRAIN_IMAGES = 2000
TEST_IMAGES = 1000
PROTOCOL = probes.Protocol(
    "online",
    "1 hidden layer of 64 units on standardised vectors, Adam 1e-3, batches of 128, "
    "20 epochs; 2,000 training and 1,000 test images",
    units=(64,),
    standardize=True,
    batch_size=128,
    max_epochs=20,
)


def online_scores(train, test):
    """Accuracies of a probe a factor.

    Args:
        train, test: `(vectors (n, size), {factor: labels (n,)})`.

    Returns:
        `{factor: {"accuracy", "majority"}}`, the second of the most frequent
        value; without factors that no image counts for.
    """
    return {
        factor: _scores(
            labelled_only(train[0], train[1][factor]), labelled_only(test[0], labels)
        )
        for factor, labels in test[1].items()
        if (labels >= 0).any() and (train[1][factor] >= 0).any()
    }


def _scores(train, test):
    return {
        "accuracy": probes.probe_accuracy(PROTOCOL, *train, *test)["accuracy"],
        "majority": probes.majority_level(train[1], test[1])["accuracy"],
    }
