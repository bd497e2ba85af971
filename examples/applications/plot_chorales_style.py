"""
Compose in a style
==================

A recurrent network reads pieces in four voices and composes more. Its pieces are rows of keys, one
for each beat, and with ``output="nade"`` the keys of a chord are drawn one after the other, each
knowing the lower ones. Beside it stands the same network with keys that know nothing of each other:
it hits as many keys, but not chords. The pieces to learn from are made by a small grammar of
harmony, since real ones cannot be shipped; what is composed is drawn as a piano roll and written as
MIDI and WAV files.
"""

import struct
import tempfile
import warnings
import wave
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep import RNNGenerator

warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is a setting

LOWEST, N_KEYS = 43, 38  # MIDI numbers, where 60 is the middle C
SCALE = np.array([0, 2, 4, 5, 7, 9, 11])

# %%
# A grammar
# ---------
# Chords of a key follow each other as they like to: the fourth step leads to the fifth, the fifth
# home. Four voices sing each chord, moving as little as they can, and in half of the chords the
# soprano passes through a note between.

#: Chance of each next chord, by the step of the scale that it stands on: I, ii, IV, V, vi.
STEPS = np.array([0, 1, 3, 4, 5])
NEXT = np.array(
    [
        [0.05, 0.15, 0.35, 0.30, 0.15],
        [0.05, 0.05, 0.05, 0.80, 0.05],
        [0.20, 0.15, 0.05, 0.55, 0.05],
        [0.75, 0.00, 0.05, 0.05, 0.15],
        [0.05, 0.40, 0.40, 0.15, 0.00],
    ]
)
VOICES = ((45, 60), (52, 67), (57, 72), (62, 80))  # what bass, tenor, alto and soprano can sing


def tones(step, tonic):
    """Return the three tones of a chord, as classes of pitches."""
    return (tonic + SCALE[(step + np.array([0, 2, 4])) % 7]) % 12


def sing(chord, before, random):
    """Return the pitches of four voices: the bass has the root, the others move little."""
    pitches = []
    for voice, (low, high) in enumerate(VOICES):
        wanted = chord[:1] if voice == 0 else chord
        fits = [p for p in range(low, high + 1) if p % 12 in wanted]
        fits = [p for p in fits if not pitches or p > pitches[-1]] or fits
        near = np.abs(np.array(fits) - before[voice]) + random.uniform(0, 2, len(fits))
        pitches.append(fits[int(np.argmin(near))])
    return pitches


def piece(random, n_chords=16):
    """Return a piece of two beats a chord as rows of keys, (2 * n_chords, N_KEYS)."""
    tonic, state = random.integers(12), 0
    voices, rows = [50, 57, 64, 70], []
    for k in range(n_chords):
        voices = sing(tones(STEPS[state], tonic), voices, random)
        rows += [voices, list(voices)]
        if random.random() < 0.5:  # a passing note
            rows[-1][3] += int(random.choice([-2, 2, -1, 1]))
        final = k >= n_chords - 3
        state = (3 if k == n_chords - 3 else 0) if final else int(random.choice(5, p=NEXT[state]))
    roll = np.zeros((len(rows), N_KEYS), np.float32)
    for row, pitches in zip(roll, rows, strict=True):
        row[np.clip(np.array(pitches) - LOWEST, 0, N_KEYS - 1)] = 1
    return roll


random = np.random.default_rng(0)
pieces = [piece(random) for _ in range(300)]
X, X_val, X_test = pieces[:240], pieces[240:260], pieces[260:]

# %%
# Two composers
# -------------
# Early stopping keeps the epoch that gives pieces of the validation set the largest probability.

composers = {}
for output in ("nade", "independent"):
    composers[output] = RNNGenerator(
        96,
        output=output,
        batch_size=12,
        learning_rate_init=0.01,
        learning_rate_schedule="cosine",
        dropout=0.2,
        early_stopping=True,
        max_iter=40,
        n_iter_no_change=40,
        random_state=0,
    ).fit(X, X_val=X_val)
    print(f"{output:>12}: {-composers[output].score(X_test):.2f} nats a beat on pieces not seen")

