"""One encoder's export, written aside and compared with Keras."""

import datetime

import numpy as np

from tfmi.errors import DataError
from tfmi.exporting import card
from tfmi.exporting import comparison
from tfmi.exporting import formats
from tfmi.exporting import reference
from tfmi.exporting.server_files import model_name
from tfmi.exporting.serving_model import serving_model

CHANGE_IMAGES = 256


class EncoderExport:
    """The export of some representations of one domain.

    Args:
        source: an `EncoderSource`.
        representations: those that the encoder gives.
        domain: name.
        encoder: name of its files.
        version: integer.
        folder: where it is written, laid out as it is published.
        options: `Options`.

    Attributes:
        model: the Keras model from uint8 images to `{representation: vectors}`.
        arrays: images and what Keras says of them (`reference`).
        key: in the manifest.
        info: its entry there.
        names: of the files and folders written that are no models.
    """

    def __init__(
        self, source, representations, domain, encoder, version, folder, options
    ):
        self.source, self.domain, self.encoder = source, domain, encoder
        self.folder, self.version, self.options = folder, version, options
        self.key = f"{encoder}/{version}"
        encoders = {r.name: source.encoder(r.name, domain) for r in representations}
        self.model = serving_model(encoders, source.image_shape)
        self.info = {
            **self._about(representations),
            "outputs": {n: int(o.shape[1]) for n, o in self.model.output.items()},
            "reference": f"references/{encoder}-{version}.npz",
            "card": f"cards/{encoder}-{version}.md",
            "signatures": {},
            "models": {},
        }
        self.names = [self.info["reference"], self.info["card"]]
        self.arrays = reference.make(encoders, self._kept(), self.info["enlarge"])

    def _kept(self):
        """Images that are written down with the export."""
        if self.options.keep_images:
            return self.sample_images(reference.COUNT)
        return reference.patchwork_images(self.info["image_shape"])

    def _about(self, representations):
        now = datetime.datetime.now(datetime.timezone.utc)
        return {
            **self.source.about,
            "license": self.options.license,
            "credit": self.options.credit,
            "factors": self.source.factors[self.domain],
            "domain": self.domain,
            "image_shape": list(self.source.image_shape),
            "representations": {
                r.name: {"symbol": r.symbol, "holds": r.holds, "about": r.about}
                for r in representations
            },
            "created": now.isoformat(timespec="seconds"),
            "encoder": self.encoder,
            "version": self.version,
            "name": model_name(self.source.name, self.encoder),
        }

    def sample_images(self, count, split="test"):
        """Images of a split, at most so many."""
        return self.source.sample_images(self.domain, count, split)

    def path_of(self, kind):
        """Where the encoder is written in the format of that name."""
        return self.folder / formats.find(kind).name(self.encoder, self.version)

    def write(self):
        """Write everything, compare it, and describe it in `info`.

        Raises:
            DataError: where a model differs from Keras.
        """
        for name in self.names:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        reference.save(self.folder / self.info["reference"], self.arrays)
        for export_format in self.options.formats:
            self._write_model(export_format)
        text = card.render(self.info, self.source.results)
        (self.folder / self.info["card"]).write_text(text, encoding="utf-8")

    def _write_model(self, export_format):
        path = self.path_of(export_format.kind)
        name = path.relative_to(self.folder).as_posix()
        path.parent.mkdir(exist_ok=True)
        export_format.write(self, path)
        differences = export_format.differences(path, self.arrays)
        entry = {
            "kind": export_format.kind,
            "differences": differences,
            "tolerance": comparison.TOLERANCE,
        }
        if export_format.made_from:
            largest = max(differences.values())
            if not np.all(np.isfinite(list(differences.values()))):
                raise DataError(
                    f"the outputs of {name} must be finite; nothing was written. "
                    f"Received: {largest}"
                )
            entry["tolerance"] = comparison.tolerance(largest)
            entry["change"] = self._change(export_format, path)
        else:
            signatures = export_format.signatures(path, self.info)
            self.info["signatures"].update(signatures)
        for part, difference in differences.items():
            comparison.require_equal(difference, f"{name}, {part}", entry["tolerance"])
        self.info["models"][name] = entry

    def _change(self, export_format, path):
        """What the file says otherwise than the one that it is made from."""
        source = formats.find(export_format.made_from)
        before = source.open(self.path_of(source.kind))
        after = export_format.open(path)
        images = self.sample_images(CHANGE_IMAGES)
        change = {"outputs": comparison.change(before(images), after(images))}
        if self.options.probe:
            change["probes"] = self.options.probe(self.domain, before, after)
        return change
