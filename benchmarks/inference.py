"""What an exported encoder costs: throughput, latency, size on disk.

    python benchmarks/inference.py RUN exported/colored-mnist

Keras `predict`, the SavedModel (by the server's loader), ONNX in float32 and,
where they were exported, int8 and float16; batches of 1, 16 and 256; on 1 and
on 2 cores. Within one process the runners take turns, so that their ratios
hold even where the machine's speed does not.
"""

import argparse
import functools
import json
import os
import pathlib
import subprocess
import sys

import measuring
import numpy as np

BATCHES = (1, 16, 256)
ROUNDS = 20


def main():
    options = _parser().parse_args()
    if options.cores:
        print(json.dumps(_measure(options)))
        return
    rows = []
    for cores in (1, 2):
        command = [sys.executable, __file__, options.run, options.export]
        command += ["--encoder", options.encoder, "--seconds", str(options.seconds)]
        output = subprocess.run(
            [*command, "--cores", str(cores)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        rows += json.loads(output.splitlines()[-1])
    measuring.report(rows, options.json)


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="the run folder that was exported")
    parser.add_argument("export", help="its folder below exported/")
    parser.add_argument("--encoder", default="shared_x")
    parser.add_argument("--seconds", type=float, default=5, help="a runner and batch")
    parser.add_argument("--cores", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--json")
    return parser


def _measure(options):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    runners, image_shape = _runners(options)
    rows = []
    for batch in BATCHES:
        shape = (batch, *image_shape)
        images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        times = measuring.take_turns(
            {name: functools.partial(run, images) for name, run in runners.items()},
            ROUNDS,
            at_least=options.seconds,
        )
        for name, seconds in times.items():
            milliseconds = 1000 * np.asarray(seconds)
            rows.append(
                {
                    "runner": name,
                    "cores": options.cores,
                    "batch": batch,
                    "images/s": batch / float(np.median(seconds)),
                    "p50 ms": float(np.percentile(milliseconds, 50)),
                    "p99 ms": float(np.percentile(milliseconds, 99)),
                    "bytes": _size(options, name),
                }
            )
    return rows


def _runners(options):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(options.cores)
    tf.config.threading.set_inter_op_parallelism_threads(options.cores)
    from tfmi import runs
    from tfmi.exporting.serving_model import serving_model

    run = runs.load(options.run)
    representation, _, domain = options.encoder.partition("_")
    model = serving_model(
        {representation: run.encoder(representation, domain or "x")}, run.image_shape
    )
    runners = {
        "keras predict": lambda images: model.predict(images, verbose=0),
        "savedmodel": _saved_model(options),
    }
    for path in _onnx_files(options):
        runners[_label(path)] = _onnx(path, options.cores)
    return runners, run.image_shape


def _saved_model(options):
    import tensorflow as tf

    with tf.Graph().as_default():
        session = tf.compat.v1.Session()
        loaded = tf.compat.v1.saved_model.loader.load(
            session, ["serve"], str(_version(options))
        )
    signature = loaded.signature_def["serving_default"]
    (image,) = signature.inputs.values()
    outputs = [info.name for info in signature.outputs.values()]
    return session.make_callable(outputs, feed_list=[image.name])


def _onnx(path, cores):
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = cores
    session = onnxruntime.InferenceSession(
        str(path), settings, providers=["CPUExecutionProvider"]
    )
    return lambda images: session.run(None, {"images": images})


def _onnx_files(options):
    return sorted(pathlib.Path(options.export).glob(f"{options.encoder}*.onnx"))


def _label(path):
    kind = path.name.removesuffix(".onnx").partition(".")[2]
    return f"onnx {kind or 'float32'}"


def _version(options):
    folder = pathlib.Path(options.export) / options.encoder
    return max(
        (p for p in folder.iterdir() if p.name.isdecimal()), key=lambda p: int(p.name)
    )


def _size(options, runner):
    for path in _onnx_files(options):
        if _label(path) == runner:
            return path.stat().st_size
    if runner == "savedmodel":
        files = _version(options).rglob("*")
        return sum(path.stat().st_size for path in files if path.is_file())
    return None


if __name__ == "__main__":
    main()
