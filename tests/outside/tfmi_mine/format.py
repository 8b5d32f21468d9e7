"""An export format: the weights as arrays, and Keras to run them."""

import keras

from tfmi.exporting.formats.base import Format


class KerasFile(Format):
    """The model as Keras itself keeps it."""

    kind = "weights"
    suffix = ".mine.keras"

    def write(self, export, path):
        export.model.save(path)

    def run(self, path, batches):
        model = keras.saving.load_model(path)
        return [
            {name: value.numpy() for name, value in model(batch).items()}
            for batch in batches
        ]


FORMAT = KerasFile()
