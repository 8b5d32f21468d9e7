"""Our own renderer of the 3D Shapes scene: a room with an object in it.

Every geometry (scale, shape, orientation) is ray-cast once into maps of light:
how much of each pixel is floor, wall and object, and how bright. A picture of
any three hues is then a weighted sum of colours.
"""

import colorsys

import numpy as np

SIDE = 64
SUPERSAMPLING = 4
HUES, SCALES, SHAPES, ORIENTATIONS = 10, 8, 4, 15
SHAPE_NAMES = ("cube", "cylinder", "sphere", "capsule")
SCALE_VALUES = np.linspace(0.75, 1.25, SCALES)
ORIENTATION_VALUES = np.linspace(-30.0, 30.0, ORIENTATIONS)
COLORS = np.array([colorsys.hsv_to_rgb(h / HUES, 1, 1) for h in range(HUES)])
ROOM = 4.0
LIGHT = np.array([1.2, 5.0, 2.4])
AMBIENT = 0.45
CAMERA_DISTANCE, CAMERA_HEIGHT, TARGET_HEIGHT = 3.7, 2.3, 0.75
VIEW = 0.50
FAR = 1e9


def geometry_maps(scale, shape, orientation):
    """Ray-cast one geometry.

    Args:
        scale, shape, orientation: indices.

    Returns:
        float32 `(SIDE, SIDE, 4)`: the light of floor, wall and object, to be
        multiplied by their colours, and white light, to be added.
    """
    origin, rays = _camera(np.radians(ORIENTATION_VALUES[orientation]))
    body = _Body(shape, SCALE_VALUES[scale])
    room_distance, room_normal, is_floor = _hit_room(origin, rays)
    distance, normal = body.hit(origin, rays)
    is_object = distance < room_distance
    normal = np.where(is_object[:, None], normal, room_normal)
    distance = np.where(is_object, distance, room_distance)
    point = origin + distance[:, None] * rays
    to_light = LIGHT - point
    to_light /= np.linalg.norm(to_light, axis=1, keepdims=True)
    lit = np.clip((normal * to_light).sum(axis=1), 0, 1)
    shadow = ~is_object & (body.hit(point + 1e-3 * normal, to_light)[0] < FAR)
    light = AMBIENT + (1 - AMBIENT) * np.where(shadow, 0.15, 1) * lit
    half = to_light - rays
    half /= np.linalg.norm(half, axis=1, keepdims=True)
    shine = 0.35 * is_object * np.clip((normal * half).sum(axis=1), 0, 1) ** 40
    maps = [is_floor & ~is_object, ~is_floor & ~is_object, is_object]
    maps = np.stack([*(light * part for part in maps), shine], axis=1)
    blocks = (SIDE, SUPERSAMPLING, SIDE, SUPERSAMPLING, 4)
    return maps.reshape(blocks).mean(axis=(1, 3)).astype(np.float32)


def paint(maps, hues):
    """Pictures of geometries in three hues each.

    Args:
        maps: `(batch, SIDE, SIDE, 4)`, of `geometry_maps`.
        hues: int `(batch, 3)`, of floor, wall and object.

    Returns:
        uint8 `(batch, SIDE, SIDE, 3)`.
    """
    colors = COLORS[hues].astype(np.float32)
    pixels = np.einsum("bhwk,bkc->bhwc", maps[..., :3], colors, optimize=True)
    return (255 * np.clip(pixels + maps[..., 3:], 0, 1) + 0.5).astype(np.uint8)


def _camera(angle):
    """The eye and unit rays `(pixels, 3)`: it goes round the object."""
    eye = np.array(
        [
            CAMERA_DISTANCE * np.sin(angle),
            CAMERA_HEIGHT,
            CAMERA_DISTANCE * np.cos(angle),
        ]
    )
    forward = np.array([0, TARGET_HEIGHT, 0]) - eye
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0, 1, 0])
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    count = SIDE * SUPERSAMPLING
    steps = VIEW * (2 * (np.arange(count) + 0.5) / count - 1)
    rows, columns = np.meshgrid(-steps, steps, indexing="ij")
    rays = forward + columns.reshape(-1, 1) * right + rows.reshape(-1, 1) * up
    return eye, rays / np.linalg.norm(rays, axis=1, keepdims=True)


