"""The recurrent translator in PyTorch: same layers, same tokens, batches of like lengths."""

import time

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

BATCH, POOL = 64, 50


class Translator(nn.Module):
    """A bidirectional GRU, and one with scaled general attention behind it; tied embeddings."""

    def __init__(self, n_sources, n_targets, units, dropout):
        super().__init__()
        self.source = nn.Embedding(n_sources, units)
        self.target = nn.Embedding(n_targets, units)
        for embedding in (self.source, self.target):
            nn.init.normal_(embedding.weight, std=units**-0.5)
        self.encoder = nn.GRU(units, units, batch_first=True, bidirectional=True)
        self.decoder = nn.GRU(units, units, batch_first=True)
        self.summary = nn.Linear(2 * units, units)
        self.keys = nn.Linear(2 * units, units, bias=False)
        self.hidden = nn.Linear(3 * units, units)
        self.bias = nn.Parameter(torch.zeros(n_targets))
        self.rate = dropout

    def dropped(self, x):
        """Drop features in all steps of a sequence, or in none."""
        if not self.training or not self.rate:
            return x
        keep = torch.rand(len(x), 1, x.shape[2]) >= self.rate
        return x * keep / (1 - self.rate)

    def encode(self, sources, lengths):
        x = self.dropped(self.source(sources))
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        memory, last = self.encoder(packed)
        memory, _ = pad_packed_sequence(memory, batch_first=True)
        summary = torch.tanh(self.summary(torch.cat([last[0], last[1]], 1)))
        hides = torch.arange(memory.shape[1])[None] >= lengths[:, None]
        memory = self.dropped(memory)
        return memory, self.keys(memory), summary, hides

    def decode(self, tokens, state, memory, keys, summary, hides):
        x = self.dropped(self.target(tokens)) + summary[:, None]
        h, state = self.decoder(x, state)
        h = self.dropped(h)
        scores = h @ keys.transpose(1, 2) / h.shape[2] ** 0.5
        share = scores.masked_fill(hides[:, None], -1e30).softmax(2)
        joint = torch.cat([h, share @ memory], 2)
        hidden = self.dropped(torch.tanh(self.hidden(joint)))
        return hidden @ self.target.weight.T + self.bias, state


def padded(sequences):
    return nn.utils.rnn.pad_sequence(
        [torch.as_tensor(np.asarray(one, np.int64)) for one in sequences], batch_first=True
    )


def run(model, X, y, X_test, *, epochs, rate):
    """Train as long as `model` did; return greedy translations and the processor's seconds."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    sides = [model._input.side(model, side) for side in ("source", "target")]
    sources, targets = sides[0].encode(X, "X"), sides[1].encode(y, "y")
    sizes = [len(side.vocabulary.tokens) for side in sides]
    net = Translator(*sizes, model.units, model.dropout)
    optimizer = torch.optim.Adam(net.parameters(), lr=rate, fused=True)
    rng = np.random.default_rng(0)
    start = time.process_time()
    for epoch in range(epochs):
        total = 0.0
        for rows in batches(sources, targets, rng):
            lengths = torch.tensor([len(sources[k]) for k in rows])
            written = padded([targets[k] for k in rows])
            counts = torch.tensor([len(targets[k]) - 1 for k in rows])
            encoded = net.encode(padded([sources[k] for k in rows]), lengths)
            logits, _ = net.decode(written[:, :-1], None, *encoded)
            there = torch.arange(logits.shape[1])[None] < counts[:, None]
            smoothing = {"label_smoothing": float(model.label_smoothing)}
            loss = cross_entropy(logits[there], written[:, 1:][there], **smoothing)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            total += loss.item() * len(rows)
        print(f"epoch {epoch + 1}: {total / len(X):.4f}", flush=True)
    seconds = time.process_time() - start
    return sides[1].decode(greedy(net, model, sides, X_test)), seconds


def batches(sources, targets, rng):
    """Cut a random order into batches of like lengths, within pools of many batches."""
    order, found = rng.permutation(len(sources)), []
    for start in range(0, len(order), POOL * BATCH):
        pool = sorted(
            order[start : start + POOL * BATCH], key=lambda k: (len(targets[k]), len(sources[k]))
        )
        found += [pool[k : k + BATCH] for k in range(0, len(pool), BATCH)]
    return [found[k] for k in rng.permutation(len(found))]


@torch.no_grad()
def greedy(net, model, sides, X_test):
    net.eval()
    known, written = sides[1].vocabulary, []
    sources = sides[0].encode(X_test, "X")
    for start in range(0, len(sources), 256):
        part = sources[start : start + 256]
        encoded = net.encode(padded(part), torch.tensor([len(one) for one in part]))
        tokens = torch.full((len(part), 1), known.start_token)
        state, rows = None, []
        for _ in range(model.longest_target_ + 1):
            logits, state = net.decode(tokens, state, *encoded)
            logits[:, :, [known.start_token, known.unknown_token]] = -1e30
            tokens = logits.argmax(2)
            rows.append(tokens)
        for row in torch.cat(rows, 1).numpy():
            ends = np.flatnonzero(row == known.end_token)
            written.append(row[: ends[0]] if len(ends) else row)
    return written
