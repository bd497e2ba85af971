"""Reconstruction and speed of Autoencoder: ``python -m benchmarks.autoencoder --help``.

``mnist`` trains 784-1000-500-250-30 on the pixels of MNIST and prints the mean over the test
images of the summed squared error, for which Hinton and Salakhutdinov (2006) report 3.00.
``olivetti`` trains on pictures of 30 people and moved copies of them, and compares codes of 30
numbers with 30 principal components on the pictures of the 10 other people. ``--tune`` leaves out
six of the 30 instead, which is what settings were chosen by.
``speed`` fits networks of three sizes beside PyTorch eager, float32, each side in a process of its
own, alternating.
"""

import argparse
import sys
import time
from contextlib import ExitStack

import numpy as np
from sklearn.decomposition import PCA

from benchmarks.autoencoder_worker import SIDES
from benchmarks.faces import EACH, augmented, faces, rows
from benchmarks.mnist import images
from benchmarks.processes import Child, SideUnavailable, alternate
from benchmarks.report import quartiles
from skdeep import Autoencoder

#: Rows, widths from the rows to the code, batch size, epochs of one timed fit.
CASES = [
    (1797, (64, 32, 8), 100, 40),
    (10_000, (784, 128, 32), 200, 2),
    (10_000, (784, 1000, 500, 250, 30), 200, 1),
]


def trained(X, options, **settings):
    """Return an autoencoder of 30 components after all its epochs."""
    model = Autoencoder(
        30,
        activation=options.activation,
        kernel_initializer="he_normal",
        solver="adamw",
        alpha=0,
        weight_decay=options.decay,
        corruption=options.corruption if options.level else None,
        corruption_level=options.level,
        dropout=options.dropout,
        tied_weights=options.tied,
        batch_size=options.batch,
        learning_rate_init=options.rate,
        learning_rate_schedule="cosine",
        max_iter=options.epochs,
        n_iter_no_change=np.inf,
        ema_decay=options.ema or None,
        random_state=options.seed,
        verbose=options.verbose,
        **settings,
    )
    return model.fit(X)


def mnist(options):
    """Print the summed squared error of test and training images."""
    X, test = (images(options.mnist, part) / np.float32(255) for part in ("train", "t10k"))
    start = time.perf_counter()
    model = trained(X, options, hidden_layer_sizes=(1000, 500, 250), loss="log_loss")
    seconds = time.perf_counter() - start
    errors = [-model.score(rows) * X.shape[1] for rows in (test, X[:10_000])]
    print(
        f"784-1000-500-250-30, {options.epochs} epochs, {seconds / 60:.1f} min: summed squared "
        f"error {errors[0]:.3f} on test images, {errors[1]:.3f} on training images"
    )


def face_errors(options, pictures, people, others):
    """Return summed squared errors.

    Of the network on the faces of `others` and of `people`; on those of `others`, of principal
    components of the network's rows and of the plain rows.
    """
    random = np.random.default_rng(options.seed)
    plain, test = (rows(pictures[chosen], options.side) for chosen in (people, others))
    X = augmented(pictures[people], options.side, options.copies, random)
    mean = X.mean(axis=0)
    pcas = [PCA(30, svd_solver="covariance_eigh").fit(part) for part in (X, plain)]
    scale = X.std()
    model = trained(
        (X - mean) / scale,
        options,
        hidden_layer_sizes=tuple(options.hidden),
    )
    of = {
        name: -model.score((part - mean) / scale) * X.shape[1] * scale**2
        for name, part in {"test": test, "train": plain}.items()
    }
    linear = (p.inverse_transform(p.transform(test)) for p in pcas)
    return of["test"], of["train"], *(_squares(restored - test) for restored in linear)


def _squares(difference):
    return float((difference**2).sum(axis=1).mean())


