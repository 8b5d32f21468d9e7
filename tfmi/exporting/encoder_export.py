"""One encoder's export, written aside and compared with Keras."""

import dataclasses
import datetime
import functools
import json
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.exporting import card
from tfmi.exporting import reference
from tfmi.exporting import verify
from tfmi.exporting import warmup
from tfmi.exporting.formats import onnx_compression
from tfmi.exporting.formats import onnx_file
from tfmi.exporting.formats import saved_model
from tfmi.exporting.server_files import model_name
from tfmi.exporting.serving_model import serving_model

FORMATS = {"savedmodel": ["savedmodel"], "onnx": ["onnx"]}
FORMATS["all"] = FORMATS["savedmodel"] + FORMATS["onnx"]
CALIBRATION_IMAGES = 256
CHANGE_IMAGES = 256


@dataclasses.dataclass(frozen=True)
class Options:
    """What to export, checked.

    Attributes:
        format_name: a key of `FORMATS`.
        opset: of the ONNX files.
        quantize: "int8" or None.
        float16: whether a float16 ONNX file is wanted.
        probe: function `(domain, before, after) -> scores` for those two, or
            None; before and after are functions from raw images to
            `{representation: vectors}`.
    """

    format_name: str = "all"
    opset: int = 17
    quantize: str | None = None
    float16: bool = False
    probe: Callable | None = None

    def __post_init__(self):
        if self.quantize not in (None, "int8"):
            raise UsageError(f"--quantize must be int8. Received: {self.quantize}")
        if "onnx" in self.kinds:
            onnx_file.check_opset(self.opset)
        elif self.quantize or self.float16:
            raise UsageError(
                "--quantize and --float16 must go with --format onnx or all. "
                f"Received: --format {self.format_name}"
            )

    @property
    def kinds(self):
        return FORMATS[self.format_name]


