"""Locks that end with the process which holds them, also where it is killed."""

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


def lock(file):
    """Lock an open file until it is closed or its process ends.

    The system keeps the lock: it holds for processes of other containers too, and
    of other machines where the file system is shared between them.

    Returns:
        `False` where it is locked already, `None` where there are no locks: on
        Windows and on some network file systems.
    """
    if fcntl is None:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
