"""What the operating system says of an error, in the language of the moment."""

from __future__ import annotations

import errno

from namecls.language import N_, _

#: The texts of glibc for what users meet, for the catalogues; any other text is shown as the system has it.
_SAID = {
    errno.EPERM: N_("Operation not permitted"),
    errno.ENOENT: N_("No such file or directory"),
    errno.EIO: N_("Input/output error"),
    errno.ENOMEM: N_("Cannot allocate memory"),
    errno.EACCES: N_("Permission denied"),
    errno.EBUSY: N_("Device or resource busy"),
    errno.EEXIST: N_("File exists"),
    errno.ENOTDIR: N_("Not a directory"),
    errno.EISDIR: N_("Is a directory"),
    errno.EINVAL: N_("Invalid argument"),
    errno.EMFILE: N_("Too many open files"),
    errno.EFBIG: N_("File too large"),
    errno.ENOSPC: N_("No space left on device"),
    errno.EROFS: N_("Read-only file system"),
    errno.EPIPE: N_("Broken pipe"),
    errno.ENAMETOOLONG: N_("File name too long"),
    errno.ENOTEMPTY: N_("Directory not empty"),
    errno.ELOOP: N_("Too many levels of symbolic links"),
    errno.ESTALE: N_("Stale file handle"),
    errno.EDQUOT: N_("Disk quota exceeded"),
    errno.EADDRINUSE: N_("Address already in use"),
    errno.EADDRNOTAVAIL: N_("Cannot assign requested address"),
    errno.ECONNREFUSED: N_("Connection refused"),
}


def reason_of(error: BaseException) -> str:
    """Why something could not be done: what the system says, or the error itself."""
    said = getattr(error, "strerror", None)
    if not said:
        return str(error)
    known = _SAID.get(getattr(error, "errno", None) or 0)
    return _(known) if known is not None and known == said else str(said)
