"""Format numbers for tables and lines."""

from __future__ import annotations

from namecls.language import _


def clock(seconds: float) -> str:
    """``0:14``, ``2:05:09``."""
    whole = max(int(seconds), 0)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def duration(seconds: float) -> str:
    """Format a duration, roughly: ``40 s``, ``3 min``."""
    if seconds < 90:
        return _("{seconds} s").format(seconds=max(round(seconds), 1))
    if seconds < 90 * 60:
        return _("{minutes} min").format(minutes=round(seconds / 60))
    return _("{hours:.1f} h").format(hours=seconds / 3600)


def loss(value: float, decimals: int, room: int) -> str:
    """A loss with so many decimals, or as many as there is room for; with an exponent, if it is too large for that.

    :param room: cells, at least 6.
    """
    for places in range(decimals, 0, -1):
        if len(shown := f"{value:.{places}f}") <= room:
            return shown
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa  # nan, inf