def olivetti(options):
    """Print the errors on the people left out; with --tune on six of the training people."""
    pictures, first = faces(options.olivetti), 24 if options.tune else 30
    people = np.arange(first * EACH)
    others = np.arange(first * EACH, 300 if options.tune else 400)
    start = time.perf_counter()
    error, known, pca, plain = face_errors(options, pictures, people, others)
    print(
        f"Olivetti, {options.side}x{options.side} pixels in [0, 1], {options.copies} moved copies "
        f"of each picture, people {others[0] // EACH}-{others[-1] // EACH}: autoencoder "
        f"{error:.3f} (of training people {known:.3f}); PCA of the same rows {pca:.3f} "
        f"({1 - error / pca:+.1%}), of plain rows {plain:.3f} ({1 - error / plain:+.1%}); "
        f"{time.perf_counter() - start:.0f} s",
        flush=True,
    )


def speed(options):
    """Print the ratio torch / skdeep of every case at each number of threads."""
    for threads in options.threads:
        for n, widths, batch, epochs in CASES[: options.first]:
            fit = {"widths": widths, "batch": batch, "epochs": epochs}
            with ExitStack() as stack:
                children = {}
                for side in options.sides:
                    python = options.torch_python if side == "torch" else sys.executable
                    module = "benchmarks.autoencoder_worker"
                    child = Child(module, side, threads, threads=threads, python=python)
                    stack.enter_context(child)
                    try:
                        child.ask("about")
                    except SideUnavailable as error:
                        print(f"  left out: {side} ({error})", file=sys.stderr)
                        continue
                    children[side] = child
                    child.ask("load", n=n, features=widths[0])
                    child.ask("fit", **{**fit, "epochs": 1})
                times, load = alternate(children, options.pairs, "fit", **fit)
                losses = {side: child.ask("final_loss") for side, child in children.items()}
            if "torch" not in times:
                continue
            ratio = quartiles(np.divide(times["torch"], times["skdeep"]))
            steps = epochs * -(-n // batch)
            print(
                f"{n} rows, {'-'.join(map(str, widths))}, batch {batch}, {threads} thread(s): "
                f"{ratio['median']:.2f} ({ratio['q1']:.2f}-{ratio['q3']:.2f}) times as fast as "
                f"PyTorch, {1e3 * np.median(times['skdeep']) / steps:.2f} ms a step, losses "
                f"{losses['skdeep']:.4g} and {losses['torch']:.4g}, others took {load:.0%}",
                flush=True,
            )


def parse(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.autoencoder",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", choices=["mnist", "olivetti", "speed"])
    parser.add_argument("--mnist", help="folder with the four published files")
    parser.add_argument("--olivetti", help="olivettifaces.mat")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=0.001)
    parser.add_argument("--activation", default="gelu")
    parser.add_argument("--ema", type=float, default=0.0, help="decay of averaged weights")
    parser.add_argument("--decay", type=float, default=0.0, help="of the weights")
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--corruption", default="gaussian", help="of the rows in training")
    parser.add_argument("--level", type=float, default=0.0, help="of the corruption")
    parser.add_argument("--tied", action="store_true", help="whether weights are tied")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", action="store_true")
    group = parser.add_argument_group("olivetti")
    group.add_argument("--side", type=int, default=32, help="pixels of a side")
    group.add_argument("--copies", type=int, default=40, help="moved copies of each picture")
    group.add_argument("--hidden", type=int, nargs="*", default=[500])
    group.add_argument("--tune", action="store_true", help="leave out training people instead")
    group = parser.add_argument_group("speed")
    group.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="of BLAS")
    group.add_argument("--pairs", type=int, default=9, help="rounds")
    group.add_argument("--first", type=int, help="how many cases, of three")
    group.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES))
    group.add_argument("--torch-python", default=sys.executable, help="which has PyTorch")
    return parser.parse_args(arguments)


def main():
    options = parse()
    if options.part != "speed" and getattr(options, options.part) is None:
        sys.exit(f"--{options.part} PATH is needed")
    {"mnist": mnist, "olivetti": olivetti, "speed": speed}[options.part](options)


if __name__ == "__main__":
    main()
