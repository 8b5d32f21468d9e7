"""Smaller ONNX files: int8 and float16, made from a float32 one.

None is equal to Keras, so each is delivered with its measured change.
"""

import contextlib
import logging

import numpy as np

from tfmi.export import onnx_file

CALIBRATION_BATCH = 16


def write_float16(source, path):
    """Weights and arithmetic in float16; inputs and outputs stay as they are."""
    import onnx
    from onnxruntime.transformers import float16

    proto = float16.convert_float_to_float16(onnx.load(str(source)), keep_io_types=True)
    details = {**onnx_file.metadata(source), "precision": "float16"}
    onnx_file.save(proto, path, details)


def write_int8(source, path, images):
    """Weights and arithmetic in int8, by the method that changes less.

    Both are tried: ranges of activations taken anew from each batch (dynamic),
    or once from calibration images (static).

    Args:
        images: uint8 `(n, ...)`; half are for calibration, the other half
            decides between the two.

    Returns:
        `{method: mean absolute change of the outputs}`; the smaller was kept.
    """
    calibration, held_out = np.array_split(images, 2)
    methods = {"dynamic": _dynamic, "static": _static}
    candidates = {name: path.with_name(f"{path.name}.{name}") for name in methods}
    changes = {}
    for name, quantize in methods.items():
        quantize(source, candidates[name], calibration)
        change = output_change(source, candidates[name], held_out)["mean"]
        changes[name] = change if np.isfinite(change) else np.inf
    best = min(changes, key=changes.get)
    _finish(source, path, candidates[best], best)
    for candidate in candidates.values():
        candidate.unlink()
    return changes


def _finish(source, path, candidate, method):
    import onnx

    details = {**onnx_file.metadata(source), "precision": f"int8 ({method})"}
    onnx_file.save(onnx.load(str(candidate)), path, details)


def _dynamic(source, path, calibration):
    from onnxruntime import quantization

    with _prepared(source) as prepared, _quiet():
        quantization.quantize_dynamic(prepared, str(path), per_channel=True)


def _static(source, path, calibration):
    from onnxruntime import quantization

    with _prepared(source) as prepared, _quiet():
        quantization.quantize_static(
            prepared, str(path), _reader(calibration), per_channel=True
        )


@contextlib.contextmanager
def _prepared(source):
    """The file after shape inference and graph optimisation."""
    from onnxruntime import quantization

    prepared = source.with_name(f"{source.name}.prepared")
    # Symbolic shapes would need another package; these graphs have none.
    quantization.quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    try:
        yield str(prepared)
    finally:
        prepared.unlink()


@contextlib.contextmanager
def _quiet():
    """The quantizer advises on the root logger what has been done already."""
    disabled, root = logging.root.manager.disable, logging.root
    root.manager.disable = logging.WARNING
    try:
        yield
    finally:
        root.manager.disable = disabled


def _reader(calibration):
    from onnxruntime import quantization

    class Reader(quantization.CalibrationDataReader):
        def __init__(self):
            starts = range(0, len(calibration), CALIBRATION_BATCH)
            self.batches = iter(calibration[i : i + CALIBRATION_BATCH] for i in starts)

        def get_next(self):
            batch = next(self.batches, None)
            return None if batch is None else {"images": batch}

    return Reader()


def output_change(before, after, images):
    """Largest and mean absolute difference of two files' outputs on images."""
    (wanted,), (got,) = (onnx_file.run(path, [images]) for path in (before, after))
    differences = [np.abs(wanted[name] - got[name]) for name in wanted]
    return {
        "largest": float(np.max([d.max() for d in differences])),
        "mean": float(np.mean([d.mean() for d in differences])),
    }