# %%
# What they compose
# -----------------
# How many of the composed chords are chords of the grammar: four voices whose lowest is the root of
# a triad that the other three belong to. (Beats with a passing note are none, so that not all of
# the real ones are either.)


def is_chord(row):
    """Return whether four keys are a major or minor triad over its root."""
    pitches = np.flatnonzero(row)
    if len(pitches) != 4:
        return False
    classes = frozenset(int(p - pitches[0]) % 12 for p in pitches)
    return classes <= {0, 4, 7} or classes <= {0, 3, 7}


composed = {}
shares = {"pieces of the grammar": np.mean([is_chord(row) for x in X_test for row in x])}
for output, composer in composers.items():
    composed[output] = composer.generate([[]] * 40, 32, temperature=0.8, random_state=1)
    shares[output] = np.mean([is_chord(row) for x in composed[output] for row in x])
for name, share in shares.items():
    print(f"{name:>22}: {share:.2f} of the beats are chords")

# %%
# Files
# -----
# A MIDI file is a header and a track of events, each behind the time since the one before. A WAV
# file has samples: here each key is a fading tone with two overtones.


def changes(roll):
    """Return for each beat the pitches that stop and those that start."""
    on = np.vstack([np.zeros((1, roll.shape[1])), roll, np.zeros((1, roll.shape[1]))])
    step = np.diff(on, axis=0)
    return [(np.flatnonzero(s < 0) + LOWEST, np.flatnonzero(s > 0) + LOWEST) for s in step]


def write_midi(path, roll, ticks=240):
    """Write a piano roll as a MIDI file of one track, `ticks` of 480 a beat."""

    def delay(n):  # seven bits a byte, the first ones marked
        return bytes([0x80 | n >> 7, n & 0x7F]) if n > 0x7F else bytes([n])

    track, wait = bytearray(), 0
    for ended, started in changes(roll):
        for status, pitches, velocity in ((0x80, ended, 0), (0x90, started, 80)):
            for pitch in pitches:
                track += delay(wait) + bytes([status, pitch, velocity])
                wait = 0
        wait += ticks
        if wait > 0x3FFF:
            raise ValueError("a pause is too long for two bytes")
    track += b"\x00\xff\x2f\x00"  # the end of the track
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480)
    Path(path).write_bytes(header + b"MTrk" + struct.pack(">I", len(track)) + bytes(track))


def write_wav(path, roll, rate=16000, beat=0.3):
    """Write a piano roll as sound."""
    t = np.arange(int(rate * 2 * beat)) / rate
    sound = np.zeros(int(rate * beat) * len(roll) + len(t))
    for k, (_, started) in enumerate(changes(roll)[:-1]):
        begin = int(rate * beat) * k
        for pitch in started:
            turn = 2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * t
            tone = np.sin(turn) + 0.5 * np.sin(2 * turn) + 0.25 * np.sin(3 * turn)
            sound[begin : begin + len(t)] += tone * np.exp(-4 * t)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", "not compressed"))
        file.writeframes((30000 * sound / np.abs(sound).max()).astype("<i2").tobytes())


folder = Path(tempfile.mkdtemp())
for output, found in composed.items():
    write_midi(folder / f"{output}.mid", found[0])
    write_wav(folder / f"{output}.wav", found[0])
print(f"\n{len(list(folder.iterdir()))} files")

# %%
# Pictures
# --------

figure, axes = plt.subplots(3, 1, figsize=(10, 8), layout="constrained", sharex=True)
rows = (
    ("a piece of the grammar", X_test[0]),
    ("composed: keys that know each other", composed["nade"][0]),
    ("composed: independent keys", composed["independent"][0]),
)
for ax, (name, roll) in zip(axes, rows, strict=True):
    right = np.array([is_chord(row) for row in roll])
    shown = roll * np.where(right, 1.0, 0.5)[:, None]
    ax.pcolormesh(np.arange(33), np.arange(N_KEYS + 1) + LOWEST, shown.T, cmap="Blues", vmax=1.2)
    ax.set(ylabel="key", title=f"{name} (dark: a chord of the grammar)")
axes[-1].set(xlabel="beat")
plt.show()
