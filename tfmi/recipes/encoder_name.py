"""What the setting `encoder` of a recipe may name: an encoder of the user's own."""

import pathlib

from tfmi.errors import UsageError

APPLICATIONS = "keras.applications:"
RULE = "encoder must be a .keras file or keras.applications:NAME"


def application(name):
    """The NAME of "keras.applications:NAME"; `None` for the path of a file.

    Raises:
        UsageError: for what can be neither.
    """
    if name.startswith(APPLICATIONS) and name.removeprefix(APPLICATIONS).isidentifier():
        return name.removeprefix(APPLICATIONS)
    if not name.endswith(".keras"):
        raise UsageError(f"{RULE}. Received: {name}")
    return None


def check(name):
    """Check an encoder before TensorFlow is loaded; what is in it shows later.

    Raises:
        UsageError: for another name than of the two kinds, or a file that is not
            there.
    """
    if application(name) is None and not pathlib.Path(name).is_file():
        raise UsageError(f"{RULE}. Received: {name}, which is no file")
