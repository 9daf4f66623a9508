"""How colours look to people with a colour vision deficiency, and how far apart two colours are to the eye.

The deficiencies are simulated after Machado, Oliveira and Fernandes, A Physiologically-based Model for Simulation of
Color Vision Deficiency, IEEE Transactions on Visualization and Computer Graphics 15(6), 2009: their matrices of
severity 1.0, which work on linear sRGB.

Differences are CIEDE2000: Sharma, Wu and Dalal, The CIEDE2000 Color-Difference Formula, Color Research and
Application 30(1), 2005. CIE76 takes differences of saturated colours for larger than the eye does, those of blues above
all, so that a palette could pass by two blues that nobody tells apart.
"""

from __future__ import annotations

import math
from itertools import product

from textual.color import Color

#: The rows of the matrix of each deficiency; "normal" leaves a colour as it is.
SIGHTS = {
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}

_WHITE = (0.95047, 1.0, 1.08883)  # D65
_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)

Lab = tuple[float, float, float]
_Row = tuple[float, float, float]


def apart(one: str, other: str) -> float:
    """The CIEDE2000 difference of two colours as whoever sees least of it sees it."""
    return min(difference(seen(one, sight), seen(other, sight)) for sight in SIGHTS)


def least_apart(ones: list[str], others: list[str]) -> tuple[float, str, str]:
    """The two colours, one of each list, that are the least apart, and how far; equal places are no pair."""
    return min((apart(one, other), one, other) for one, other in product(ones, others) if one != other)


def seen(colour: str, sight: str) -> Lab:
    """A colour, as ``#rrggbb``, as CIE L*a*b* of what somebody sees of it."""
    channels = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in Color.parse(colour).rgb)
    ]
    simulated = [min(max(value, 0.0), 1.0) for value in _times(SIGHTS[sight], channels)]
    x, y, z = (
        t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116
        for t in (value / white for value, white in zip(_times(_XYZ, simulated), _WHITE, strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _times(rows: tuple[_Row, _Row, _Row], vector: list[float]) -> list[float]:
    return [sum(factor * value for factor, value in zip(row, vector, strict=True)) for row in rows]


def difference(one: Lab, other: Lab) -> float:
    """CIEDE2000 of two colours in CIE L*a*b*; 1 can just be seen side by side."""
    (light1, a1, b1), (light2, a2, b2) = one, other
    mean = ((math.hypot(a1, b1) + math.hypot(a2, b2)) / 2) ** 7
    g = 0.5 * (1 - math.sqrt(mean / (mean + 25.0**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    chroma1, chroma2 = math.hypot(a1, b1), math.hypot(a2, b2)
    hue1, hue2 = (math.degrees(math.atan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = hue2 - hue1
    grey = chroma1 * chroma2 == 0
    if grey:
        turn = 0.0
    elif abs(turn) > 180:
        turn -= math.copysign(360, turn)
    hue = hue1 + hue2 if grey else (hue1 + hue2) / 2
    if not grey and abs(hue1 - hue2) > 180:
        hue += 180 if hue1 + hue2 < 360 else -180
    light, chroma = (light1 + light2) / 2, (chroma1 + chroma2) / 2
    t = (
        1
        - 0.17 * math.cos(math.radians(hue - 30))
        + 0.24 * math.cos(math.radians(2 * hue))
        + 0.32 * math.cos(math.radians(3 * hue + 6))
        - 0.20 * math.cos(math.radians(4 * hue - 63))
    )
    by_light = 1 + 0.015 * (light - 50) ** 2 / math.sqrt(20 + (light - 50) ** 2)
    by_chroma, by_hue = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    rotation = (
        -2
        * math.sqrt(chroma**7 / (chroma**7 + 25.0**7))
        * math.sin(math.radians(60 * math.exp(-(((hue - 275) / 25) ** 2))))
    )
    dl = (light2 - light1) / by_light
    dc = (chroma2 - chroma1) / by_chroma
    dh = 2 * math.sqrt(chroma1 * chroma2) * math.sin(math.radians(turn / 2)) / by_hue
    return math.sqrt(max(dl * dl + dc * dc + dh * dh + rotation * dc * dh, 0.0))
