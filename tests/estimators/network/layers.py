"""A layer as a user writes one: at the top of a module, so that it pickles."""

from skdeep.nn import Constant, Layer, Param, Spec, Work, kernel


@kernel
def snake(xp, x, a):
    return x + xp.sin(a * x) * xp.sin(a * x) / a


@kernel
def slopes(xp, x, a, dy):
    twice = xp.sin(2 * a * x)
    down = xp.sin(a * x) * xp.sin(a * x)
    return dy * (1 + twice), dy * (x * twice - down / a) / a


class Snake(Layer):
    """``x + sin(a x)^2 / a`` with a learned `a` for each feature."""

    per_model = ("frequency",)

    def __init__(self, frequency=1.0, name=None):
        self.frequency, self.name = frequency, name

    def build(self, in_shape):
        a = Param((1, *in_shape), "scale", Constant(self.frequency))
        work = {"dx": Work(in_shape), "da": Work(in_shape)}
        return Spec(in_shape, {"a": a}, work, keeps={"x"})

    def forward(self, v, training):
        v.ops.launch(snake, v.y, v.x, v.params.a)

    def backward(self, v):
        dx = v.work.dx if v.dx is None else v.dx
        v.ops.launch(slopes, (dx, v.work.da), v.x, v.params.a, v.dy)
        v.ops.reduce(v.work.da, v.grads.a, axis=1)
