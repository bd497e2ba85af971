"""The blocks of Transformers."""

from __future__ import annotations

from collections.abc import Sequence

from skdeep.nn.attention.feed_forward import FeedForward
from skdeep.nn.attention.multi_head_attention import CrossAttention, MultiHeadAttention
from skdeep.nn.attention.pre_norm import PreNorm
from skdeep.nn.core.layer import Layer
from skdeep.nn.initializers import Initializer, SklearnGlorot


def encoder_block(
    heads: int,
    units: int,
    *,
    activation: str = "gelu",
    dropout: float | Sequence[float] = 0.0,
    causal: bool = False,
    weight_init: Initializer = SklearnGlorot(),
    suffix: str | None = None,
) -> list[Layer]:
    """Return the layers of a Transformer's encoder block: attention, then a feed-forward part.

    Each is a residual connection around a layer of normalised steps (pre-norm).

    Parameters
    ----------
    heads : int
        Heads of attention.
    units : int
        Hidden units of the feed-forward part.
    activation : str
        What they apply.
    dropout : float or sequence of float
        Of attention weights, of hidden units and of what each part adds.
    causal : bool
        Whether a step looks at itself and the steps before alone.
    weight_init : Initializer
        How weights start.
    suffix : str or None
        End of the names of its layers, such as "_0"; None: they have no names of their own.

    Returns
    -------
    layers : list of Layer
        To be put in a list of layers, or in :class:`InParts`.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import InParts, StepNorm, encoder_block
    >>> from skdeep.testing import run_layer
    >>> encoder = InParts([*encoder_block(2, 24), *encoder_block(2, 24), StepNorm()])
    >>> run_layer(encoder, np.ones((4, 7, 6))).shape
    (4, 7, 6)
    """
    attention = MultiHeadAttention(
        heads, causal=causal, dropout=dropout, weight_init=weight_init, name="heads"
    )
    hidden = FeedForward(
        units, activation=activation, dropout=dropout, weight_init=weight_init, name="units"
    )
    return [
        _part(attention, "attention", dropout, suffix),
        _part(hidden, "feed_forward", dropout, suffix),
    ]


def _part(layer: Layer, name: str, dropout: float | Sequence[float], suffix: str | None) -> PreNorm:
    return PreNorm([layer], dropout=dropout, name=None if suffix is None else f"{name}{suffix}")


def decoder_block(
    heads: int,
    units: int,
    memory_units: int,
    *,
    activation: str = "gelu",
    dropout: float | Sequence[float] = 0.0,
    weight_init: Initializer = SklearnGlorot(),
    suffix: str | None = None,
) -> list[Layer]:
    """Return the layers of a Transformer's decoder block.

    They are causal attention, attention to what an encoder has written, and a
    feed-forward part, each a residual connection around a layer of normalised steps (pre-norm).

    Parameters
    ----------
    heads : int
        Heads of both attentions.
    units : int
        Hidden units of the feed-forward part.
    memory_units : int
        Width of the memory, which is what the encoder gives.
    activation : str
        What hidden units apply.
    dropout : float or sequence of float
        Of attention weights, of hidden units and of what each part adds.
    weight_init : Initializer
        How weights start.
    suffix : str or None
        End of the names of its layers, such as "_0"; None: they have no names of their own.

    Returns
    -------
    layers : list of Layer
        To be put in the decoder's list of layers.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import Sequential, decoder_block
    >>> from skdeep.testing import run_layer
    >>> block = Sequential(decoder_block(2, 24, memory_units=3))
    >>> run_layer(block, np.ones((4, 7, 6)), memory=np.ones((4, 5, 3))).shape
    (4, 7, 6)
    """
    own, hidden = encoder_block(
        heads,
        units,
        activation=activation,
        dropout=dropout,
        causal=True,
        weight_init=weight_init,
        suffix=suffix,
    )
    cross = CrossAttention(
        heads, memory_units, dropout=dropout, weight_init=weight_init, name="heads"
    )
    return [own, _part(cross, "memory", dropout, suffix), hidden]
