"""Log likelihood of a variational autoencoder on MNIST: ``python -m benchmarks.vae --help``.

The setting is that of Burda, Grosse and Salakhutdinov (2016) with one stochastic layer: an encoder
and a decoder of two layers of 200 tanh units, 50 components, pixels binarised anew in each step
of training. The test images are binarised once, and the figure is their importance-weighted bound.
The paper reports -86.76 nats with one draw in training, -85.54 with 5 and -84.78 with 50.
"""

import argparse
import time

import numpy as np

from benchmarks.mnist import images
from skdeep import VariationalAutoencoder

#: The paper's rates: 0.001 * 10 ** (-i / 7) for 3 ** i epochs, i = 0 to 7.
STAGES = 3 ** np.arange(8)


def paper(progress):
    """Return the paper's factor of the rate by progress."""
    stage = np.searchsorted(np.cumsum(STAGES) / STAGES.sum(), progress, side="right")
    return 10.0 ** (-np.minimum(stage, 7) / 7)


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mnist", required=True, help="folder with the four published files")
    parser.add_argument("--epochs", type=int, default=700)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--rate", type=float, default=0.001)
    parser.add_argument("--schedule", choices=["cosine", "paper"], default="cosine")
    parser.add_argument("--ema", type=float, default=0.999, help="decay of averaged weights")
    parser.add_argument("--importance", type=int, default=1, help="draws of a row in training")
    parser.add_argument("--draws", type=int, nargs="+", default=[1, 10, 100, 5000])
    parser.add_argument("--rows", type=int, default=10000, help="test images")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args()


def main():
    options = parse()
    X = images(options.mnist, "train").astype(np.float32) / np.float32(255)
    gray = images(options.mnist, "t10k")[: options.rows] / 255
    binary = (np.random.RandomState(0).uniform(size=gray.shape) < gray).astype(np.float32)
    model = VariationalAutoencoder(
        50,
        hidden_layer_sizes=(200, 200),
        activation="tanh",
        decoder="bernoulli",
        binarize="dynamic",
        n_importance_samples=options.importance,
        batch_size=options.batch,
        learning_rate_init=options.rate,
        learning_rate_schedule=paper if options.schedule == "paper" else "cosine",
        max_iter=options.epochs,
        n_iter_no_change=np.inf,
        ema_decay=options.ema or None,
        kernel_initializer="glorot_uniform",
        random_state=options.seed,
        verbose=options.verbose,
    )
    start = time.perf_counter()
    model.fit(X)
    print(f"{model.n_iter_} epochs in {time.perf_counter() - start:.0f} s, loss {model.loss_:.3f}")
    for draws in options.draws:
        start = time.perf_counter()
        bounds = model.score_samples(binary, n_samples=draws)
        error = bounds.std() / np.sqrt(len(bounds))
        print(
            f"bound of {draws} draws: {bounds.mean():.3f} (standard error over images {error:.3f}),"
            f" {time.perf_counter() - start:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is what was asked
    main()
