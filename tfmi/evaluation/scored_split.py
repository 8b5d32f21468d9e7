"""Which split is scored: the test split, or images that are kept for choosing."""

from tfmi.errors import UsageError

TEST, VALIDATION = "test", "validation"
SCORED = (TEST, VALIDATION)


def scored_on(dataset, split):
    """The dataset as an evaluation sees it, whose "test" split is the scored one.

    Args:
        dataset: a `PairDataset`.
        split: of `SCORED`.

    Raises:
        UsageError: for another split, or a dataset that has none of that name.
    """
    if split not in SCORED:
        raise UsageError(
            f"the split must be one of {', '.join(SCORED)}. Received: {split}"
        )
    if split == TEST:
        return dataset
    if split not in dataset.splits:
        raise UsageError(
            f"{dataset.name} must hold out images (validation_fraction) to be scored "
            f"on them. Received: the splits {', '.join(dataset.splits)}"
        )
    return _ScoredOn(dataset, split)


class _ScoredOn:
    """A dataset seen so that its "test" split is another one."""

    def __init__(self, dataset, split):
        self._dataset, self._split = dataset, split

    def __getattr__(self, name):
        return getattr(self._dataset, name)

    def num_images(self, split):
        return self._dataset.num_images(self._named(split))

    def labelled(self, domain, split, batch_size, seed=0):
        return self._dataset.labelled(domain, self._named(split), batch_size, seed)

    def _named(self, split):
        return self._split if split == TEST else split
