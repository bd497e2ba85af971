"""
A car that steers by what it sees
=================================

A network looks at the road from the bonnet of a car and says how to steer. It learns from pictures
of one track, driven to the left only, and then drives a lap to the right on another track. What
makes this possible is one line: ``Flip(y="negate")`` of :mod:`skdeep.augmentation`. A picture that
is turned round needs the opposite angle.

NVIDIA's car learned in the same way, from hours of real driving (Bojarski et al., 2016,
"End to end learning for self-driving cars").
"""

# sphinx_gallery_thumbnail_number = 2

import warnings

import matplotlib.pyplot as plt
import numpy as np
from scipy.spatial import cKDTree
from sklearn.exceptions import ConvergenceWarning

from skdeep import CNNRegressor
from skdeep.augmentation import Brightness, Contrast, Flip, Noise

# %%
# Roads
# -----
# A track is a closed line, and the road reaches three metres to both sides. The camera stands 1.2
# metres above the ground. Each of its pixels below the horizon sees one spot of the ground: road, a
# white line or grass.

HEIGHT, WIDTH, FOCAL, EYE = 20, 40, 26.0, 1.2
HALF_ROAD = 3.0


class Track:
    """A closed road around the origin, driven to the left as its angle grows."""

    def __init__(self, waves):
        angle = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
        radius = 35 + sum(size * np.cos(k * angle + phase) for k, size, phase in waves)
        self.line = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        ahead = np.roll(self.line, -1, axis=0) - self.line
        self.heading = np.arctan2(ahead[:, 1], ahead[:, 0])
        self.metres = np.cumsum(np.hypot(*ahead.T))
        self.tree = cKDTree(self.line)

    def place(self, k, offset, turned, direction=1):
        """Return a car beside point k of the line: x, y and heading."""
        heading = self.heading[k] + (direction < 0) * np.pi
        sideways = offset * np.array([-np.sin(heading), np.cos(heading)])
        return np.array([*(self.line[k] + sideways), heading + turned])

    def steering(self, car, direction=1, ahead=6.0):
        """Return the curvature, ten times that in 1/m, that leads to the line in some metres."""
        k = self.tree.query(car[:2])[1]
        for _ in range(3):  # the point of the line that is so far away
            distance = np.hypot(*(self.line[k] - car[:2]))
            step = (ahead - distance) / (self.metres[-1] / len(self.line))
            k = round(k + direction * step) % len(self.line)
        x, y = self.line[k] - car[:2]
        angle = np.arctan2(y, x) - car[2]
        return 10 * 2 * np.sin(angle) / ahead


ROWS, COLUMNS = np.mgrid[:HEIGHT, :WIDTH]
FORWARD = EYE * FOCAL / (ROWS + 0.7)  # metres, by the row below the horizon
LEFTWARD = -(COLUMNS - (WIDTH - 1) / 2) * FORWARD / FOCAL


def view(track, car, random):
    """Return what the camera sees, (HEIGHT, WIDTH)."""
    x, y, heading = car
    ground_x = x + FORWARD * np.cos(heading) - LEFTWARD * np.sin(heading)
    ground_y = y + FORWARD * np.sin(heading) + LEFTWARD * np.cos(heading)
    away, nearest = track.tree.query(np.stack([ground_x, ground_y], axis=-1))
    grass = 0.35 + 0.15 * np.sin(3 * ground_x) * np.sin(3 * ground_y)
    picture = np.where(away < HALF_ROAD, 0.6, grass)
    dashes = (away < 0.15) & (track.metres[nearest] % 6 < 3)
    picture[(abs(away - HALF_ROAD) < 0.25) | dashes] = 1.0
    return picture + 0.02 * random.normal(size=picture.shape)


# %%
# A car that always drove in the middle would show nothing of how to get back there. So the pictures
# for training are taken a little beside the middle, too, and from cars that look a little aside.

