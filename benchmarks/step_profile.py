"""Where a training step's time goes: time of each kind of operation.

    python benchmarks/step_profile.py colored-mnist-paper --stage shared
    python benchmarks/step_profile.py colored-mnist precision=mixed_bfloat16 --each 20

A variant is as in train_step.py. Operations run one after another here, each on
all cores, so that their times add up; in training independent ones overlap.
A time is the lower quartile over the steps. `--each N` lists the N longest
operations by name as well. The last row is what the useful operations of the step
would take at the rate of a float32 matrix product.
"""

import argparse
import collections
import pathlib
import tempfile

import measuring
import numpy as np
import train_step

# Of the step: kinds below it are one row.
LEAST_SHARE = 0.003


def main():
    options = _parser().parse_args()
    import tensorflow as tf

    tf.config.threading.set_inter_op_parallelism_threads(1)
    run, useful = train_step.build(options.variant, options.stage, options)
    multiply = measuring.sgemm()
    for _ in range(3):
        run()
    spent = measuring.take_turns({"step": run, "sgemm": multiply}, options.steps)
    times = operation_times(run, options.steps)
    rows = kinds(times) + _longest(times, options.each)
    step = float(np.median(spent["step"]))
    rate = measuring.sgemm_rate(spent["sgemm"])
    rows.append(_row("(step, untraced)", 1, step))
    rows.append(_row("(its useful operations at sgemm's rate)", 1, useful / rate))
    for row in rows:
        row["of the step"] = row["ms"] / 1000 / step
    measuring.report(rows, options.json)


def _parser():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("variant", nargs="+")
    parser.add_argument("--stage", choices=["shared", "exclusive"], default="shared")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--each", type=int, default=0)
    return train_step.with_step_options(parser)


def operation_times(run, steps):
    """`{"name:kind": (calls a step, seconds a step)}` of a step's operations."""
    durations = collections.defaultdict(list)
    for name, seconds in _trace(run, steps):
        durations[name].append(seconds)
    return {
        name: (len(each) / steps, float(np.quantile(each, 0.25)) * len(each) / steps)
        for name, each in durations.items()
    }


def _trace(run, steps):
    """Name and seconds of every operation that ran in `steps` steps."""
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder):
            for _ in range(steps):
                run()
        (path,) = pathlib.Path(folder).rglob("*.xplane.pb")
        space = xplane_pb2.XSpace.FromString(path.read_bytes())
    (plane,) = (p for p in space.planes if p.name == "/host:CPU")
    for line in plane.lines:
        for event in line.events:
            name = plane.event_metadata[event.metadata_id].name
            # Operations are "name:kind"; the rest are the runtime's functions.
            if name.count(":") == 1 and " " not in name:
                yield name, event.duration_ps / 1e12


def kinds(times):
    """Rows of the kinds of operation, the longest first."""
    by_kind = collections.defaultdict(list)
    whole = sum(seconds for _, seconds in times.values())
    for name, time in times.items():
        by_kind[name.partition(":")[2]].append(time)
    sums = {
        kind: tuple(map(sum, zip(*each, strict=True))) for kind, each in by_kind.items()
    }
    large = {k: time for k, time in sums.items() if time[1] >= LEAST_SHARE * whole}
    small = [time for kind, time in sums.items() if kind not in large]
    rows = _longest(large, len(large))
    return (
        [*rows, _row("(others)", *map(sum, zip(*small, strict=True)))]
        if small
        else rows
    )


def _longest(times, count):
    rows = [_row(name, *time) for name, time in times.items()]
    return sorted(rows, key=lambda row: -row["ms"])[:count]


def _row(what, calls, seconds):
    return {"operation": what, "calls": float(calls), "ms": 1000 * seconds}


if __name__ == "__main__":
    main()
