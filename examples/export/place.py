"""Where a bundle is put: checked before anything is read, written beside it, and moved there when it is whole."""

import contextlib
import os
import re
import shutil
from pathlib import Path

from source import ExportError


def check(out):
    """Raises ExportError unless `out` can become a folder; nothing is made yet."""
    if out.is_symlink():
        raise ExportError(f"{out} is a link; give the folder itself")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ExportError(f"{out} is not an empty folder; give a new one")
    if Path.cwd().is_relative_to(out.resolve()):
        raise ExportError(f"{out} is the folder that this runs in; give another, which a new one can take the place of")
    above = next(path for path in out.absolute().parents if path.exists() or path.is_symlink())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise ExportError(f"{out} cannot be made: {above} is no folder that may be written to")


def alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # there is one, of another user
        pass
    return True


def remove_abandoned(out):
    """What exports to the same place left behind that were killed."""
    for path in out.parent.iterdir():
        found = re.fullmatch(re.escape(out.name) + r"\.partial-(\d{1,9})", path.name)
        if found and (int(found[1]) == os.getpid() or not alive(int(found[1]))):
            shutil.rmtree(path)


@contextlib.contextmanager
def whole(out):
    """An empty folder that becomes `out` if all goes well, and nothing if not."""
    work = out.parent / f"{out.name}.partial-{os.getpid()}"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned(out)
        work.mkdir()
    except OSError as error:
        raise ExportError(f"{out} cannot be made: {error.strerror}: {error.filename}; give another place") from None
    try:
        yield work
        try:
            if out.exists():
                out.rmdir()
            work.rename(out)
        except OSError as error:
            raise ExportError(f"{out} cannot be written: {error.strerror}; was something put there meanwhile?") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
