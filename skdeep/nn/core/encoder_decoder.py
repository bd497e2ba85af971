"""An encoder and a decoder that reads what it has written, in one network."""

from __future__ import annotations

from copy import copy

from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, Reads
from skdeep.nn.core.layer_fields import check_shape
from skdeep.nn.core.memory import Following, Memory, memory_widths
from skdeep.nn.core.spec import Shape, ShapeError, Spec, Views


class EncoderDecoder(Layer):
    """A decoder of steps whose layers read what an encoder has made of another input, the source.

    Samples are pairs. x is what the decoder reads, and the source comes from
    ``binder.source``, where a program puts it. The encoder gives the memory, steps (S, D) of it;
    layers such as :class:`~skdeep.nn.DotAttention` read it inside the decoder.

    Parameters
    ----------
    encoder : Layer
        From a source to steps (S, D).
    decoder : Layer
        From steps, or tokens, to steps.
    source_shape : tuple of int
        Shape of a source: (S,) of tokens, (S, F), (H, W, C).
    name : str or None
        Name within the parent.

    References
    ----------
    Sutskever, Vinyals and Le (2014). Sequence to sequence learning with neural networks. NIPS.
    """

    def __init__(
        self, encoder: Layer, decoder: Layer, source_shape: Shape, name: str | None = None
    ) -> None:
        self.encoder, self.decoder = encoder, decoder
        self.source_shape, self.name = check_shape(self, source_shape), name

    @property
    def reads(self) -> Reads:  # type: ignore[override]
        """What the decoder reads."""
        return self.decoder.reads

    def of_source(self, shape: Shape) -> EncoderDecoder:
        """Return the same layers for sources of another shape."""
        return EncoderDecoder(self.encoder, self.decoder, shape, self.name)

    def build(self, in_shape: Shape) -> Spec:
        encoder, decoder = self.encoder.build(self.source_shape), self.decoder.build(in_shape)
        if len(encoder.out_shape) != 2:
            raise ShapeError(
                f"the encoder of {type(self).__name__} must give steps, shape (S, D), got "
                f"{encoder.out_shape}"
            )
        width = encoder.out_shape[1]
        other = memory_widths(decoder) - {width}
        if other:
            raise ShapeError(
                f"the encoder of {type(self).__name__} gives steps of {width} features, but layers "
                f"of the decoder have memory_units={min(other)}"
            )
        if encoder.has("batch"):
            raise ShapeError(
                f"a layer of batch statistics does not work in an encoder: {self.encoder!r}"
            )
        children = {"encoder": (self.encoder, encoder), "decoder": (self.decoder, decoder)}
        return Spec(
            decoder.out_shape,
            children=children,
            keeps=decoder.keeps & {"x"},
            step_major=decoder.step_major,
            gives_memory=True,
        )

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        source = binder.source
        if source is None:
            raise ShapeError(f"{type(self).__name__} needs samples that are pairs")
        encoder, decoder = (spec.children[name][1] for name in ("encoder", "decoder"))
        name = binder.child("encoder")
        y = binder.rows(f"{name}:memory", encoder.out_shape)
        dy = binder.rows(f"{name}:dmemory", encoder.out_shape) if binder.training else None
        v.work.following = Following()
        v.work.dmemory = dy
        inner = copy(binder)
        inner.valid, inner.source, inner.carry = source.valid, None, None
        arrays = (self.encoder, encoder, name, source.x, source.dx)
        v.children["encoder"] = inner.bind(*arrays, y=y, dy=dy)
        inner = copy(binder)
        inner.source = None
        inner.memory = Memory(y, dy, v.children["encoder"].valid_y, v.work.following)
        arrays = (self.decoder, decoder, binder.child("decoder"), v.x, v.dx)
        v.children["decoder"] = inner.bind(*arrays, y=v.y, dy=v.dy)
        v.y, v.dy = v.children["decoder"].y, v.children["decoder"].dy
        if binder.training:
            v.work.zero = binder.zeros((1, 1, 1, 1))

    def forward(self, v: Views, training: bool) -> None:
        self.encoder.forward(v.children["encoder"], training)
        v.work.following.forward()
        self.decoder.forward(v.children["decoder"], training)

    def backward(self, v: Views) -> None:
        v.ops.copy(v.work.zero, v.work.dmemory)
        self.decoder.backward(v.children["decoder"])
        v.work.following.backward()
        self.encoder.backward(v.children["encoder"])
