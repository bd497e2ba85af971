"""
Sing a vowel
============

A recurrent network learns sound, sample by sample, and then sings: each sample becomes one of 64
levels (:class:`skdeep.MuLawEncoder`), and :class:`skdeep.RNNGenerator` learns the chance of the
next level from all before. Vowels come from a simple model of the voice, pulses of the vocal cords
that resound in the mouth, by speakers of different pitch and size. Another recurrent network, which
was trained on these alone, listens to what is sung. Sounds are written as WAV files.
"""

import tempfile
import warnings
import wave
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from scipy.signal import lfilter, stft
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline

from skdeep import MuLawEncoder, RNNClassifier, RNNGenerator, SequenceScaler

warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is a setting

RATE = 8000  # samples a second
#: Frequencies at which the mouth resounds, in Hertz.
FORMANTS = {
    "a": (750, 1150, 2450),
    "e": (480, 1850, 2500),
    "i": (280, 2300, 2950),
    "o": (480, 820, 2400),
    "u": (310, 850, 2250),
}
VOWELS = list(FORMANTS)

# %%
# Voices
# ------
# Pulses at the pitch, with some vibrato and breath, go through one filter for each resonance. A
# smaller speaker has higher ones.


def resonator(sound, frequency, width):
    """Return a sound after a filter with one resonance."""
    radius, turn = np.exp(-np.pi * width / RATE), 2 * np.pi * frequency / RATE
    poles = [1, -2 * radius * np.cos(turn), radius**2]
    return lfilter([sum(poles)], poles, sound)


def voice(vowel, random, n=800, silent=400):
    """Return a tenth of a second of a vowel, as some speaker has it."""
    pitch, size = random.uniform(100, 220), random.uniform(0.9, 1.12)
    t = np.arange(n + silent) / RATE
    vibrato = 1 + 0.01 * np.sin(2 * np.pi * 5 * t + random.uniform(0, 6))
    pulses = np.diff(np.floor(np.cumsum(pitch * vibrato / RATE)), prepend=0)
    source = lfilter([1], [1, -1.7, 0.7225], pulses)  # what the vocal cords leave of pulses
    sound = np.diff(source, prepend=0) + 0.01 * random.normal(size=len(t))
    for frequency, width in zip(FORMANTS[vowel], (70, 90, 130), strict=True):
        sound = resonator(sound, frequency * size, width)
    sound = sound[silent:] / np.abs(sound[silent:]).max() * random.uniform(0.6, 0.9)
    return sound + 0.002 * random.normal(size=n)


random = np.random.default_rng(0)
y, y_test = np.repeat(VOWELS, 24), np.repeat(VOWELS, 40)
X, X_test = ([voice(vowel, random) for vowel in part] for part in (y, y_test))

# %%
# A listener
# ----------
# A recurrent network on short spectra. It hears the voices as they are, and through 64 levels.

encoder = MuLawEncoder(64, amplitude=1.0).fit(X)


def spectra(sounds):
    """Return the logs of the spectra of windows of 16 milliseconds."""
    windows = [stft(x, RATE, nperseg=128, noverlap=64, boundary=None)[2] for x in sounds]
    return [np.log(np.abs(z[:, 1:-1]).T + 0.01).astype(np.float32) for z in windows]


def coded(sounds):
    """Return sounds as they are after encoding."""
    return encoder.inverse_transform(encoder.transform(sounds))


listener = make_pipeline(
    SequenceScaler(),
    RNNClassifier(
        24,
        cell="gru",
        pooling="mean",
        batch_size=20,
        learning_rate_init=0.01,
        max_iter=15,
        random_state=0,
    ),
).fit(spectra([*X, *coded(X)]), np.concatenate([y, y]))
print(f"real vowels of other speakers: {listener.score(spectra(X_test), y_test):.3f} right")
print(f"the same through 64 levels: {listener.score(spectra(coded(X_test)), y_test):.3f} right\n")

# %%
# Singers
# -------
# One generator for each vowel. What it is given to read is its own last level.

singers = {}
for vowel in VOWELS:
    singers[vowel] = RNNGenerator(
        64,
        cell="gru",
        n_tokens=64,
        tbptt_steps=100,
        batch_size=8,
        learning_rate_init=0.008,
        learning_rate_schedule="cosine",
        max_iter=40,
        n_iter_no_change=40,
        random_state=0,
    ).fit(encoder.transform([x for x, label in zip(X, y, strict=True) if label == vowel]))
    print(f"{vowel}: {singers[vowel].loss_:.2f} nats a sample, of {np.log(64):.2f}")

n, temperature = 20, 0.6
sung = {}
for vowel, singer in singers.items():
    tokens = singer.generate([[]] * n, 1200, temperature=temperature, random_state=1)
    sung[vowel] = encoder.inverse_transform(tokens)
heard = {vowel: listener.predict(spectra([x[400:] for x in sung[vowel]])) for vowel in VOWELS}
right = {vowel: float(np.mean(heard[vowel] == vowel)) for vowel in VOWELS}
print(f"\nsung vowels that the listener recognises: {np.mean(list(right.values())):.3f}, {right}")

# %%
# Files
# -----
# The standard library writes WAV files; open them with any player.


def write_wav(path, sound):
    """Write a sound of values from -1 to 1, 16 bits a sample."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((32767 * np.clip(sound, -1, 1)).astype("<i2").tobytes())


folder = Path(tempfile.mkdtemp())
for vowel in VOWELS:
    write_wav(folder / f"{vowel}.wav", sung[vowel][0])
write_wav(folder / "aeiou.wav", np.concatenate([sung[vowel][0] for vowel in VOWELS]))
print(f"\n{len(list(folder.iterdir()))} files")

# %%
# Pictures
# --------
# A voice of the training set and a sung one, as waves and as spectra over time. The bright bands
# are the resonances, whose places make the vowel; the ripples across are the pulses.

figure, axes = plt.subplots(4, 5, figsize=(13, 7), layout="constrained")
for column, vowel in zip(axes.T, VOWELS, strict=True):
    real = X[int(np.flatnonzero(y == vowel)[0])]
    pairs = (("a real voice", real), ("sung by the network", sung[vowel][0][400:]))
    for row, (name, sound) in zip((0, 2), pairs, strict=True):
        column[row].plot(1000 * np.arange(320) / RATE, sound[:320], lw=0.8, color=f"C{row}")
        column[row].set(ylim=(-1, 1), xlabel="ms", title=f"{vowel}: {name}")
        f, t, z = stft(sound, RATE, nperseg=128, noverlap=96, boundary=None)
        column[row + 1].pcolormesh(1000 * t, f / 1000, np.log(np.abs(z) + 0.003))
        column[row + 1].set(xlabel="ms")
axes[1, 0].set(ylabel="kHz")
axes[3, 0].set(ylabel="kHz")
plt.show()
