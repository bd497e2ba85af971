"""Parameters of convolutions and of images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, Literal, TypeAlias

from skdeep.data._compat import Interval, Options, StrOptions
from skdeep.estimators.named_convolutions import NAMED
from skdeep.estimators.parameters._declaration import (
    like,
    parameter,
    parameter_group,
    redeclared,
)
from skdeep.estimators.parameters._ranges import COUNT
from skdeep.estimators.parameters.dense import (
    Activations,
    DenseLayers,
    HiddenFeatures,
    LayerDropout,
    LayerNormalization,
    Normalization,
    Rates,
    Widths,
)
from skdeep.estimators.parameters.networks import NetworkTraining
from skdeep.estimators.parameters.step_networks import MissingSteps
from skdeep.nn.image_changes import ImageChange

#: One size, one for each axis, or a list with one for each convolution.
Sizes: TypeAlias = int | tuple[int, ...] | Sequence[int | tuple[int, ...]]
#: Number of filters and kernel size of each convolution.
Kernels: TypeAlias = Sequence[tuple[int, int | tuple[int, ...]]]
#: What changes images in training.
Augmentations: TypeAlias = (
    Sequence[ImageChange | Callable[..., Any]] | ImageChange | Callable[..., Any] | None
)
SIZES = [COUNT, tuple, list]
SIZES_TEXT = "int, tuple of int or list of such"

KERNELS_OR_NAME = "sequence of (int, int or tuple of int), or str"
#: What the documentation says of named convolutions.
NAMES = """
        Or a name, for the convolutions of a published network: 'lenet' (LeNet-5; LeCun et al.,
        1998), 'pilotnet' (steers a car; Bojarski et al., 2016, arXiv:1604.07316), 'vgg11' or
        'vgg16' (Simonyan and Zisserman, 2015, arXiv:1409.1556), 'all_cnn' (All-CNN-C; Springenberg
        et al., 2015, arXiv:1412.6806), 'fcn' (of series; Wang et al., 2017, arXiv:1611.06455). A
        name also sets `pooling`, `pooling_type`, `strides`,
        `dilation` and `padding`, which then must be left at their defaults. Dense layers and
        activations stay yours."""


@parameter_group
class ConvLayers:
    """Filters and kernels."""

    conv_layers: Kernels = parameter(
        default=((32, 3), (64, 3)),
        constraint=["array-like"],
        kind="sequence of (int, int or tuple of int)",
        doc="""
        Number of filters and kernel size of each convolution, (height, width) for a pair. Each is
        followed by normalisation, activation, pooling and dropout.
        """,
        kw_only=False,
    )


@parameter_group
class NamedConvLayers:
    """Filters and kernels, which may go by a name."""

    conv_layers: Kernels | str = redeclared(
        ConvLayers,
        default=((32, 3), (64, 3)),
        kw_only=False,
        constraint=["array-like", StrOptions(set(NAMED))],
        kind=KERNELS_OR_NAME,
        doc=f"""
        Number of filters and kernel size of each convolution, (height, width) for a pair. Each is
        followed by normalisation, activation, pooling and dropout. {NAMES}
        """,
    )


@parameter_group
class ConvPooling:
    """Pooling behind convolutions."""

    pooling: int | tuple[int, ...] | Sequence[int | tuple[int, ...] | None] | None = parameter(
        default=2,
        constraint=[*SIZES, None],
        kind="int, tuple of int, list of such or None",
        doc="""
        Size of the pooling windows behind each convolution, one for all or a list with one for
        each convolution; a tuple is (height, width). 1 or None: no pooling. A window longer than
        an axis takes all of it.
        """,
    )
    pooling_type: Literal["max", "average"] = parameter(
        default="max", doc="Statistic of each pooling window."
    )


@parameter_group
class ConvGeometry:
    """Steps and edges of convolutions."""

    strides: Sizes = parameter(
        default=1,
        constraint=SIZES,
        kind=SIZES_TEXT,
        doc="Strides of the convolutions, given like `pooling`.",
    )
    dilation: Sizes = parameter(
        default=1,
        constraint=SIZES,
        kind=SIZES_TEXT,
        doc="Steps between neighbouring pixels of the kernels, given like `pooling`.",
    )
    padding: Literal["same", "valid"] = parameter(
        default="same",
        doc="""
        'same': zeros around the image, so that a convolution gives ``ceil(n / stride)`` outputs
        along an axis of n pixels. 'valid': no zeros, so that each makes the image smaller.
        """,
    )


@parameter_group
class GlobalPooling:
    """What dense layers get of the last convolution."""

    global_pooling: Literal["auto", "max", "average"] | None = parameter(
        default="auto",
        doc="""
        What the dense layers get: the maximum or mean of each channel of the last convolution, or
        its whole image (None). 'auto': the whole image, and the mean over the steps of sequences of
        any length.
        """,
    )


@parameter_group
class ImagePixels:
    """What the numbers of images are, and where their channels."""

    data_format: Literal["channels_last", "channels_first"] = parameter(
        default="channels_last",
        doc="""
        Where arrays of images or signals have their channels: (n, H, W, C) and (n, T, C), or (n, C,
        H, W) and (n, C, T). They come last in the network, in the shape that `fit` keeps
        (``image_shape_``, ``sample_shape_``), and in the rows of tables. Reconstructions and
        gradients have them where X has.
        """,
    )
    rescale: bool = parameter(
        default=True,
        doc="""
        Whether images of dtype uint8 are divided by 255 and those of uint16 by 65535, in `fit` and
        ever after, so that the network gets float32 in [0, 1]. All other numbers stay, and so do
        sequences of any length. What could be meant in two ways is refused: other integers after a
        fit on uint8, and uint8 after a fit on other numbers than such in [0, 1].
        """,
    )


@parameter_group
class ImageInput(ImagePixels):
    """What X holds."""

    n_dims: Literal[1, 2] = parameter(
        default=2,
        constraint=[Options(Integral, {1, 2})],
        doc="""
        What X with three axes is: images (n, H, W) for 2, signals of several channels (n, T, C)
        for 1.
        """,
    )
    image_shape: Sequence[int | None] | None = parameter(
        default=None,
        constraint=["array-like", None],
        kind="tuple of int or None",
        doc="""
        Shape of the images in the rows of a flat X (n, n_features): (H, W), (H, W, C) or, with one
        number, a signal; with ``n_dims=1`` (T,) or (T, C). None: a signal of one channel.
        """,
    )


@parameter_group
class ChangedImages:
    """Random changes of the training images, as users list them."""

    augment: Augmentations = parameter(
        default=None,
        constraint=[list, tuple, ImageChange, callable, None],
        kind="list of objects of :mod:`skdeep.augmentation`, callable or None",
        doc="""
        What changes images at random in a training step, in this order: :class:`Flip
        <skdeep.augmentation.Flip>`, ``Shift``, ``Rotate``, ``Scale``, ``Brightness``, ``Contrast``,
        ``Noise``, ``Erase``, or a function ``(X, y, rng)`` that gets one image, as the network gets
        it (see `rescale` and `data_format`), its y (None where there are classes) and a NumPy
        generator, and returns the first two. What happens depends on the image and the step, not
        on the batch. Where a change moves pixels, a regressor wants
        ``y="keep"``, ``"keypoints"`` or, of ``Flip``, ``"negate"``.
        """,
    )


@parameter_group
class RandomImages(ChangedImages):
    """Random changes of the training images."""

    random_shift: int | Sequence[int] = parameter(
        default=0,
        constraint=[Interval(Integral, 0, None, closed="left"), tuple, list],
        kind="int or tuple of int",
        doc="""
        Maximum number of pixels by which each image is shifted along each axis in a training step,
        at random, with zeros coming in: random crops of the image in a frame of zeros.
        """,
    )
    random_flip: Literal["horizontal", "vertical", "both"] | None = parameter(
        default=None,
        doc="""
        Axes along which half of the images are flipped in a training step, at random. y stays: a
        regressor warns, since a target with a direction (a position, an angle) does not follow. Use
        ``augment=[Flip(y=...)]`` where it is to.
        """,
    )


@parameter_group
class ConvolutionalNetworkParameters(
    MissingSteps,
    NetworkTraining,
    RandomImages,
    ImageInput,
    GlobalPooling,
    ConvGeometry,
    ConvPooling,
    DenseLayers,
    NamedConvLayers,
):
    """All of a convolutional network but its targets."""

    hidden_layer_sizes: Widths = redeclared(
        DenseLayers,
        default=(100,),
        kw_only=False,
        doc="Number of units of each dense hidden layer behind the convolutions.",
    )
    activation: Activations = redeclared(
        DenseLayers,
        default="relu",
        kw_only=False,
        doc="""
        Activation of the hidden layers, one for all or one for each layer: the convolutions, then
        the dense ones. Names are those of :class:`MLPClassifier`; 'maxout' is for dense layers
        only.
        """,
    )
    dropout: Rates = like(
        LayerDropout,
        doc="""
        Fraction of a layer's outputs that is dropped in training, given like `activation`; for
        'selu' alpha-dropout (Klambauer et al., 2017).
        """,
    )
    normalization: Normalization = like(
        LayerNormalization,
        doc="""
        Normalisation between a hidden layer's affine map and its activation; over the channels,
        for convolutions.
        """,
    )
    image_shape: Sequence[int | None] | None = like(
        ImageInput,
        doc="""
        Shape of the images in the rows of a flat X (n, n_features): (H, W), (H, W, C) or, with one
        number, a signal; with ``n_dims=1`` (T,) or (T, C). None: a signal of one channel. (None, C)
        with ``n_dims=1``: sequences of any length, whatever holds them.
        """,
    )
    transform_layer: int = like(
        HiddenFeatures,
        doc="""
        Index of the hidden layer whose outputs ``transform`` returns: convolutions come first,
        each with what follows it. Of sequences of any length, all convolutions and the pool over
        the steps are one layer.
        """,
    )