class Export:
    """The export of one representation of one domain.

    Args:
        run: see `publish.export_run`.
        name: "shared", "exclusive" or "combined".
        encoder: name of its files.
        version: integer.
        folder: where it is written, laid out as it is published.

    Attributes:
        key: in the manifest.
        info: its entry there.
        names: of the files and folders written that are no models.
    """

    def __init__(self, run, name, domain, encoder, version, folder):
        self.run, self.domain, self.encoder = run, domain, encoder
        self.folder, self.version = folder, version
        self.key = f"{encoder}/{version}"
        parts = ("shared", "exclusive") if name == "combined" else (name,)
        self.encoders = {part: run.encoder(part, domain) for part in parts}
        self.model = serving_model(self.encoders, run.image_shape)
        self.reference = f"references/{encoder}-{version}.npz"
        self.card = f"cards/{encoder}-{version}.md"
        self.names = [self.reference, self.card]
        self.info = {
            **_about(run, domain),
            "encoder": encoder,
            "version": version,
            "name": model_name(run.recipe.name, encoder),
            "outputs": {n: int(o.shape[1]) for n, o in self.model.output.items()},
            "reference": self.reference,
            "card": self.card,
            "signatures": {},
            "models": {},
        }

    def write(self, options):
        """Write everything, compare it, and describe it in `info`.

        Raises:
            DataError: where a model differs from Keras.
        """
        for name in self.names:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        real = self.run.sample_images(self.domain, reference.COUNT)
        arrays = reference.make(self.encoders, real, self.info["enlarge"])
        reference.save(self.folder / self.reference, arrays)
        if "savedmodel" in options.kinds:
            self._write_saved_model(arrays)
        if "onnx" in options.kinds:
            self._write_onnx(options.opset, arrays)
        if options.float16:
            self._write_smaller(
                "float16", onnx_compression.write_float16, arrays, options
            )
        if options.quantize:
            images = self.run.sample_images(self.domain, CALIBRATION_IMAGES, "train")
            write = functools.partial(onnx_compression.write_int8, images=images)
            self._write_smaller(options.quantize, write, arrays, options)
        text = card.render(self.info, self.run.scores)
        (self.folder / self.card).write_text(text, encoding="utf-8")

    def _write_saved_model(self, arrays):
        path = self.folder / self.key
        saved_model.write(self.model, path, self.info["enlarge"])
        warmup.write(path, self.info["name"], _requests(arrays))
        try:
            differences = verify.saved_model_differences(path, arrays)
        except tf.errors.OpError as error:
            raise DataError(
                "a SavedModel must run in the server's loader; nothing was written. "
                f"Received: {self.key} ({str(error).splitlines()[0]})"
            ) from error
        self._add(self.key, "savedmodel", differences)
        shape = self.run.image_shape
        self.info["signatures"].update(saved_model.described(path, shape))

    def _write_onnx(self, opset, arrays):
        name = onnx_name(self.encoder)
        metadata = {
            "recipe": self.run.recipe.name,
            "enlarge": json.dumps(self.info["enlarge"]),
            "factors": json.dumps(self.info["factors"]),
            "versions": json.dumps(self.info["versions"]),
        }
        onnx_file.write(self.model, self.folder / name, opset, metadata)
        differences = verify.onnx_differences(self.folder / name, arrays)
        self._add(name, "onnx", differences)
        self.info["opset"] = opset
        self.info["signatures"]["ONNX"] = {
            "inputs": {
                "images": {"dtype": "uint8", "shape": [None, *self.run.image_shape]}
            },
            "outputs": {
                name: {"dtype": "float32", "shape": [None, size]}
                for name, size in self.info["outputs"].items()
            },
        }

    def _write_smaller(self, kind, write, arrays, options):
        source, name = onnx_name(self.encoder), onnx_name(self.encoder, kind)
        before, after = self.folder / source, self.folder / name
        write(before, after)
        images = self.run.sample_images(self.domain, CHANGE_IMAGES)
        change = {"outputs": onnx_compression.output_change(before, after, images)}
        if options.probe:
            functions = [onnx_file.function(path) for path in (before, after)]
            change["probes"] = options.probe(self.domain, *functions)
        differences = verify.onnx_differences(after, arrays)
        # Later, on another processor, roundings may fall otherwise.
        tolerance = 2 * differences["onnx"] + 1e-3
        if not np.isfinite(differences["onnx"]):
            raise DataError(
                f"the outputs of {name} must be finite; nothing was written. "
                f"Received: {differences['onnx']}"
            )
        self._add(name, kind, differences, tolerance, change)

    def _add(self, name, kind, differences, tolerance=reference.TOLERANCE, change=None):
        for part, difference in differences.items():
            verify.require_equal(difference, f"{name}, {part}", tolerance)
        entry = {"kind": kind, "differences": differences, "tolerance": tolerance}
        if change:
            entry["change"] = change
        self.info["models"][name] = entry


def onnx_name(encoder, kind=None):
    """Name of an ONNX file: `shared.onnx`, `shared.int8.onnx`."""
    return f"{encoder}.{kind}.onnx" if kind else f"{encoder}.onnx"


def _about(run, domain):
    now = datetime.datetime.now(datetime.timezone.utc)
    return {
        "recipe": run.recipe.to_dict(),
        "run": run.path.name,
        "source": run.config.get("source", "unknown"),
        "versions": run.config["versions"],
        "factors": run.factors[domain],
        "domain": domain,
        "image_shape": list(run.image_shape),
        "enlarge": run.config.get("enlarge", True),
        "created": now.isoformat(timespec="seconds"),
    }


def _requests(arrays):
    images = arrays["images"][::2]
    requests = {
        saved_model.DEFAULT: {"images": images[:1]},
        saved_model.SCALED: {"images": reference.scaled(images[:1])},
    }
    if "files" in arrays:
        files = arrays["files"][:3].astype(object)
        requests[saved_model.ENCODED] = {"image_bytes": np.array(files)}
    return requests
