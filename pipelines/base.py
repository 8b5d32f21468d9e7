"""What every pipeline gives: pairs for training, labelled images for evaluation."""

import abc
import dataclasses

# The label of an image that does not count for a factor.
NOT_SCORED = -1


@dataclasses.dataclass(frozen=True)
class Factor:
    """An attribute of an image: its name and the names of its values."""

    name: str
    values: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Domain:
    """One side of the pairs, with the factors that can be read from it.

    `retrieved_factors` are shared too, but have other values in each split (the
    place of a satellite image), so that no probe can learn them: they are scored
    by retrieval within the test split.
    """

    name: str
    title: str
    shared_factors: tuple[Factor, ...]
    exclusive_factors: tuple[Factor, ...]
    retrieved_factors: tuple[Factor, ...] = ()

    @property
    def factors(self):
        return self.shared_factors + self.exclusive_factors


class PairDataset(abc.ABC):
    """Image pairs that share factors.

    Attributes:
        name: of the pipeline.
        source: one line that says where the images come from.
        image_shape: `(height, width, channels)`.
        domains: one `Domain`, or two where x and y come from different ones.
        channels: names of the channels, where they have some (satellite bands).
        notes: lines on how the data was read, for people.
        enlarge: whether a picture smaller than `image_shape` grows to fill it
            (`images.read_image`).
        unusable: a line for each file that could not be used.
        splits: names of those that there are: "train", "test", "validation" where
            images of the training split are held out, and "unseen" where whole groups
            are kept out of all others. Images of that split are labelled by their
            group alone, `{name of the groups: number of the group}`.
        split: what a run keeps so that the split stays the same (`split.json`),
            `{"train": [name, ...], "test": [name, ...]}`, and "unseen" where there
            is one, or `None` where it is fixed. A pipeline that gives it takes the
            file as `split_file`.
    """

    name: str
    source: str
    image_shape: tuple[int, int, int]
    domains: tuple[Domain, ...]
    channels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    enlarge: bool = True
    unusable: tuple[str, ...] = ()
    splits: tuple[str, ...] = ("train", "test")
    split: dict | None = None

    @abc.abstractmethod
    def num_images(self, split):
        """Number of images of a domain in the split (of `splits`)."""

    @abc.abstractmethod
    def pairs(self, batch_size, seed, first_step, steps, split="train"):
        """Batches number `first_step` to `first_step + steps` of an endless,
        reshuffled-every-epoch stream that `seed` determines.

        Returns:
            A `tf.data.Dataset` of `{"x": images, "y": images}`, raw (uint8)
            `(batch_size, height, width, channels)`.
        """

    @abc.abstractmethod
    def labelled(self, domain, split, batch_size, seed=0):
        """All images of a split once, in a fixed order.

        Args:
            domain: name of a domain.

        Returns:
            A `tf.data.Dataset` of `(images, {factor: int labels})`, raw
            images, the last batch as small as it is. A label is an index
            into the factor's values, or `NOT_SCORED`.
        """
