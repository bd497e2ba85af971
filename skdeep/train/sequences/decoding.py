"""Sequences written step by step from what an encoder makes of sources."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.nn.core.binder import Arena
from skdeep.nn.core.network import Network
from skdeep.nn.core.params import ParamStore
from skdeep.train.sequences.beams import Beams, Rules, Written
from skdeep.train.sequences.buckets import coarse
from skdeep.train.sequences.pair_objective import bound_network
from skdeep.train.sequences.sequences import Sequences
from skdeep.train.sequences.step_decoder import BoundEncoder, StepDecoder

#: Hypotheses that are written at once: enough for full speed, few enough for their logits.
ROWS = 256
#: Decoders and encoders that are kept: their arrays are shared, but not their lists of calls.
KEPT = 16
#: Steps that decoders have room for at first, and how many times more they get when these are full:
#: what is kept of all steps before takes the memory of what was written, not of what might be.
ROOM, MORE_ROOM = 32, 2


class Writer:
    """Writes sequences for batches of sources, those of like length together.

    Encoder and decoder are bound once for each size. Sources that are written to the end make
    room: as soon as half are, the others go on in a decoder of fewer rows. Where hypotheses fill a
    decoder, they go on in one with room for more steps.

    Parameters
    ----------
    network : Network
        Of pairs.
    store : ParamStore
        Parameters of one model.
    arena : Arena
        Where buffers come from.
    """

    def __init__(self, network: Network, store: ParamStore, arena: Arena) -> None:
        self.network, self.store, self.arena = network, store, arena
        self._networks: dict[Any, Network] = {}
        self._bound: dict[Any, Any] = {}

    def __call__(self, sources: Any, rules: Rules) -> list[Written]:
        """Return what is written for each source.

        Parameters
        ----------
        sources : Sequences or ndarray of shape (n, ...)
            As the encoder reads them, on the host.
        rules : Rules
            What to write.
        """
        n = sources.shape[0]
        found: list[Any] = [None] * n
        order = np.arange(n)
        if isinstance(sources, Sequences):
            order = np.argsort(-sources.lengths, kind="stable")
        size = max(1, ROWS // rules.width)
        for start in range(0, n, size):
            rows = order[start : start + size]
            for row, written in zip(rows, self._write(sources[rows], rules), strict=True):
                found[row] = written
        return found

    def _write(self, sources: Any, rules: Rules) -> list[Written]:
        """Write for sources that are encoded at once."""
        memory, valid = self._encoded(sources)
        beams = Beams(len(memory), rules)
        found: list[Any] = [None] * len(memory)
        names = np.arange(len(memory))  # of the sources that are left
        room = min(ROOM, rules.longest)
        decoder = self._begun(memory, valid, rules.width, room)
        for place in range(rules.longest):
            if decoder.is_full(place):
                room = min(MORE_ROOM * room, rules.longest)
                state = decoder.state(np.arange(decoder.rows))
                decoder = self._begun(memory, valid, rules.width, room)
                decoder.go_on(state)
            logits = decoder(padded(beams.tokens.ravel(), decoder.rows), place)
            kept = beams.advance(logits[:, : beams.tokens.size])
            parents = (kept + rules.width * np.arange(len(kept))[:, None]).ravel()
            for i in np.flatnonzero(beams.done):
                found[names[i]] = found[names[i]] or beams.best(int(i))
            left = np.flatnonzero(~beams.done)
            if not len(left):
                break
            if 2 * len(left) <= len(beams.done):
                state = decoder.state(parents.reshape(kept.shape)[left].ravel())
                beams, names, memory = beams.part(left), names[left], memory[left]
                valid = None if valid is None else valid[left]
                decoder = self._begun(memory, valid, rules.width, room)
                decoder.go_on({k: padded(rows, decoder.rows) for k, rows in state.items()})
            elif rules.width > 1:
                decoder.reorder(padded(parents, decoder.rows))
        return found

    def _encoded(self, sources: Any) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the memories (n, S, D) of sources, and which of their steps are there."""
        ops, n = self.store.backend, sources.shape[0]
        steps = coarse(sources.longest) if isinstance(sources, Sequences) else 0
        encoder = self._encoder(steps, coarse(n))
        rows = padded(np.arange(n), coarse(n))
        valid = None
        if isinstance(sources, Sequences):
            index = sources.step_index(rows, steps)
            host = sources.steps[index]
            there = np.arange(steps) < sources.lengths[rows][:, None]
            valid = there.astype(self.store.values.dtype)
            ops.to_device(np.ascontiguousarray(valid[None]), encoder.valid)
            valid = valid[:n]
        else:
            host = sources[rows]
        ops.to_device(np.ascontiguousarray(host[None], encoder.x.dtype), encoder.x)
        encoder.run()
        return ops.to_host(encoder.memory)[0, :n], valid

    def _encoder(self, steps: int, batch: int) -> BoundEncoder:
        network = bound_network(self.network, (steps, 1), self._networks)
        make = lambda: BoundEncoder(network, self.store, self.arena, batch)  # noqa: E731
        found: BoundEncoder = self._kept((steps, batch), make)
        return found

    def _begun(
        self, memory: np.ndarray, valid: np.ndarray | None, width: int, room: int
    ) -> StepDecoder:
        """Return a decoder at its start, for `width` hypotheses of each source, of `room` steps."""
        rows = coarse(len(memory) * width)
        shape = memory.shape[1:]
        network = bound_network(self.network, (shape[0], 1), self._networks)

        def make() -> StepDecoder:
            return StepDecoder(
                network,
                self.store,
                self.arena,
                rows,
                shape,
                padded=valid is not None,
                longest=room,
            )

        decoder: StepDecoder = self._kept((shape, rows, room), make)
        index = padded(np.repeat(np.arange(len(memory)), width), rows)
        decoder.begin(memory[index], None if valid is None else valid[index])
        return decoder

    def _kept(self, key: Any, make: Any) -> Any:
        """Return what was bound for a size, or bind it."""
        if key not in self._bound:
            if len(self._bound) >= KEPT:
                self._bound.pop(next(iter(self._bound)))
            self._bound[key] = make()
        return self._bound[key]


def padded(rows: np.ndarray, size: int) -> np.ndarray:
    """Return an array that is filled up with its last entry."""
    return np.concatenate([rows, np.repeat(rows[-1:], size - len(rows), axis=0)])
