"""Programs of XLA, kept between processes."""

import subprocess
import sys

import pytest

from tfmi.training import compilation_cache

FLAG = f"--{compilation_cache.FLAG}="


@pytest.fixture
def device(tmp_path, monkeypatch):
    """What a machine with a driver of a GPU has."""
    (tmp_path / "nvidiactl").touch()
    monkeypatch.setattr(compilation_cache, "DEVICES", (str(tmp_path / "nvidiactl"),))
    monkeypatch.setenv("TFMI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TF_XLA_FLAGS", "")


@pytest.mark.usefixtures("device")
def test_a_gpu_has_one(tmp_path, monkeypatch):
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_clustering_debug")
    compilation_cache.use()
    before, own = compilation_cache.os.environ["TF_XLA_FLAGS"].split()
    assert before == "--tf_xla_clustering_debug"
    (folder,) = (tmp_path / "cache").iterdir()
    assert own == f"{FLAG}{folder}"
    # A folder of the user's own stays.
    compilation_cache.use()
    assert compilation_cache.os.environ["TF_XLA_FLAGS"] == f"{before} {own}"


@pytest.mark.usefixtures("device")
def test_without_a_folder_nothing_is_kept(tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("no folder")
    compilation_cache.use()
    assert not compilation_cache.os.environ["TF_XLA_FLAGS"]
    monkeypatch.setenv("TFMI_CACHE_DIR", str(tmp_path / "a b"))
    compilation_cache.use()
    assert not compilation_cache.os.environ["TF_XLA_FLAGS"]


@pytest.mark.usefixtures("device")
def test_without_a_gpu_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(compilation_cache, "DEVICES", (str(tmp_path / "none"),))
    compilation_cache.use()
    assert not compilation_cache.os.environ["TF_XLA_FLAGS"]


STEPS = """
import os, sys
os.environ["TF_XLA_FLAGS"] = sys.argv[1]
import tensorflow as tf
from tfmi.training import compiled_steps


class Model:
    metrics = [tf.keras.metrics.Mean(name="loss")]

    def train_step(self, data):
        return {"loss": tf.reduce_sum(tf.sin(data)) * 0 + 2}


batches = tf.data.Dataset.from_tensors(tf.zeros((2,))).repeat()
print(float(compiled_steps.CompiledSteps(Model(), batches)(3)["loss"]))
"""


def test_damaged_programs_are_made_anew(tmp_path):
    """Cut off, as a full disk leaves them: TensorFlow itself raises an error then."""
    cut = 0
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", STEPS, f"{FLAG}{tmp_path}"],
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.stdout == "2.0\n", done.stderr
        (file,) = tmp_path.iterdir()
        content = file.read_bytes()
        assert len(content) > cut
        cut = len(content) // 2
        file.write_bytes(content[:cut])


STEP = """
import os, sys
os.environ["TF_XLA_FLAGS"] = sys.argv[1]
import tensorflow as tf
kept = tf.function(lambda x: tf.sin(x) + 1, jit_compile=True)
print(float(kept(tf.zeros(()))))
"""


def test_files_are_named_as_clear_removes_them(tmp_path, monkeypatch):
    """By TensorFlow itself, which keeps programs of a CPU as well when asked."""
    flag = f"{FLAG}{tmp_path}"
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", STEP, flag],
            check=True,
            capture_output=True,
            text=True,
        )
        assert done.stdout == "1.0\n"
        assert len(list(tmp_path.iterdir())) == 1
    monkeypatch.setenv("TF_XLA_FLAGS", flag)
    assert compilation_cache.clear()
    assert not list(tmp_path.iterdir())
    assert not compilation_cache.clear()
