"""Generated vowels that a classifier of real ones recognises: ``python -m benchmarks.sung_vowels``.

Real vowels are pulses through resonators, with varied pitch, size of the speaker and noise. For
each seed a recurrent classifier learns them from spectra, one RNNGenerator for each vowel learns
their samples as mu-law tokens, and the classifier hears what is generated. The temperature and the
epochs were chosen by looks at seed 0, that of the example; other seeds have other voices.
"""

import argparse
import time
import warnings

import numpy as np
from scipy.signal import lfilter, stft
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline

from skdeep import MuLawEncoder, RNNClassifier, RNNGenerator, SequenceScaler

RATE = 8000
FORMANTS = {
    "a": (750, 1150, 2450),
    "e": (480, 1850, 2500),
    "i": (280, 2300, 2950),
    "o": (480, 820, 2400),
    "u": (310, 850, 2250),
}
VOWELS = list(FORMANTS)


def voice(vowel, random, n=800, silent=400):
    """Return a tenth of a second of a vowel, as some speaker has it."""
    pitch, size = random.uniform(100, 220), random.uniform(0.9, 1.12)
    t = np.arange(n + silent) / RATE
    vibrato = 1 + 0.01 * np.sin(2 * np.pi * 5 * t + random.uniform(0, 6))
    pulses = np.diff(np.floor(np.cumsum(pitch * vibrato / RATE)), prepend=0)
    sound = np.diff(lfilter([1], [1, -1.7, 0.7225], pulses), prepend=0)
    sound += 0.01 * random.normal(size=len(t))
    for frequency, width in zip(FORMANTS[vowel], (70, 90, 130), strict=True):
        radius, turn = np.exp(-np.pi * width / RATE), 2 * np.pi * frequency * size / RATE
        poles = [1, -2 * radius * np.cos(turn), radius**2]
        sound = lfilter([sum(poles)], poles, sound)
    sound = sound[silent:] / np.abs(sound[silent:]).max() * random.uniform(0.6, 0.9)
    return sound + 0.002 * random.normal(size=n)


def spectra(sounds):
    """Return the logs of the spectra of windows of 16 milliseconds."""
    windows = [stft(x, RATE, nperseg=128, noverlap=64, boundary=None)[2] for x in sounds]
    return [np.log(np.abs(z[:, 1:-1]).T + 0.01).astype(np.float32) for z in windows]


def listener(X, y, encoder):
    """Return a classifier of vowels, heard as they are and through the levels of an encoder."""
    network = RNNClassifier(
        24,
        cell="gru",
        pooling="mean",
        batch_size=20,
        learning_rate_init=0.01,
        max_iter=15,
        random_state=0,
    )
    levels = encoder.inverse_transform(encoder.transform(X))
    return make_pipeline(SequenceScaler(), network).fit(
        spectra([*X, *levels]), np.concatenate([y, y])
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--temperature", type=float, default=0.6)
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    for seed in options.seeds:
        started, random = time.process_time(), np.random.default_rng(seed)
        y, y_test = np.repeat(VOWELS, 24), np.repeat(VOWELS, 40)
        X, X_test = ([voice(vowel, random) for vowel in part] for part in (y, y_test))
        encoder = MuLawEncoder(64, amplitude=1.0).fit(X)
        ear, found = listener(X, y, encoder), []
        for vowel in VOWELS:
            singer = RNNGenerator(
                64,
                cell="gru",
                n_tokens=64,
                tbptt_steps=100,
                batch_size=8,
                learning_rate_init=0.008,
                learning_rate_schedule="cosine",
                max_iter=options.epochs,
                n_iter_no_change=options.epochs,
                random_state=seed,
            ).fit(encoder.transform([x for x, label in zip(X, y, strict=True) if label == vowel]))
            heat = {"temperature": options.temperature, "random_state": seed}
            sung = encoder.inverse_transform(singer.generate([[]] * 40, 1200, **heat))
            found.append(np.mean(ear.predict(spectra([x[400:] for x in sung])) == vowel))
        each = ", ".join(f"{vowel} {share:.2f}" for vowel, share in zip(VOWELS, found, strict=True))
        real = ear.score(spectra(X_test), y_test)
        print(
            f"seed {seed}: real vowels {real:.3f} right, sung ones {np.mean(found):.3f} ({each}), "
            f"{time.process_time() - started:.0f} s of processor time",
            flush=True,
        )


if __name__ == "__main__":
    main()
