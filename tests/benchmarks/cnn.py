"""Speed and accuracy of convolutional networks: ``python -m tests.benchmarks.cnn --help``.

``speed`` trains the same networks by ``CNNClassifier``, by PyTorch eager (channels first, which
is its default, and channels last) and by skorch on random images, float32, each side in a process
of its own, alternating; ``layers`` times single convolutions, forward and backward; ``memory``
gives what a fit adds to the peak of each.

``accuracy`` trains two convolutions on MNIST or Fashion-MNIST by the settings below, and scores the
test images. The settings were chosen without them, by ``--hold-out 10000``, which trains on the
first 50,000 training images and scores the others.
"""

import argparse
import sys
import time
import warnings
from contextlib import ExitStack

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep import CNNClassifier
from tests.benchmarks.cnn_worker import SIDES
from tests.benchmarks.mnist import images, labels
from tests.benchmarks.processes import Child, SideUnavailable, alternate
from tests.benchmarks.report import quartiles

#: Networks of 2 x 2 max pooling behind each convolution, with a dense layer, on random images.
CASES = {
    "mnist": {"size": 28, "channels": 1, "layers": [(32, 3), (64, 3)], "hidden": 128, "batch": 64},
    "lenet": {"size": 28, "channels": 1, "layers": [(16, 5), (32, 5)], "hidden": 120, "batch": 64},
    "cifar": {"size": 32, "channels": 3, "layers": [(32, 3), (64, 3), (128, 3)], "hidden": 128,
              "batch": 128},
}  # fmt: skip

#: Single convolutions: batch, channels, size, filters, kernel.
LAYERS = [(64, 1, 28, 32, 3), (64, 32, 14, 64, 3), (64, 16, 28, 32, 5), (128, 64, 8, 128, 3)]

#: Two convolutions behind the numbers of ``accuracy``.
COMMON = {
    "conv_layers": [(32, 3), (64, 3)],
    "hidden_layer_sizes": (128,),
    "normalization": "batch",
    "dropout": [0.0, 0.2, 0.4],
    "solver": "adamw",
    "alpha": 0.0,
    "weight_decay": 0.01,
    "batch_size": 64,
    "learning_rate_init": 0.003,
    "learning_rate_schedule": "one_cycle",
    "n_iter_no_change": np.inf,
}
SETTINGS = {
    "mnist": {"random_shift": 2, "max_iter": 16},
    "fashion": {"random_shift": 1, "random_flip": "horizontal", "max_iter": 16},
}


def children_of(stack, options, threads, sides=SIDES):
    """Return the children whose packages are there."""
    children = {}
    for side in sides:
        python = options.torch_python if side != "skdeep" else sys.executable
        arguments = ("tests.benchmarks.cnn_worker", side, threads)
        child = stack.enter_context(Child(*arguments, threads=threads, python=python))
        try:
            child.ask("about")
        except SideUnavailable as error:
            print(f"  left out: {side} ({error})", file=sys.stderr)
        else:
            children[side] = child
    return children


def report(what, threads, times, load, unit, scale):
    """Print the ratio of every side to skdeep."""
    own = 1e3 * scale * np.median(times["skdeep"])
    for side in times:
        if side != "skdeep":
            ratio = quartiles(np.divide(times[side], times["skdeep"]))
            print(
                f"{what}, {threads} thread(s), {side} / skdeep: {ratio['median']:.2f} "
                f"({ratio['q1']:.2f}-{ratio['q3']:.2f}), skdeep {own:.2f} ms {unit}, others took "
                f"{load:.0%}",
                flush=True,
            )


def layers(options):
    """Print the ratio PyTorch / skdeep of single convolutions at each number of threads."""
    for threads in options.threads:
        with ExitStack() as stack:
            children = children_of(stack, options, threads, SIDES[:3])
            for case in LAYERS:
                names = ("batch", "channels", "size", "filters", "kernel")
                request = {"clock": options.clock, **dict(zip(names, case, strict=True))}
                alternate(children, 1, "layer", **request)
                times, load = alternate(children, options.pairs, "layer", **request)
                report(case, threads, times, load, "a layer", 1)


def speed(options):
    """Print the ratio PyTorch / skdeep of every case at each number of threads."""
    for threads in options.threads:
        for name in options.cases:
            case = {**CASES[name], "rows": options.rows}
            with ExitStack() as stack:
                children = children_of(stack, options, threads)
                for child in children.values():
                    child.ask("load", case=case)
                    child.ask("fit", epochs=1)
                times, load = alternate(children, options.pairs, "fit", epochs=1)
            steps = -(-options.rows // case["batch"])
            report(name, threads, times, load, "a step", 1 / steps)


def memory(options):
    """Print what a fit adds to the peak memory of each side."""
    for name in options.cases:
        with ExitStack() as stack:
            for side, child in children_of(stack, options, options.threads[-1]).items():
                child.ask("load", case={**CASES[name], "rows": options.rows})
                print(f"{name}, {side}: {child.ask('fit_memory', epochs=1) / 1e6:.0f} MB")


def digits_or_clothes(options):
    """Return images and labels to train on, then those to score."""
    X, X_test = (
        images(options.images, part).reshape(-1, 28, 28) / np.float32(255)
        for part in ("train", "t10k")
    )
    y, y_test = (labels(options.images, part) for part in ("train", "t10k"))
    if options.hold_out:
        n = len(X) - options.hold_out
        X, X_test, y, y_test = X[:n], X[n:], y[:n], y[n:]
    return X[: options.rows], y[: options.rows], X_test, y_test


def accuracy(options):
    """Print the accuracy of two convolutions on images that were not trained on."""
    X, y, X_test, y_test = digits_or_clothes(options)
    setting = SETTINGS[options.setting] | ({"max_iter": options.epochs} if options.epochs else {})
    scores = []
    for seed in range(options.seeds):
        model = CNNClassifier(**COMMON | setting, random_state=seed)
        start, cpu = time.perf_counter(), time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are what was asked
            model.fit(X, y)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        scores.append(model.score(X_test, y_test))
        print(
            f"{options.setting}, seed {seed}: {len(X)} images, {model.n_iter_} epochs in "
            f"{seconds:.0f} s ({cpu:.0f} s of CPU), accuracy on {len(X_test)} others "
            f"{scores[-1]:.2%}",
            flush=True,
        )
    print(f"mean {np.mean(scores):.2%}, worst {np.min(scores):.2%} of {options.seeds} seed(s)")


PARTS = {"speed": speed, "layers": layers, "memory": memory, "accuracy": accuracy}


def parse(arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--rows", type=int, help="images; speed and memory: 2048, else all")
    parser.add_argument("--pairs", type=int, default=9, help="rounds of speed and layers")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--clock", choices=["wall", "processor"], default="wall", help="of layers")
    parser.add_argument("--torch-python", default=sys.executable, help="interpreter with PyTorch")
    parser.add_argument("--images", help="folder with the four files of MNIST's format")
    parser.add_argument("--setting", choices=SETTINGS, default="mnist", help="of accuracy")
    parser.add_argument("--epochs", type=int, help="instead of the setting's")
    parser.add_argument("--hold-out", type=int, help="training images to score, not the test's")
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.part != "accuracy" and options.rows is None:
        options.rows = 2048
    return options


if __name__ == "__main__":
    options = parse()
    sys.exit(PARTS[options.part](options))
