"""The architectures of an encoder of sequences, and of a decoder that writes others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from skdeep.backend.user_warnings import warn
from skdeep.estimators.architecture import Architecture
from skdeep.nn.attention.add_from_memory import AddFromMemory
from skdeep.nn.attention.additive_attention import AdditiveAttention
from skdeep.nn.attention.blocks import decoder_block, encoder_block
from skdeep.nn.attention.dot_attention import DotAttention
from skdeep.nn.attention.positions import SinusoidalPositions
from skdeep.nn.core.encoder_decoder import EncoderDecoder
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.parallel import Parallel
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import Shape
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.nn.dense.embedding import Embedding
from skdeep.nn.dense.scaled import Scaled
from skdeep.nn.dense.tied_steps import TiedSteps
from skdeep.nn.initializers import Constant, Normal, VarianceScaling
from skdeep.nn.noise.dropout import Dropout, StepDropout
from skdeep.nn.normalization.step_norm import StepNorm
from skdeep.nn.recurrent.gru import GRU
from skdeep.nn.recurrent.lstm import LSTM
from skdeep.nn.recurrent.recurrent import Recurrent
from skdeep.nn.recurrent.step_pooling import LastStep, MeanSteps
from skdeep.nn.recurrent.time_distributed import TimeDistributed

#: The architecture without recurrence, and how many blocks it has where nobody says it.
TRANSFORMER, TRANSFORMER_LAYERS = "transformer", 3
CELLS: dict[str, type[Recurrent]] = {"gru": GRU, "lstm": LSTM}


@dataclass(frozen=True, kw_only=True)
class DecoderArchitecture(Architecture):
    """A decoder of tokens, whatever has encoded the source.

    Fields are parameters of :class:`skdeep.Seq2SeqTranslator`.
    """

    architecture: str
    attention: str | None
    units: int
    embedding_dim: int | None
    n_hidden_layers: int | None
    n_heads: int
    feedforward_units: int | None
    dropout: float
    tied_embeddings: bool

    def check(self) -> None:
        if self.architecture != TRANSFORMER:
            return
        if self.attention != "dot":
            warn(
                f"attention={self.attention!r} has no effect with architecture='transformer', "
                "which has attention of its own"
            )
        if self.units % self.n_heads:
            raise ValueError(
                f"units must be a multiple of n_heads with architecture='transformer', got "
                f"units={self.units} and n_heads={self.n_heads}"
            )
        if self.embedding_dim not in (None, self.units):
            raise ValueError(
                "embedding_dim must be None or equal to units with architecture='transformer', "
                f"got embedding_dim={self.embedding_dim} and units={self.units}"
            )

    @property
    def depth(self) -> int:
        """Number of layers of the encoder, and of the decoder."""
        usual = TRANSFORMER_LAYERS if self.architecture == TRANSFORMER else 1
        return usual if self.n_hidden_layers is None else self.n_hidden_layers

    @property
    def embedded_width(self) -> int:
        """Length of the vector of a token."""
        return self.units if self.embedding_dim is None else self.embedding_dim

    @property
    def feedforward_width(self) -> int:
        """Hidden units of the feed-forward part of a Transformer's block."""
        return 2 * self.units if self.feedforward_units is None else self.feedforward_units

    def decoder(self, n_tokens: int, memory_units: int, *, reversed_units: int = 0) -> Layer:
        """Return the layers from tokens, the start first, to the logits of those that follow.

        Parameters
        ----------
        n_tokens : int
            Number of tokens, start and end included.
        memory_units : int
            Width D of the memory (S, D) that they read.
        reversed_units : int
            How many of its features, the last ones, were read from the end to the start.
        """
        layers = self.embedded(n_tokens)
        if self.architecture == TRANSFORMER:
            for _ in range(self.depth):
                layers += decoder_block(
                    self.n_heads, self.feedforward_width, memory_units, dropout=self.dropout
                )
            layers += [StepNorm(name="norm"), *self._turned()]
            return Sequential([*layers, self._output(n_tokens)])
        layers.append(self._summary(memory_units, reversed_units))
        for k in range(self.depth):
            layers.append(CELLS[self.architecture](self.units, name=f"recurrent_{k}"))
            layers += self._dropped(f"recurrent_dropout_{k}")
        if self.attention is not None:
            layers.append(self._attention(memory_units))
        return Sequential([*layers, *self._outputs(n_tokens)])

    def embedded(self, n_tokens: int) -> list[Layer]:
        """Return the layers that make vectors of tokens."""
        width = self.embedded_width
        init = Normal(width**-0.5)
        embedding = Embedding(n_tokens, width, weight_init=init, name="embedding")
        if self.architecture != TRANSFORMER:
            return [embedding, *self._dropped("embedding_dropout")]
        # Vectors start as those of an output do, and are then as large as the positions.
        return [embedding, Scaled(width**0.5), SinusoidalPositions(dropout=self.dropout)]

    def _dropped(self, name: str) -> list[Layer]:
        return [StepDropout(self.dropout, name=name)] if self.dropout else []

    def _summary(self, memory_units: int, reversed_units: int) -> Layer:
        """Return what tells the decoder of the whole source at each step."""
        pool: Layer = LastStep(reversed_units) if reversed_units else MeanSteps()
        layers = [pool, self._dense(self.embedded_width), Activation("tanh")]
        return AddFromMemory(layers, memory_units, name="summary")

    def _attention(self, memory_units: int) -> Layer:
        """Return what looks steps of the decoder up in the memory."""
        init = VarianceScaling()
        if self.attention == "dot":
            return DotAttention(memory_units, weight_init=init, name="attention")
        return AdditiveAttention(memory_units, self.units, weight_init=init, name="attention")

    def _turned(self) -> list[Layer]:
        """Return what stands between a Transformer's last steps and the output, if anything.

        Blocks add to what they read, so that a step still holds the vector of the token it reads.
        An output with the same vectors would predict that token again, until it is unlearned.
        """
        dense = self._dense(self.units)
        return [TimeDistributed([dense], name="hidden")] if self.tied_embeddings else []

    def _outputs(self, n_tokens: int) -> list[Layer]:
        """Return the layers from steps to the logits of tokens."""
        width = self.embedded_width if self.tied_embeddings else self.units
        hidden: list[Layer] = [self._dense(width), Activation("tanh")]
        hidden += [Dropout(self.dropout)] if self.dropout else []
        return [TimeDistributed(hidden, name="hidden"), self._output(n_tokens)]

    def _output(self, n_tokens: int) -> Layer:
        """Return the layer that makes logits of steps."""
        if self.tied_embeddings:
            return TiedSteps(n_tokens, "embedding", name="output")
        return TimeDistributed([self._dense(n_tokens, "output")], name="steps")

    @staticmethod
    def _dense(units: int, name: str | None = None) -> Dense:
        """Return an affine map that starts as those of recurrent layers do."""
        return Dense(units, weight_init=VarianceScaling(), bias_init=Constant(), name=name)


