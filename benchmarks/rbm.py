"""Speed and likelihoods of BernoulliRBM: ``python -m benchmarks.rbm --help``.

``speed`` fits scikit-learn's RBM and ours on the same rows, float32, each in a process of its
own, alternating. ``small`` trains 16 hidden units on the pixel probabilities of MNIST, where the
likelihood is exact; ``large`` trains 500 on pixels binarised anew in every epoch, and scores test
images binarised once by annealing from both ends. ``binary`` does the same on sets of binary rows.
"""

import argparse
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from benchmarks.mnist import images
from benchmarks.processes import Child, alternate
from benchmarks.rbm_worker import SIDES
from benchmarks.report import quartiles
from skdeep import BernoulliRBM

#: Rows, features, hidden units, batch size, epochs of one timed fit.
CASES = [(1797, 64, 256, 10, 10), (10_000, 784, 256, 10, 1), (10_000, 784, 500, 100, 2)]
SHARED = {"centering": True, "shuffle": True, "batch_size": 100, "learning_rate_schedule": "cosine"}


def speed(options):
    """Print the ratio scikit-learn / skdeep of every case at each number of threads."""
    for threads in options.threads:
        for n, features, components, batch, epochs in CASES:
            fit = {"components": components, "batch": batch, "epochs": epochs}
            with ExitStack() as stack:
                children = {
                    side: stack.enter_context(Child("benchmarks.rbm_worker", side, threads=threads))
                    for side in SIDES
                }
                for child in children.values():
                    child.ask("load", n=n, features=features)
                    child.ask("fit", **{**fit, "epochs": 1})
                times, load = alternate(children, options.pairs, "fit", **fit)
            ratio = quartiles(np.divide(times["sklearn"], times["skdeep"]))
            steps = epochs * -(-n // batch)
            micro = 1e6 * np.median(times["skdeep"]) / steps
            print(
                f"{n}x{features}, {components} hidden, batch {batch}, {threads} thread(s): "
                f"{ratio['median']:.2f} ({ratio['q1']:.2f}-{ratio['q3']:.2f}) times as fast, "
                f"{micro:.0f} us a step, others took {load:.0%}",
                flush=True,
            )


def small(options):
    """Print the exact log-likelihood of 16 hidden units on MNIST's probabilities."""
    X, test = (images(options.mnist, part) / np.float32(255) for part in ("train", "t10k"))
    rbm = BernoulliRBM(
        16,
        n_iter=options.epochs or 100,
        n_gibbs_steps=2,
        learning_rate=0.1,
        likelihood="exact",
        random_state=options.seed,
        **SHARED,
    )
    if options.validate:  # the last 10,000 training images choose, the test images do not
        X, test = X[:50_000], X[50_000:]
    start = time.perf_counter()
    rbm.fit(X.astype(np.float32))
    print(
        f"16 hidden, {rbm.n_iter_} epochs in {time.perf_counter() - start:.0f} s: exact "
        f"log-likelihood train {rbm.score(X[:10_000]):.2f}, test {rbm.score(test):.2f} nats"
    )


def large(options):
    """Print AIS and reverse AIS of 500 hidden units on stochastically binarised MNIST."""
    X, gray = (images(options.mnist, part) / np.float32(255) for part in ("train", "t10k"))
    random = np.random.default_rng(options.seed)
    test = (np.random.default_rng(0).random(gray.shape) < gray).astype(np.float32)
    epochs = options.epochs or 100
    rbm = BernoulliRBM(
        500,
        n_iter=epochs,
        n_gibbs_steps=options.steps,
        learning_rate=0.05,
        ema_decay=0.999,
        random_state=options.seed,
        **SHARED,
    )
    start = time.perf_counter()
    for _ in range(epochs):
        rbm.partial_fit((random.random(X.shape, np.float32) < X).astype(np.float32))
    print(f"500 hidden, {epochs} epochs in {time.perf_counter() - start:.0f} s", flush=True)
    report_annealing(rbm, test, options)


def binary(options):
    """Print exact (8 hidden) and annealed (100 hidden) likelihoods of sets of binary rows."""
    for folder in sorted(Path(options.density).iterdir()):
        train, valid, test = (
            np.loadtxt(folder / f"{folder.name}.{part}.data.gz", delimiter=",", dtype=np.float32)
            for part in ("train", "valid", "test")
        )
        options_ = {"n_iter": options.epochs or 50, "learning_rate": 0.05, **SHARED}
        for components in (16, 100):
            kind = "exact" if components == 16 else "ais"
            rbm = BernoulliRBM(components, likelihood=kind, random_state=options.seed, **options_)
            rbm.fit(train)
            print(
                f"{folder.name}, {components} hidden: {kind} valid {rbm.score(valid):.2f}, "
                f"test {rbm.score(test):.2f} nats",
                flush=True,
            )


def report_annealing(rbm, test, options):
    """Print both estimates of the mean log-likelihood of test rows, with standard errors."""
    settings = {"n_chains": options.chains, "n_betas": options.betas, "random_state": 0}
    for method in ("ais", "reverse_ais"):
        start = time.perf_counter()
        rows, error = rbm.log_likelihood(test, method, return_std=True, **settings)
        seconds = time.perf_counter() - start
        print(f"{method}: {rows.mean():.2f} +- {error:.2f} nats, {seconds:.0f} s", flush=True)


PARTS = {"speed": speed, "small": small, "large": large, "binary": binary}


def parse(arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--pairs", type=int, default=9, help="rounds of speed")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="of BLAS, speed")
    parser.add_argument("--mnist", help="folder with the four published files")
    parser.add_argument("--density", help="folder of folders NAME/NAME.train.data.gz, ...")
    parser.add_argument("--epochs", type=int, help="default: 100, in binary 50")
    parser.add_argument("--steps", type=int, default=3, help="Gibbs steps a step, large")
    parser.add_argument("--chains", type=int, default=200)
    parser.add_argument("--betas", type=int, default=10_000)
    parser.add_argument("--validate", action="store_true", help="small: on held-out training rows")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    options = parse()
    sys.exit(PARTS[options.part](options))
