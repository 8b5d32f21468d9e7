"""The training loop: executions of several steps, within an epoch."""

import itertools

import keras
import pytest
import tensorflow as tf

from tfmi.training import loop


class Counter(keras.Model):
    """Its loss is the number of the batch, its metric their mean."""

    def __init__(self):
        super().__init__()
        self.seen = keras.metrics.Mean(name="seen")
        self.steps_done = self.add_weight(
            shape=(), dtype="int64", initializer="zeros", trainable=False
        )
        self.compile(jit_compile=False)

    @property
    def metrics(self):
        return [self.seen]

    def train_step(self, data):
        self.steps_done.assign_add(1)
        self.seen.update_state(data)
        return self.get_metrics_result()


class Record(keras.callbacks.Callback):
    def __init__(self, stop_after=None):
        super().__init__()
        self.epochs, self.positions = [], []
        self.stop_after = stop_after

    def on_epoch_begin(self, epoch, logs=None):
        self.positions.append([])

    def on_train_batch_end(self, batch, logs=None):
        self.positions[-1].append(batch)
        if self.stop_after == len(list(itertools.chain(*self.positions))):
            self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append((epoch, logs["seen"]))


def fit(first, total, per_epoch, record):
    model = Counter()
    batches = tf.data.Dataset.range(first, total).map(lambda n: tf.cast(n, tf.float32))
    loop.fit(model, batches, loop.Span(first, total, per_epoch), [record])
    return int(model.steps_done)


def test_executions_grow_and_end_with_the_epoch():
    record = Record()
    assert fit(0, 22, 11, record) == 22
    assert record.epochs == [(0, 5.0), (1, 16.0)]
    assert record.positions[0][:2] == [0, 1]
    assert all(epoch[-1] == 10 for epoch in record.positions)
    assert len(record.positions[1]) < 11


def test_a_begun_epoch_is_finished():
    record = Record()
    assert fit(14, 22, 11, record) == 8
    assert record.epochs == [(1, 17.5)]
    assert record.positions[0][0] == 3


@pytest.mark.parametrize("seconds", [0, loop.SECONDS])
def test_stops_after_the_execution(seconds, monkeypatch):
    monkeypatch.setattr(loop, "SECONDS", seconds)
    record = Record(stop_after=3)
    assert fit(0, 22, 11, record) == (3 if seconds == 0 else 4)
    # An epoch that was not ended has no mean.
    assert record.epochs == []
