"""SavedModels for TensorFlow Serving, run as the server runs them."""

import contextlib
import json
import textwrap

import numpy as np

from tfmi.errors import DataError
from tfmi.evaluation.report import requests
from tfmi.exporting.comparison import largest_difference
from tfmi.exporting.formats.base import Format


class SavedModel(Format):
    """A version folder, with the requests that the server warms it up with."""

    kind = "savedmodel"
    title = "SavedModel"
    suffix = "/{version}"

    def write(self, export, path):
        from tfmi.exporting import served_module
        from tfmi.exporting import warmup

        served_module.save(export.model, path, export.info["enlarge"])
        warmup.write(path, export.info["name"], _requests(export.arrays))

    def run(self, path, batches):
        call = self.open(path)
        return [call(batch) for batch in batches]

    def open(self, path):
        from tfmi.exporting import served_module
        from tfmi.exporting import server_session

        # The stack keeps the session open for as long as the function lives.
        stack = contextlib.ExitStack()
        call, _ = stack.enter_context(server_session.loaded(path))

        def represent(images, opened=stack):
            with server_session.one_line_of_errors(path):
                return call(served_module.DEFAULT, images)

        return represent

    def differences(self, path, arrays):
        """Largest difference of each signature; the warm-up requests are run too."""
        from tfmi.exporting import server_session
        from tfmi.exporting import warmup

        with (
            server_session.loaded(path) as (call, signatures),
            server_session.one_line_of_errors(path),
        ):
            differences = _differences(call, signatures, arrays)
            warmup.check(path, call, signatures)
        return differences

    def signatures(self, path, info):
        """Those of the file, with the size of image that the graph checks."""
        from tfmi.exporting import server_session

        signatures = server_session.signatures(path)
        for signature in signatures.values():
            if "images" in signature["inputs"]:
                shape = [None, *info["image_shape"]]
                signature["inputs"]["images"]["shape"] = shape
        return signatures

    def request(self, info):
        from tfmi.exporting import served_module

        outputs = json.dumps({name: ["..."] for name in info["outputs"]})
        if len(info["outputs"]) == 1:
            outputs = '["..."]'
        commands = ["docker compose up"]
        if served_module.ENCODED in info["signatures"]:
            (tensor,) = info["signatures"][served_module.ENCODED]["inputs"]
            commands.append(
                requests.file_request(
                    info["name"], served_module.ENCODED, tensor, "IMAGE.png"
                )
            )
        commands.append(
            '# IMAGES.json: {"instances": [one list of rows of pixels an image]}\n'
            f"{requests.json_request(info['name'])}"
        )
        if served_module.SCALED in info["signatures"]:
            commands.append(
                "# SCALED.json: the same, numbers from -1 to 1, with "
                f'"signature_name": "{served_module.SCALED}"\n'
                + requests.json_request(info["name"], "SCALED.json")
            )
        lines = [textwrap.indent(command, "    ") for command in commands]
        lines.append(f'The answer: `{{"predictions": [{outputs}]}}`.')
        return "\n\n".join(lines)


FORMAT = SavedModel()


def _requests(arrays):
    """Real images for each signature: `{signature: {input name: array}}`."""
    from tfmi.exporting import reference
    from tfmi.exporting import served_module

    images = arrays["images"][::2]
    requests = {
        served_module.DEFAULT: {"images": images[:1]},
        served_module.SCALED: {"images": reference.scaled(images[:1])},
    }
    if "files" in arrays:
        files = arrays["files"][:3].astype(object)
        requests[served_module.ENCODED] = {"image_bytes": np.array(files)}
    return requests


def _differences(call, signatures, arrays):
    from tfmi.exporting import reference
    from tfmi.exporting import served_module

    images, expected = reference.batches(arrays)
    scaled = [reference.scaled(batch) for batch in images]
    wanted = {
        served_module.DEFAULT: (images, expected),
        served_module.SCALED: (scaled, expected),
    }
    if "files" in arrays:
        wanted[served_module.ENCODED] = reference.batches(arrays, "files")
    if missing := sorted(set(wanted) - set(signatures)):
        raise DataError(
            f"a SavedModel must have the signatures {', '.join(wanted)}. "
            f"Received: none named {', '.join(missing)}"
        )
    return {
        signature: largest_difference(
            expected, [call(signature, batch) for batch in batches]
        )
        for signature, (batches, expected) in wanted.items()
    }
