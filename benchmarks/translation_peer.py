"""The same translators in PyTorch: equal layers, tokens, schedule and steps; like lengths together.

Weights start alike, gradients are clipped alike, and labels smoothed alike. The Transformer is
PyTorch's own (``nn.TransformerEncoder``, ``nn.TransformerDecoder``, normalisation first), the
recurrent one is made of ``nn.GRU``.
"""

import time

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from skdeep.optim.schedules import resolve_schedule

#: Batches that are sorted by length at a time.
POOL = 50


def embeddings(n_sources, n_targets, units):
    both = nn.Embedding(n_sources, units), nn.Embedding(n_targets, units)
    for embedding in both:
        nn.init.normal_(embedding.weight, std=units**-0.5)
    return both


class RecurrentTranslator(nn.Module):
    """A bidirectional GRU, and one with scaled general attention behind it; tied embeddings."""

    def __init__(self, n_sources, n_targets, model, rate):
        super().__init__()
        units, self.rate = model.units, rate
        self.source, self.target = embeddings(n_sources, n_targets, units)
        self.encoder = nn.GRU(units, units, batch_first=True, bidirectional=True)
        self.decoder = nn.GRU(units, units, batch_first=True)
        self.summary = nn.Linear(2 * units, units)
        self.keys = nn.Linear(2 * units, units, bias=False)
        self.hidden = nn.Linear(3 * units, units)
        self.bias = nn.Parameter(torch.zeros(n_targets))

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

    def decode(self, tokens, memory, keys, summary, hides):
        x = self.dropped(self.target(tokens)) + summary[:, None]
        h = self.dropped(self.decoder(x)[0])
        scores = h @ keys.transpose(1, 2) / h.shape[2] ** 0.5
        share = scores.masked_fill(hides[:, None], -1e30).softmax(2)
        joint = torch.cat([h, share @ memory], 2)
        hidden = self.dropped(torch.tanh(self.hidden(joint)))
        return hidden @ self.target.weight.T + self.bias


class TransformerTranslator(nn.Module):
    """Three blocks on each side with normalisation first; sinusoidal places; tied embeddings."""

    def __init__(self, n_sources, n_targets, model, rate):
        super().__init__()
        units, depth = model.units, model.n_hidden_layers or 3
        wide = model.feedforward_units or 2 * units
        options = {"batch_first": True, "norm_first": True, "activation": "gelu"}
        options |= {"dim_feedforward": wide, "dropout": rate}
        self.source, self.target = embeddings(n_sources, n_targets, units)
        self.encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(units, model.n_heads, **options),
            depth,
            norm=nn.LayerNorm(units),
            enable_nested_tensor=False,
        )
        self.decoder = nn.TransformerDecoder(
            nn.TransformerDecoderLayer(units, model.n_heads, **options),
            depth,
            norm=nn.LayerNorm(units),
        )
        self.hidden = nn.Linear(units, units)
        for name, weight in self.named_parameters():
            if "coder" not in name and "hidden" not in name:
                continue
            if weight.ndim == 1:
                nn.init.constant_(weight, float("norm" in name and name.endswith("weight")))
            else:  # queries, keys and values lie in one matrix
                for part in weight.data.split(units) if "in_proj" in name else [weight.data]:
                    nn.init.xavier_uniform_(part)
        self.bias = nn.Parameter(torch.zeros(n_targets))
        self.dropout = nn.Dropout(rate)
        half = units // 2
        phase = torch.arange(500)[:, None] * 10_000.0 ** (-torch.arange(half) / half)
        self.register_buffer("places", torch.cat([phase.sin(), phase.cos()], 1))

    def embedded(self, embedding, tokens):
        x = embedding(tokens) * self.places.shape[1] ** 0.5
        return self.dropout(x + self.places[: tokens.shape[1]])

    def encode(self, sources, lengths):
        hides = torch.arange(sources.shape[1])[None] >= lengths[:, None]
        x = self.embedded(self.source, sources)
        return self.encoder(x, src_key_padding_mask=hides), hides

    def decode(self, tokens, memory, hides):
        x, steps = self.embedded(self.target, tokens), tokens.shape[1]
        later = torch.ones(steps, steps, dtype=torch.bool).triu(1)
        options = {"tgt_mask": later, "memory_key_padding_mask": hides, "tgt_is_causal": True}
        hidden = self.hidden(self.decoder(x, memory, **options))
        return hidden @ self.target.weight.T + self.bias


