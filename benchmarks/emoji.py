"""Names of emoji, learned from drawings of three vendors: ``python -m benchmarks.emoji --help``.

A convolutional network learns which emoji a drawing shows, from drawings that are turned, moved and
erased in part. What it takes each drawing for, a probability for each emoji, are the features from
which :class:`skdeep.ImageCaptioner` writes the name. The decoder reads drawings that were changed
at random, too: of those that the network has learned it is surer than of others.

Beside it stand the network's own choice among the names, and the name of the nearest drawing: by
the network's last hidden layer and by pixels. The folder holds the four npm packages
``emoji-datasource-VENDOR``, unpacked, by the names of the vendors. ``--validate`` trains on two
vendors and scores the third; the last one then stays closed.
"""

import argparse
import json
import time
import warnings
from pathlib import Path

import numpy as np
from scipy.ndimage import affine_transform
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import NearestNeighbors

from benchmarks.captions import TRAINING, report
from skdeep import CNNClassifier, ImageCaptioner
from skdeep.augmentation import Brightness, Contrast, Erase, Rotate, Scale, Shift

VENDORS = ("apple", "facebook", "google", "twitter")
ANGLE, SCALES, SHIFT, CONTRAST = 10, (0.85, 1.2), 3, 0.3
CLASSIFIER = {
    "conv_layers": [(24, 3), (48, 3), (96, 3)],
    "hidden_layer_sizes": (256,),
    "normalization": "batch",
    "dropout": [0.0, 0.0, 0.1, 0.3],
    "label_smoothing": 0.1,
    "weight_decay": 0.02,
    "batch_size": 32,
    "augment": [
        *(Rotate(ANGLE), Scale(SCALES), Shift(SHIFT)),
        *(Contrast(CONTRAST), Brightness(0.1), Erase(0.3)),
    ],
}
CAPTIONER = {"conv_layers": (), "units": 256, "embedding_dim": 128, "batch_size": 32}
#: Factor of probabilities, so that the largest are not small beside what else the decoder reads.
SIZE = 8


def emoji(folder, vendor, size):
    """Return pictures (n, size, size, 3) on black, colours inverted, and lower-case names."""
    from PIL import Image

    root = Path(folder) / vendor / "package"
    pictures, names = [], []
    for one in json.loads((root / "emoji.json").read_text("utf-8")):
        path = root / "img" / vendor / "64" / one["image"]
        if one["name"] and path.exists():
            drawn = Image.open(path).convert("RGBA")
            white = Image.new("RGBA", drawn.size, "white")
            flat = Image.alpha_composite(white, drawn).convert("RGB").resize((size, size))
            pictures.append(1 - np.asarray(flat, np.float32) / 255)
            names.append(one["name"].lower())
    return np.stack(pictures), names


def changed(picture, rng):
    """Return a picture turned, scaled, moved and of another contrast, as the network sees them."""
    angle, scale = np.deg2rad(rng.uniform(-ANGLE, ANGLE)), rng.uniform(*SCALES)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / scale
    middle = (np.array(picture.shape[:2]) - 1) / 2
    offset = middle - turn @ (middle + rng.uniform(-SHIFT, SHIFT, 2))
    moved = [affine_transform(channel, turn, offset, order=1) for channel in picture.T]
    return np.stack(moved).T * rng.uniform(1 - CONTRAST, 1 + CONTRAST)


def compare(X, names, Z, y_true, options):
    """Print how many names of drawings Z are right."""
    started = time.perf_counter()
    settings = TRAINING | CLASSIFIER | {"max_iter": options.epochs}
    classifier = CNNClassifier(**settings).fit(X, names)
    report("network of convolutions", y_true, classifier.predict(Z).tolist(), started)
    rng = np.random.default_rng(0)
    copies = [np.stack([changed(x, rng) for x in X]) for _ in range(options.copies)]
    known = np.concatenate([X, *copies]).astype(np.float32)

    def features(pictures):
        return SIZE * classifier.predict_proba(pictures).astype(np.float32)

    settings = TRAINING | CAPTIONER | {"max_iter": options.caption_epochs}
    model = ImageCaptioner(**settings).fit(features(known), names * (1 + options.copies))
    for width in options.beams:
        found = model.set_params(beam_width=width).predict(features(Z))
        report(f"captions, beam of {width}", y_true, found, started)
    codes = classifier.transform(X), classifier.transform(Z)
    pixels = X.reshape(len(X), -1), Z.reshape(len(Z), -1)
    for name, metric, (drawn, others) in (
        ("features", "cosine", codes),
        ("pixels", "euclidean", pixels),
    ):
        index = NearestNeighbors(n_neighbors=1, metric=metric).fit(drawn)
        nearest = index.kneighbors(others, return_distance=False)[:, 0]
        report(f"nearest by {name}", y_true, [names[k] for k in nearest], started)


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", help="folder of the vendors' packages")
    parser.add_argument("--size", type=int, default=32, help="pixels along a side")
    parser.add_argument("--epochs", type=int, default=12, help="of the convolutions")
    parser.add_argument("--caption-epochs", type=int, default=8)
    parser.add_argument("--copies", type=int, default=3, help="changed copies of each drawing")
    parser.add_argument("--beams", type=int, nargs="+", default=[1, 5])
    parser.add_argument("--validate", action="store_true", help="keep the test part closed")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    *train, held = VENDORS[:3] if options.validate else VENDORS
    drawn = [emoji(options.folder, vendor, options.size) for vendor in train]
    X = np.concatenate([pictures for pictures, _ in drawn])
    names = [name for _, found in drawn for name in found]
    compare(X, names, *emoji(options.folder, held, options.size), options)


if __name__ == "__main__":
    main()
