"""Two pictures as clinics have them on file, drawn pixel by pixel: a hand like an x-ray, a foot's pressure scan."""

from math import exp, hypot
from typing import NamedTuple

from openprac.demo.paper import png

XRAY_SIZE = (200, 260)
SCAN_SIZE = (120, 260)


class _Bone(NamedTuple):
    """A rod from one end to the other; `radius` at its ends, thinner between, as long bones are."""

    x1: float
    y1: float
    x2: float
    y2: float
    radius: float


class _Blob(NamedTuple):
    x: float
    y: float
    width: float
    height: float
    pressure: float


_FINGERS = (  # from the little finger: where it leaves the palm, where it ends, how thick it is
    ((66, 138), (34, 62), 6.0),
    ((82, 126), (66, 34), 7.0),
    ((101, 122), (101, 22), 7.5),
    ((120, 127), (138, 36), 7.0),
    ((134, 164), (182, 104), 7.5),
)
_WRIST = (92, 196)
_CARPALS = ((78, 190, 9), (92, 184, 9), (106, 186, 10), (118, 192, 9), (86, 204, 9), (100, 204, 10), (112, 206, 9))
_FOREARM = (_Bone(82, 222, 76, 275, 9), _Bone(108, 224, 112, 275, 13))

_BLOBS = (
    _Blob(58, 212, 24, 28, 1.0),
    _Blob(76, 150, 10, 36, 0.35),
    _Blob(36, 84, 15, 16, 1.0),
    _Blob(58, 80, 16, 15, 0.8),
    _Blob(82, 94, 15, 18, 0.65),
    _Blob(30, 38, 11, 14, 0.9),
    _Blob(52, 34, 7, 8, 0.5),
    _Blob(67, 39, 6, 7, 0.45),
    _Blob(80, 48, 6, 7, 0.4),
    _Blob(92, 60, 6, 7, 0.3),
)


def xray_hand() -> bytes:
    """A left hand, white on black, as a grey PNG."""
    width, height = XRAY_SIZE
    across = [exp(-(((x - 100) / 70) ** 2)) for x in range(width)]
    down = [18 * exp(-(((y - 140) / 110) ** 2)) for y in range(height)]
    light = [12 + row * column for row in down for column in across]
    for bone in _bones():
        _shine(light, bone._replace(radius=bone.radius * 2.1), 48.0, waist=1.0)
    for bone in _bones():
        _shine(light, bone, 225.0, waist=0.62)
    return png(width, height, bytes(map(round, light)))


def pressure_scan() -> bytes:
    """The sole of a right foot, blue where it hardly touches the ground and red where it presses, as a coloured PNG."""
    width, height = SCAN_SIZE
    pixels = bytearray()
    columns = [[exp(-(((x - blob.x) / blob.width) ** 2)) for x in range(width)] for blob in _BLOBS]
    for y in range(height):
        rows = [blob.pressure * exp(-(((y - blob.y) / blob.height) ** 2)) for blob in _BLOBS]
        near = [(row, column) for row, column in zip(rows, columns, strict=True) if row > 0.01]
        for x in range(width):
            pixels += _heat(sum(row * column[x] for row, column in near))
    return png(width, height, bytes(pixels), colour=True)


def _bones() -> list[_Bone]:
    bones = [_Bone(x, y, x, y, radius) for x, y, radius in _CARPALS]
    bones += _FOREARM
    for (x1, y1), (x2, y2), radius in _FINGERS:
        base = (_WRIST[0] + 0.42 * (x1 - _WRIST[0]), _WRIST[1] - 14)
        bones.append(_Bone(*base, *_between(base, (x1, y1), 0.86), radius))
        for start, end in ((0.06, 0.44), (0.52, 0.75), (0.83, 1.0)):
            ends = (*_between((x1, y1), (x2, y2), start), *_between((x1, y1), (x2, y2), end))
            bones.append(_Bone(*ends, radius * (1 - 0.35 * start)))
    return bones


def _between(start: tuple[float, float], end: tuple[float, float], part: float) -> tuple[float, float]:
    return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part


def _shine(light: list[float], bone: _Bone, brightness: float, *, waist: float) -> None:
    """Draw a bone over what is darker, visiting its bounding box only. `waist` is its thickness half way."""
    width, height = XRAY_SIZE
    x1, y1, x2, y2, radius = bone
    long_x, long_y = x2 - x1, y2 - y1
    squared = long_x**2 + long_y**2 or 1.0
    for y in range(max(0, int(min(y1, y2) - radius)), min(height, int(max(y1, y2) + radius) + 2)):
        for x in range(max(0, int(min(x1, x2) - radius)), min(width, int(max(x1, x2) + radius) + 2)):
            along = min(1.0, max(0.0, ((x - x1) * long_x + (y - y1) * long_y) / squared))
            reach = radius * (waist + (1 - waist) * (2 * along - 1) ** 2)
            distance = hypot(x - x1 - along * long_x, y - y1 - along * long_y) / reach
            if distance < 1:
                # The shell of a bone is denser than its middle, so the rim is the brighter part.
                shade = brightness * min(1.0, 4 * (1 - distance)) * (0.6 + 0.4 * distance**2)
                light[y * width + x] = max(light[y * width + x], shade)


def _heat(pressure: float) -> bytes:
    """From dark blue through cyan, green and yellow to red."""
    if pressure < 0.04:
        return b"\x10\x12\x28"
    position = min(pressure, 1.0) * 4
    step, part = int(min(position, 3.999)), position - int(min(position, 3.999))
    rising, falling = round(255 * part), round(255 * (1 - part))
    return bytes(((0, rising, 255), (0, 255, falling), (rising, 255, 0), (255, falling, 0))[step])
