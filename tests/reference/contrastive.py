"""Contrastive divergence of one RBM, unit by unit, as the papers write it down."""

import numpy as np

from skdeep.backend.base import Random


def logistic(x):
    return 1 / (1 + np.exp(-x))


class SlowRBM:
    """An RBM whose parameters are a dict: W (F, H), b (F,), c (H,), and variances s2 or None."""

    def __init__(self, W, b, c, s2=None):
        self.W, self.b, self.c, self.s2 = W, b, c, s2

    def seen(self, v):
        return v if self.s2 is None else v / self.s2

    def hidden_mean(self, v):
        return logistic(self.c + self.seen(v) @ self.W)

    def visible_mean(self, h):
        x = self.b + self.W @ h
        return x if self.s2 is not None else logistic(x)

    def visible_sample(self, h, draws):
        mean = self.visible_mean(h)
        if self.s2 is not None:
            return mean + np.sqrt(self.s2) * draws
        return (draws < 65536 * mean - 0.5).astype(float)

    def energy(self, v, h):
        value = -self.c @ h - self.seen(v) @ self.W @ h
        if self.s2 is None:
            return value - self.b @ v
        return value + np.sum((v - self.b) ** 2 / (2 * self.s2))

    def free_energy(self, v):
        """Minus the log of the sum of exp(-E) over the hidden units."""
        x = self.c + self.seen(v) @ self.W
        first = -self.b @ v
        if self.s2 is not None:
            first = np.sum((v - self.b) ** 2 / (2 * self.s2))
        return first - np.sum(np.logaddexp(0, x))

    def energy_slopes(self, v, h):
        """Derivatives of the energy; that of the variances is by s2."""
        seen = self.seen(v)
        slopes = {"W": -np.outer(seen, h), "b": -seen, "c": -h}
        if self.s2 is not None:
            slopes["b"] = -(v - self.b) / self.s2
            slopes["s2"] = v * (self.W @ h) / self.s2**2 - (v - self.b) ** 2 / (2 * self.s2**2)
        return slopes


class SlowDivergence:
    """Steps of CD-k or PCD-k on one RBM, which remember particles and running means."""

    def __init__(
        self,
        seed,
        n_visible,
        n_hidden,
        *,
        n_particles,
        n_steps=1,
        persistent=True,
        centering=False,
        mean_field=False,
        sparsity_target=0.1,
        sparsity_cost=0.0,
    ):
        self.random = Random([seed])
        self.persistent, self.k = persistent, n_steps
        self.centering, self.mean_field = centering, mean_field
        self.target, self.cost = sparsity_target, sparsity_cost
        self.states = np.zeros((n_particles, n_hidden))
        self.h_mean, self.v_mean = np.full(n_hidden, 0.5), np.zeros(n_visible)

    def hidden_states(self, machine, rows):
        bits = np.empty((1, len(rows), len(machine.c)), np.uint16)
        self.random.fill(bits, "bits")
        means = [machine.hidden_mean(v) for v in rows]
        return np.array(
            [
                [float(bit < 65536 * p - 0.5) for bit, p in zip(*pair, strict=True)]
                for pair in zip(bits[0], means, strict=True)
            ]
        )

    def visible_states(self, machine, states):
        if self.mean_field:
            return np.array([machine.visible_mean(h) for h in states])
        binary = machine.s2 is None
        draws = np.empty((1, len(states), len(machine.b)), np.uint16 if binary else float)
        self.random.fill(draws, "bits" if binary else "normal")
        return np.array(
            [machine.visible_sample(h, d) for h, d in zip(states, draws[0], strict=True)]
        )

    def gradient(self, machine, data):
        """Return the gradients of what is minimised, and the particles' visible states."""
        states = self.states if self.persistent else self.hidden_states(machine, data)
        particles = self.visible_states(machine, states)
        for _ in range(self.k - 1):
            particles = self.visible_states(machine, self.hidden_states(machine, particles))
        if self.persistent:
            self.states = self.hidden_states(machine, particles)
        means = [machine.hidden_mean(v) for v in data]
        self.h_mean = self.h_mean + 0.01 * (np.mean(means, 0) - self.h_mean)
        seen = np.mean([machine.seen(v) for v in data], 0)
        self.v_mean = self.v_mean + 0.01 * (seen - self.v_mean)
        found = self.plain(machine, data, particles)
        offsets = (self.v_mean, self.h_mean) if self.centering else (0 * seen, 0 * self.h_mean)
        return self.moved(machine, found, *offsets), particles

    def plain(self, machine, data, particles):
        """Mean slopes of the energy over the data, less those over the particles."""
        sides = [
            [machine.energy_slopes(v, machine.hidden_mean(v)) for v in rows]
            for rows in (data, particles)
        ]
        found = {
            name: np.mean([s[name] for s in sides[0]], 0) - np.mean([s[name] for s in sides[1]], 0)
            for name in sides[0][0]
        }
        pull = self.cost * (self.h_mean - self.target)  # the penalty's slope by a unit's input
        seen = np.mean([machine.seen(v) for v in data], 0)
        found["c"] = found["c"] + pull
        found["W"] = found["W"] + np.outer(seen, pull)
        if machine.s2 is not None:
            found["s2"] = found["s2"] - seen * (machine.W @ pull) / machine.s2
        return found

    def moved(self, machine, found, mu, lam):
        """Descend in the parameters of -(v - mu) W (h - lambda) - b' v - c' h, in ours.

        There W's slope is that of W about the offsets, and W moves b by -W lambda and c by -mu W.
        Real units' slopes of W and b' are in proportion to their variances.
        """
        slope = {name: np.array(value) for name, value in found.items()}
        scale = 1.0 if machine.s2 is None else machine.s2
        slope["W"] = found["W"] - np.outer(mu, found["c"]) - np.outer(found["b"], lam)
        slope["W"] = slope["W"] * np.reshape(scale, (-1, 1))
        slope["b"] = found["b"] * scale - slope["W"] @ lam
        slope["c"] = found["c"] - mu @ slope["W"]
        return slope