@dataclass(frozen=True, kw_only=True)
class Seq2SeqArchitecture(DecoderArchitecture):
    """An encoder of tokens, and a decoder.

    Parameters
    ----------
    n_source_tokens : int
        Number of tokens of sources.
    """

    bidirectional: bool
    n_source_tokens: int = 0

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        embedded = self.embedded(self.n_source_tokens)
        if self.architecture == TRANSFORMER:
            encoder = Sequential([*embedded, *self._blocks(), StepNorm(name="norm")])
            decoder = self.decoder(n_logits, self.units)
        else:
            encoder = Sequential([*embedded, *self._recurrent()])
            reverse = self.units * self.bidirectional
            decoder = self.decoder(n_logits, self.units + reverse, reversed_units=reverse)
        return [EncoderDecoder(encoder, decoder, (1,), name="translator")]

    def _blocks(self) -> list[Layer]:
        """Return the blocks of a Transformer's encoder."""
        width = self.feedforward_width
        blocks = [
            encoder_block(self.n_heads, width, dropout=self.dropout) for _ in range(self.depth)
        ]
        return [layer for block in blocks for layer in block]

    def _recurrent(self) -> list[Layer]:
        """Return the recurrent layers of the encoder."""
        layers: list[Layer] = []
        for k in range(self.depth):
            kind = CELLS[self.architecture]
            forward = kind(self.units, name="forward" if self.bidirectional else f"recurrent_{k}")
            if self.bidirectional:
                both = [forward, kind(self.units, reverse=True, name="backward")]
                layers.append(Parallel(both, name=f"recurrent_{k}"))
            else:
                layers.append(forward)
            layers += self._dropped(f"recurrent_dropout_{k}")
        return layers

    def hidden_names(self, names: Sequence[str]) -> list[str]:
        return []