random = np.random.default_rng(0)
school = Track([(2, 4, 0.5), (3, 1, 2.0)])
cars = [
    school.place(random.integers(2000), random.normal(0, 0.3), random.normal(0, 0.05))
    for _ in range(800)
]
X = np.array([view(school, car, random) for car in cars], np.float32)
y = np.array([school.steering(car) for car in cars])

fig, axes = plt.subplots(2, 4, figsize=(10, 3.6), layout="constrained")
for ax, picture, angle in zip(axes.flat, X, y, strict=False):
    ax.imshow(picture, cmap="gray", vmin=0, vmax=1)
    ax.set_title(f"steer {angle:+.2f}", fontsize=9)
    ax.set_axis_off()
fig.suptitle("What the network sees; above zero is to the left")
plt.show()

# %%
# Learning to steer
# -----------------
# On a track to the left most angles are above zero. One network learns from the pictures as they
# are. The other one sees half of them turned round, with the negated angle.

changes = [Brightness(0.1), Contrast(0.2), Noise(0.02)]
networks = {
    "as they are": CNNRegressor(augment=changes),
    'with Flip(y="negate")': CNNRegressor(augment=[Flip(y="negate"), *changes]),
}
warnings.simplefilter("ignore", ConvergenceWarning)
for network in networks.values():
    network.set_params(
        conv_layers=[(8, 5), (16, 3), (24, 3)],
        hidden_layer_sizes=(32,),
        normalization="batch",
        learning_rate_init=0.003,
        learning_rate_schedule="cosine",
        standardize_target=True,
        batch_size=32,
        max_iter=20,
        random_state=0,
    ).fit(X, y)

# %%
# A lap on another track
# ----------------------
# Now each network drives: it gets a picture, its angle moves the car by half a metre, and so on.
# The track is new, and it is driven to the right. A drive ends where the car has left the road.

road = Track([(2, 6, 2.5), (3, 3, 0.3), (4, 2, 1.2)])


def drive(network, track, direction=-1, step=0.5):
    """Return the places of a car for a lap, and whether it came round."""
    random = np.random.default_rng(1)
    car, places = track.place(0, 0.0, 0.0, direction), []
    for _ in range(int(track.metres[-1] / step)):
        places.append(car[:2].copy())
        if track.tree.query(car[:2])[0] > HALF_ROAD:
            return np.array(places), False
        angle = network.predict(view(track, car, random)[None].astype(np.float32))[0]
        car[2] += step * angle / 10
        car[:2] += step * np.array([np.cos(car[2]), np.sin(car[2])])
    return np.array(places), True


fig = plt.figure(figsize=(9, 6), layout="constrained")
axes = fig.subplot_mosaic("AAABBB;AAABBB;AAABBB;CCDDEE", empty_sentinel=".")
normal = np.stack([-np.sin(road.heading), np.cos(road.heading)], axis=1)
for key, (name, network) in zip("AB", networks.items(), strict=True):
    ax, (places, arrived) = axes[key], drive(network, road)
    for side in (-HALF_ROAD, HALF_ROAD):
        ax.plot(*(road.line + side * normal).T, color="0.6", lw=1)
    ax.plot(*places.T, color="C0" if arrived else "C3", lw=2)
    ax.plot(*places[0], "k>")
    end = "came round" if arrived else f"left the road after {len(places) / 2:.0f} m"
    away = road.tree.query(places)[0].mean()
    ax.set_title(f"{name}: {end}\n{away:.2f} m from the middle on average", fontsize=10)
    ax.set_aspect("equal")
    print(f"{name}: {end}")
driver = networks['with Flip(y="negate")']
for number, k in enumerate((250, 900, 1500)):
    car, ax = road.place(k, 0.0, 0.0, -1), axes["CDE"[number]]
    axes["B"].annotate(str(number + 1), car[:2], ha="center", va="center")
    picture = view(road, car, random).astype(np.float32)
    ax.imshow(picture, cmap="gray", vmin=0, vmax=1)
    ax.set_title(f"seen at {number + 1}: steer {driver.predict(picture[None])[0]:+.2f}", fontsize=9)
for ax in axes.values():
    ax.set_axis_off()
plt.show()
