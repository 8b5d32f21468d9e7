"""The face of the package as a user's type checker sees it (`make types`)."""

from typing import Any
from typing import assert_type

import numpy as np
import numpy.typing as npt

import tfmi
from tfmi.evaluation.results import Results
from tfmi.inference.encoders import Encoder
from tfmi.runs import Run

images = np.zeros((2, 28, 28, 3), np.uint8)
vectors = (
    tfmi.SharedEncoder("exported/mine", batch_size=8).fit(images).transform(images)
)
assert_type(vectors, npt.NDArray[np.float32])
assert_type(tfmi.ExclusiveEncoder("mine.onnx").fit(images), tfmi.ExclusiveEncoder)
assert_type(tfmi.open_encoder("exported/mine"), Encoder)
run = tfmi.train("colored-mnist", sample=True, shared_epochs=1)
assert_type(run, Run)
assert_type(tfmi.resume(run, probe_every=10), Run)
assert_type(tfmi.evaluate(tfmi.load_run("runs/mine"), seeds=3), Results)
assert_type(tfmi.export(run, formats=("onnx",)), list[dict[str, Any]])
assert_type(tfmi.Representation("shared", "S", "shared"), tfmi.Representation)
# Each of these is wrong, and mypy must say so (warn_unused_ignores).
tfmi.train(1)  # type: ignore[arg-type]
tfmi.SharedEncoder("mine.onnx", batch_size="many")  # type: ignore[arg-type]
tfmi.evaluate(run, dataset=1)  # type: ignore[arg-type]
tfmi.misspelt  # type: ignore[attr-defined]  # noqa: B018