def _hit_room(origin, rays):
    """Distance, inner normal and whether it is the floor, of the room's box."""
    with np.errstate(divide="ignore"):
        floor = np.where(rays[:, 1] < 0, -origin[1] / rays[:, 1], FAR)
        walls = [
            (np.sign(rays[:, axis]) * ROOM - origin[axis]) / rays[:, axis]
            for axis in (0, 2)
        ]
    every = np.nan_to_num(np.stack([floor, *walls]), nan=FAR, posinf=FAR)
    nearest = every.argmin(axis=0)
    normal = np.zeros_like(rays)
    normal[nearest == 0, 1] = 1
    for number, axis in ((1, 0), (2, 2)):
        hit = nearest == number
        normal[hit, axis] = -np.sign(rays[hit, axis])
    return every.min(axis=0), normal, nearest == 0


class _Body:
    """The object, standing on the floor at the room's centre."""

    def __init__(self, shape, scale):
        self.size = 0.75 * scale
        self.hit = (self._cube, self._cylinder, self._sphere, self._capsule)[shape]

    def _cube(self, origin, rays):
        half = 0.85 * self.size
        low = np.array([-half, 0, -half])
        high = np.array([half, 2 * half, half])
        with np.errstate(divide="ignore", invalid="ignore"):
            first, second = (low - origin) / rays, (high - origin) / rays
        near, far = np.minimum(first, second), np.maximum(first, second)
        axis = near.argmax(axis=1)
        distance = near.max(axis=1)
        missed = (distance > far.min(axis=1)) | (distance <= 0)
        normal = np.zeros_like(rays)
        pick = np.arange(len(rays)), axis
        normal[pick] = -np.sign(rays[pick])
        return np.where(missed, FAR, distance), normal

    def _cylinder(self, origin, rays):
        return _nearest(
            self._tube(origin, rays, 0, 2 * self.size),
            self._disc(origin, rays, 2 * self.size),
        )

    def _sphere(self, origin, rays):
        return self._ball(origin, rays, self.size, self.size)

    def _capsule(self, origin, rays):
        radius, top = self.size * 0.7, self.size * 2.2 - self.size * 0.7
        return _nearest(
            self._tube(origin, rays, radius, top, radius),
            self._ball(origin, rays, radius, radius),
            self._ball(origin, rays, top, radius),
        )

    def _ball(self, origin, rays, height, radius):
        center = np.array([0, height, 0])
        offset = origin - center
        distance = _smaller_root(
            1.0, (rays * offset).sum(axis=-1), (offset * offset).sum(axis=-1), radius
        )
        point = origin + distance[:, None] * rays
        return distance, (point - center) / radius

    def _tube(self, origin, rays, low, high, radius=None):
        radius = radius or self.size * 0.9
        flat = rays * [1, 0, 1]
        across = origin * [1, 0, 1]
        distance = _smaller_root(
            np.maximum((flat * flat).sum(axis=1), 1e-12),
            (flat * across).sum(axis=-1),
            (across * across).sum(axis=-1),
            radius,
        )
        point = origin + distance[:, None] * rays
        outside = (point[:, 1] < low) | (point[:, 1] > high)
        return np.where(outside, FAR, distance), point * [1, 0, 1] / radius

    def _disc(self, origin, rays, height):
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = (height - np.asarray(origin)[..., 1]) / rays[:, 1]
            point = origin + distance[:, None] * rays
        inside = (point[:, [0, 2]] ** 2).sum(axis=1) < (self.size * 0.9) ** 2
        hit = inside & (distance > 0) & np.isfinite(distance)
        return np.where(hit, distance, FAR), np.broadcast_to([0.0, 1, 0], rays.shape)


def _smaller_root(a, b, square, radius):
    """The first positive distance to a round body, `FAR` where there is none."""
    inner = b * b - a * (square - radius * radius)
    distance = (-b - np.sqrt(np.maximum(inner, 0))) / a
    return np.where((inner > 0) & (distance > 0), distance, FAR)


def _nearest(*hits):
    distances = np.stack([distance for distance, _ in hits])
    normals = np.stack([normal for _, normal in hits])
    nearest = distances.argmin(axis=0)
    pick = nearest, np.arange(distances.shape[1])
    return distances[pick], normals[pick]
