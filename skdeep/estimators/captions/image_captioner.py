"""The network that writes captions of images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skdeep.estimators.captions.architecture import CaptionArchitecture, grid_shape
from skdeep.estimators.captions.caption_input import CaptionPairs
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.captions import CaptionerParameters
from skdeep.estimators.writing.sequence_writer import SequenceWriter


class CaptionLooks(NamedTuple):
    """Where a decoder looked as it wrote a caption.

    Attributes
    ----------
    weights : ndarray of shape (T, H, W) or (T, n_regions)
        The weight of each region when each token was predicted; those of a token add to one.
    target : list of str
        The T tokens of the caption, the end included.
    """

    weights: np.ndarray
    target: list[str]


@estimator_parameters(attributes=(texts.IMAGE_SHAPE, texts.HISTORY, texts.COUNTS, texts.FEATURES))
class ImageCaptioner(CaptionerParameters, SequenceWriter):
    """Network that writes captions of images.

    Convolutions make a grid of features of an image, and a decoder writes the caption token by
    token. At each step it looks, by attention, at the regions that it writes of.

    Attributes
    ----------
    target_tokens_ : ndarray of str
        The tokens of captions; names in angle brackets of those that stand for no text.

    longest_target_ : int
        Number of tokens of the longest caption of the training data.

    See Also
    --------
    CNNClassifier : One of a few words for each image.
    Seq2SeqTranslator : The same decoder, for sequences.

    Notes
    -----
    X are images as :class:`CNNClassifier` takes them. Without convolutions, ``conv_layers=()``,
    they are features that another network has found: (n, F) of whole images, (n, n_regions, F) of
    regions in no order, such as those of a detector, or (n, H, W, F) of grids. Standardise them,
    and keep them in float32. y are the captions, a list of strings, which `unit` says how to cut,
    or of lists of tokens, which are taken as they are. For several captions of an image give the
    image with each of them.

    A learned vector for each place of the grid is added to its features, so that the decoder knows
    where it looks. In training the decoder reads the true tokens before each one. Validation scores
    are those of :meth:`score`: nothing is written while training. With
    ``random_flip='horizontal'`` captions stay: leave it where they say left or right.

    References
    ----------
    Vinyals, Toshev, Bengio and Erhan (2015). Show and tell: a neural image caption generator. CVPR.

    Xu, Ba, Kiros, Cho, Courville, Salakhudinov, Zemel and Bengio (2015). Show, attend and tell:
    neural image caption generation with visual attention. ICML.

    Examples
    --------
    A bright row or column, and where it is:

    >>> import numpy as np
    >>> from skdeep import ImageCaptioner
    >>> X, y = [], []
    >>> for k, place in enumerate(["first", "second", "third"]):
    ...     for axis, line in enumerate(["row", "column"]):
    ...         image = np.zeros((6, 6))
    ...         np.moveaxis(image, axis, 0)[2 * k] = 1
    ...         X, y = [*X, image], [*y, f"{place} {line}"]
    >>> model = ImageCaptioner(
    ...     [(8, 3)],
    ...     units=16,
    ...     embedding_dim=8,
    ...     dropout=0.0,
    ...     batch_size=6,
    ...     learning_rate_init=0.02,
    ...     max_iter=300,
    ...     tol=0.01,
    ...     random_state=0,
    ... ).fit(X * 4, y * 4)
    >>> model.predict(X[:3])
    ['first row', 'first column', 'second row']
    >>> model.attention_weights(X[:1])[0].weights.shape  # three tokens with the end
    (3, 3, 3)
    """

    _input = CaptionPairs()

    def _architecture(self) -> CaptionArchitecture:
        return CaptionArchitecture.of(self)

    def attention_weights(self, X, y=None):
        """Return where the decoder looks as it reads each caption.

        Parameters
        ----------
        X : array-like
            Images, or features, as for :meth:`fit`.
        y : list of str, or of lists of tokens, default=None
            Their captions; None: what :meth:`predict` writes.

        Returns
        -------
        looks : list of named tuples
            Of each image its ``weights``, an array (T, H, W) over the grid of the last convolution,
            or (T, n_regions), each token of which adds to one, and the tokens of its caption,
            ``target`` (T), the end included.

        Raises
        ------
        ValueError
            If the network has no attention.
        """
        pairs, weights = self._attention(X, y)
        grid = grid_shape(self._network)
        target = self._input.side(self, "target")
        return [
            CaptionLooks(own.reshape(-1, *grid), target.names(tokens.ravel()))
            for own, tokens in zip(weights, pairs.next_steps(), strict=True)
        ]
