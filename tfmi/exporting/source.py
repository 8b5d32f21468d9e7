"""What an export is made from: the encoders of a run, or of models."""

import dataclasses
from collections.abc import Callable

import numpy as np

from tfmi import runs
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.evaluation import scoring
from tfmi.evaluation.results import Results
from tfmi.runs.command import train_command
from tfmi.runs.command import without_folders

COMBINED = "combined"


@dataclasses.dataclass(frozen=True)
class EncoderSource:
    """Trained encoders and what is known of them.

    Attributes:
        name: of the export folder, and the first part of served names.
        about: entries of the manifest: "recipe" (`{setting: value}`), "run",
            "source" (of the data), "command" (that trained them, or None), "versions"
            (`{package: version}`), "enlarge" (as in `images.read_image`).
        image_shape: `(height, width, channels)`.
        domains: names.
        factors: `{domain: {kind: {factor: names of its values}}}`.
        representations: list of `Representation`.
        encoder: function `(name of a representation, domain)` that gives the Keras
            model from scaled images to `{"vector": (batch, size)}`.
        sample_images: function `(domain, count, split)` that gives uint8 images
            `(n, height, width, channels)`, n at most `count`.
        results: `Results` of its evaluation, or `None`.
    """

    name: str
    about: dict
    image_shape: tuple
    domains: list
    factors: dict
    representations: list
    encoder: Callable
    sample_images: Callable
    results: Results | None = None


def of_run(run):
    """The encoders of a finished `Run`; nothing of its dataset is needed."""
    data = run.config.get("data", {})
    return EncoderSource(
        name=run.recipe.name,
        about={
            "recipe": run.recipe.to_dict(),
            "run": run.path.name,
            "source": without_folders(run.config.get("source", "unknown"), data),
            "command": train_command(run.recipe, data),
            "versions": run.config["versions"],
            "enlarge": run.config.get("enlarge", True),
        },
        image_shape=tuple(run.image_shape),
        domains=run.domains,
        factors=run.factors,
        representations=list(run.representations),
        encoder=run.encoder,
        sample_images=run.sample_images,
        results=_results(run),
    )


def _results(run):
    """Those of another version of tfmi are none: the card then says so."""
    try:
        return scoring.results_of(run)
    except DataError:
        return None


def of_model(model, name, images=None):
    """The encoders of a `SharedModel` or an `ExclusiveModel`.

    Args:
        name: of the export.
        images: uint8 images `(n, height, width, channels)` like those that it was
            trained on, or one such array a domain, `{domain: images}`; without,
            random ones are compared.

    Raises:
        UsageError: for images that the encoders do not take.
    """
    keys = list(model.representations())
    representations = list(dict.fromkeys(representation for representation, _ in keys))
    domains = list(dict.fromkeys(domain for _, domain in keys))
    first = model.encoder(representations[0].name, domains[0])
    shape = tuple(first.input_shape[1:])
    if None in shape:
        raise UsageError(f"encoders must take images of one size. Received: {shape}")
    return EncoderSource(
        name=name,
        about={
            "recipe": {},
            "run": "",
            "source": "unknown",
            "command": None,
            "versions": runs.versions(),
            "enlarge": True,
        },
        image_shape=shape,
        domains=domains,
        factors={domain: {} for domain in domains},
        representations=representations,
        encoder=model.encoder,
        sample_images=_sampler(images, domains, shape),
    )


def _sampler(images, domains, shape):
    """A function like `Run.sample_images` of a user's images, or of random ones."""
    if images is None:
        random = np.random.default_rng(1)
        images = random.integers(0, 256, (64, *shape), dtype=np.uint8)
    if not isinstance(images, dict):
        images = dict.fromkeys(domains, images)
    for domain in domains:
        received = np.asarray(images.get(domain, ()))
        if (
            received.dtype != np.uint8
            or received.shape[1:] != shape
            or not received.size
        ):
            raise UsageError(
                f"images of {domain} must be uint8 (n, {', '.join(map(str, shape))}). "
                f"Received: {received.dtype} {received.shape}"
            )
    return lambda domain, count, split="test": np.asarray(images[domain])[:count]


def encoders_of(source, wanted=None):
    """The encoders that can be exported: one a representation, and the combined one
    where there are several.

    Args:
        source: an `EncoderSource`.
        wanted: names of those, joined by commas; by default every one.

    Returns:
        `{name of its files: (representations, domain)}`.

    Raises:
        UsageError: for an unknown name.
    """
    parts = {each.name: [each] for each in source.representations}
    if len(parts) > 1:
        parts[COMBINED] = source.representations
    names = list(parts) if wanted is None else wanted.split(",")
    unknown = [name for name in names if name not in parts]
    if unknown:
        raise UsageError(
            f"encoders must be among {', '.join(parts)}. Received: {unknown[0]}"
        )
    several = len(source.domains) > 1
    return {
        f"{name}_{domain}" if several else name: (parts[name], domain)
        for domain in source.domains
        for name in parts
        if name in names
    }