def padded(sequences):
    return nn.utils.rnn.pad_sequence(
        [torch.as_tensor(np.asarray(one, np.int64)) for one in sequences], batch_first=True
    )


def run(model, X, y, X_test, *, batch_size):
    """Train as long as `model` did; return greedy translations and the processor's seconds."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    sides = [model._input.side(model, side) for side in ("source", "target")]
    sources, targets = sides[0].encode(X, "X"), sides[1].encode(y, "y")
    sizes = [len(side.vocabulary.tokens) for side in sides]
    kind = TransformerTranslator if model.architecture == "transformer" else RecurrentTranslator
    net = kind(*sizes, model, float(model.dropout))
    optimizer = torch.optim.Adam(net.parameters(), lr=model.learning_rate_init, fused=True)
    schedule = resolve_schedule(model.learning_rate_schedule)
    rng, steps = np.random.default_rng(0), -(-len(X) // batch_size) * model.n_iter_
    start, step = time.process_time(), 0
    for epoch in range(model.n_iter_):
        net.train()
        total = 0.0
        for rows in batches(sources, targets, batch_size, rng):
            if schedule is not None:
                for group in optimizer.param_groups:
                    group["lr"] = model.learning_rate_init * float(schedule(step / steps))
            loss = mean_loss(net, sources[rows], targets[rows], float(model.label_smoothing))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), model.gradient_clip_norm)
            optimizer.step()
            total, step = total + loss.item() * len(rows), step + 1
        print(f"epoch {epoch + 1}: {total / len(X):.4f}", flush=True)
    seconds = time.process_time() - start
    return sides[1].decode(greedy(net, model, sides, X_test)), seconds


def mean_loss(net, sources, targets, smoothing):
    """Return the mean loss of a token, the ends of targets included."""
    written = padded(targets)
    counts = torch.tensor([len(target) - 1 for target in targets])
    encoded = net.encode(padded(sources), torch.tensor([len(source) for source in sources]))
    logits = net.decode(written[:, :-1], *encoded)
    there = torch.arange(logits.shape[1])[None] < counts[:, None]
    return cross_entropy(logits[there], written[:, 1:][there], label_smoothing=smoothing)


def batches(sources, targets, size, rng):
    """Cut a random order into batches of like lengths, within pools of many batches."""
    order, found = rng.permutation(len(sources)), []
    for start in range(0, len(order), POOL * size):
        pool = sorted(
            order[start : start + POOL * size], key=lambda k: (len(targets[k]), len(sources[k]))
        )
        found += [pool[k : k + size] for k in range(0, len(pool), size)]
    return [found[k] for k in rng.permutation(len(found))]


@torch.no_grad()
def greedy(net, model, sides, X_test):
    """Return what the network writes; all is computed anew for each token."""
    net.eval()
    known, written = sides[1].vocabulary, []
    sources = sides[0].encode(X_test, "X")
    order = np.argsort([len(one) for one in sources], kind="stable")
    for start in range(0, len(order), 256):
        part = sources[order[start : start + 256]]
        encoded = net.encode(padded(part), torch.tensor([len(one) for one in part]))
        tokens = torch.full((len(part), 1), known.start_token)
        for _ in range(model.longest_target_ + 1):
            logits = net.decode(tokens, *encoded)[:, -1]
            logits[:, [known.start_token, known.unknown_token]] = -1e30
            tokens = torch.cat([tokens, logits.argmax(1)[:, None]], 1)
            if (tokens == known.end_token).any(1).all():
                break
        for row in tokens[:, 1:].numpy():
            ends = np.flatnonzero(row == known.end_token)
            written.append(row[: ends[0]] if len(ends) else row)
    return [written[k] for k in np.argsort(order)]
