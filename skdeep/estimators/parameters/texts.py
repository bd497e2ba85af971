"""Texts that the documentation of many classes shares: attributes, what X is, references."""

TABLE = """\
X is an array-like or sparse matrix of shape (n_samples, n_features).
"""

HISTORY = """\
loss_ : float
    Loss of the last epoch, with the penalty.

loss_curve_ : list of float
    Loss of each epoch or L-BFGS iteration.

best_loss_ : float or None
    Lowest loss; None with early stopping.

validation_scores_ : list of float or None
    Score of the validation samples after each epoch.

validation_loss_curve_ : list of float or None
    Mean loss of the validation samples after each epoch, without the penalty.

best_validation_score_ : float or None
    Highest validation score; None without early stopping.

best_epoch_ : int or None
    Epoch, from 1, whose weights early stopping kept; None without it.

learning_rate_curve_ : list of float
    Learning rate in the last step of each epoch.

gradient_norm_curve_ : list of float
    Norm of the clipped gradient in the last step of each epoch.
"""

COEFFICIENTS = """\
coefs_, intercepts_ : list of ndarray
    Weights (n_in, n_out) and biases (n_out,) of each layer, as views of the model. Absent in
    networks that are no chain of dense layers; see ``get_weights``.
"""

COUNTS = """\
n_iter_ : int
    Number of epochs or L-BFGS iterations run.

t_ : int
    Number of training samples seen.

history_ : dict of str to list of float
    Curves of training by name, one number for each epoch; ``pandas.DataFrame`` takes it.
"""

OUTPUTS = """\
n_layers_ : int
    Number of layers, input and output included.

n_outputs_ : int
    Number of outputs.

out_activation_ : str
    Name of the output activation.
"""

NAMES = """\
feature_names_in_ : ndarray of shape (`n_features_in_`,)
    Names of the features, where all are strings.
"""

FEATURES = f"""\
n_features_in_ : int
    Number of features.

{NAMES}"""

CLASSES = """\
classes_ : ndarray of shape (n_classes,) or list of such
    Classes; a list with one entry per output where y has several multiclass columns.
"""

IMAGE_SHAPE = """\
image_shape_ : tuple of int
    Shape of a sample: (H, W, C) or (T, C).
"""

IMAGE_OR_SEQUENCE_SHAPE = """\
image_shape_ : tuple of int
    Shape of a sample: (H, W, C) or (T, C). Absent where samples are sequences of any length.
"""

SAMPLE_SHAPE = """\
sample_shape_ : tuple of int
    Shape of a sample: (n_features,), (T, C) or (H, W, C). Absent where samples are sequences.
"""

STEP_FEATURES = f"""\
n_features_in_ : int
    Number F of features of a step; 1 for tokens; T for a table (n, T), each column of which is a
    step.

{NAMES}"""

TOKENS = """\
n_tokens_ : int or None
    Number of tokens; None where steps are numbers.
"""

TEXTS = """\
vocabulary_ : dict of str to int
    The token of each word, character or piece of a word; only with `unit`.

ngrams_ : ndarray of shape (n_ngrams + 1,)
    The n-grams by the rows of their weights, the first of which stands for none; only with `unit`.
"""

CODER = (HISTORY, COEFFICIENTS, COUNTS, FEATURES)
NETWORK = (HISTORY, COEFFICIENTS, COUNTS, OUTPUTS, FEATURES)
IMAGE_NETWORK = (IMAGE_OR_SEQUENCE_SHAPE, HISTORY, COUNTS, OUTPUTS, FEATURES)
LAYERED_NETWORK = (SAMPLE_SHAPE, TOKENS, HISTORY, COEFFICIENTS, COUNTS, OUTPUTS, FEATURES)
POOLED_NETWORK = (TOKENS, TEXTS, HISTORY, COUNTS, OUTPUTS, STEP_FEATURES)
SEQUENCE_NETWORK = (TOKENS, HISTORY, COUNTS, OUTPUTS, STEP_FEATURES)

IMAGES = """\
X may be images (n, H, W) or (n, H, W, C), signals (n, T, C) with ``n_dims=1``, or a table (n,
n_features), which may be a sparse matrix, of what `image_shape` says, in the order of C: channels
last. Whatever its form, a sample is ``n_features_in_`` numbers; ``fit`` sets ``image_shape_``, and
images of another shape are refused later. A convolution is called 'conv_0' in ``get_weights``, with
kernels 'conv_0.W' (height, width, channels, filters). Feature maps in the rows of ``transform``
have their channels last, wherever those of X are (`data_format`).

With ``n_dims=1`` a list of arrays (T_i, C) or (T_i,) of different lengths holds sequences of any
length, and so does whatever X is with ``image_shape=(None, C)``. A prediction does not depend on
the sequences beside it. Kernels, pools and batch normalisation see the steps that are there alone;
what is pooled over the steps goes to the dense layers. ``n_features_in_`` is C then, and
convolutions before the last pool are no features of `transform`.

Shifts, flips and dropout masks are hashes of
a sample's content and the step, so that they do not depend on the order of samples or on the
device.
"""

LAYERED = """\
The first layer says what X is; activations and dropout say nothing. :class:`~skdeep.nn.Embedding`
reads lists of tokens, and `fit` sets ``n_tokens_``. :class:`~skdeep.nn.LSTM` and other recurrent
layers, and those that pool over steps, read sequences of any length: a list of arrays (T_i, F), or
an array (n, T, F). All other layers read arrays of one shape: a table (n, n_features), which may be
a sparse matrix, signals (n, T, C) or images (n, H, W, C), channels last (see `data_format`). With
:class:`~skdeep.nn.Reshape` in front, rows of a table become images: `augment` and `rescale` act on
them, too, and on no other tables.

A layer without a name is called by its class and position in ``get_weights``: "dense_0.W". The
layer behind the last one is called "output".
"""

_SEQUENCES = """\
X may be an array (n, T, F); a list of arrays (T_i, F) or, with one channel, (T_i,), of any lengths;
or a table (n, T), whose columns are the steps of one channel. Integers
without a channel axis, an array (n, T) or a list of (T_i,), are tokens (see `embedding_dim`), but
for those of a data frame. Sequences of any length may be predicted, save for tables,
which must have the columns of the fit. Nested lists of numbers that all have one length are a table
in a first fit, and sequences for a network that was fitted on sequences. Sparse data is refused.

Sequences of similar length are trained and predicted together, so that little is wasted on padding,
and no result depends on it: the prediction of a sequence does not depend on the others.
"""

_TEXTS = """\
With `unit` X holds raw texts: a list, an array, a series or a table of one column of strings. Words
and n-grams are those of the samples that train, without those that validate. Beside what steps are
pooled to, the output reads the n-grams of a text, their weighted mean ("ngrams" in
``get_weights``). Their weights start from a logistic or ridge regression on all of the first
samples, and stay; with hidden dense layers these read it. So the network is as good as such a
regression before it has trained. ``n_features_in_`` is 1.
"""

SEQUENCES = f"""{_SEQUENCES}
{_TEXTS}
A layer is called 'recurrent_0' in ``get_weights``, with 'recurrent_0.W' for inputs,
'recurrent_0.U' for states and 'recurrent_0.b'; with `bidirectional`, 'recurrent_0.forward.W' and
so on.
"""

ATTENTION = f"""{_SEQUENCES}
{_TEXTS}
Blocks normalise what they read and add what they compute (pre-norm); behind the last one steps are
normalised once more. Memory for attention grows with the square of the longest sequence up to
a bound, and beyond it with the length. In ``get_weights`` the blocks are in 'encoder': block 0 has
'encoder.attention_0' and 'encoder.feed_forward_0'.
"""

_TEXT_REFERENCES = """\
Wang and Manning (2012). Baselines and bigrams: simple, good sentiment and topic classification.
ACL.

Joulin, Grave, Bojanowski and Mikolov (2017). Bag of tricks for efficient text classification. EACL.

Iyyer, Manjunatha, Boyd-Graber and Daume (2015). Deep unordered composition rivals syntactic methods
for text classification. ACL.
"""

ATTENTION_REFERENCES = f"""\
Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser and Polosukhin (2017). Attention is all
you need. NIPS.

Xiong, Yang, He, Zheng, Zheng, Xing, Zhang, Lan, Wang and Liu (2020). On layer normalization in the
Transformer architecture. ICML.

Yang, Yang, Dyer, He, Smola and Hovy (2016). Hierarchical attention networks for document
classification. NAACL.

{_TEXT_REFERENCES}"""

RNN_REFERENCES = f"""\
Hochreiter and Schmidhuber (1997). Long short-term memory. Neural Computation 9.

Cho, van Merrienboer, Gulcehre, Bahdanau, Bougares, Schwenk and Bengio (2014). Learning phrase
representations using RNN encoder-decoder for statistical machine translation. EMNLP.

Gal and Ghahramani (2016). A theoretically grounded application of dropout in recurrent neural
networks. NIPS.

{_TEXT_REFERENCES}"""

DBN_ATTRIBUTES = """\
rbms_ : list of BernoulliRBM or GaussianRBM
    The RBMs as pre-training left them, from the input upwards; empty without pre-training.

pretrain_curves_ : list of list of float
    What each RBM's curve holds after each of its epochs: the log pseudo-likelihood of a
    :class:`BernoulliRBM`, the mean squared reconstruction error of a :class:`GaussianRBM`.
"""

DBN_NOTES = """\
X is an array-like or sparse matrix of shape (n_samples, n_features).

``fit`` pre-trains and then fine-tunes; so does the first ``partial_fit``, with all epochs of
pre-training on its samples. Later calls of ``partial_fit``, and ``fit`` with
``warm_start=True``, fine-tune. In pre-training a sample of weight two is two samples, and samples
that are held out take no part. Ctrl-C, or a callback that asks to stop, in pre-training ends the
fit: the RBMs so far are kept, and layers without one stay at their random start. The RBMs' random
numbers come from streams of their own: pre-training changes neither other initial weights nor
shuffles.
"""

DBN_REFERENCES = """\
Hinton, Osindero and Teh (2006). A fast learning algorithm for deep belief nets. Neural
Computation 18.

Hinton and Salakhutdinov (2006). Reducing the dimensionality of data with neural networks.
Science 313.
"""

RBM_ATTRIBUTES = """\
components_ : ndarray of shape (n_components, n_features)
    Weights, a view of the model.

intercept_hidden_ : ndarray of shape (n_components,)
    Biases of the hidden units, a view of the model.

intercept_visible_ : ndarray of shape (n_features,)
    Biases of the visible units, a view of the model.

h_samples_ : ndarray of shape (batch_size, n_components)
    States of the persistent chains' hidden units; absent with ``algorithm='cd'``.

random_state_ : RandomState
    Generator of draws without a seed.

history_ : dict of str to list of float
    The monitored error of each epoch, as "loss".

n_iter_ : int
    Number of epochs run.

t_ : int
    Number of training samples seen.

n_features_in_ : int
    Number of features.

feature_names_in_ : ndarray of shape (`n_features_in_`,)
    Names of the features, where all are strings.
"""

RBM_REFERENCES = """\
Hinton (2002). Training products of experts by minimizing contrastive divergence. Neural
Computation 14.

Tieleman (2008). Training restricted Boltzmann machines using approximations to the likelihood
gradient. ICML.

Salakhutdinov and Murray (2008). On the quantitative analysis of deep belief networks. ICML.

Melchior, Fischer and Wiskott (2016). How to center deep Boltzmann machines. JMLR 17.
"""
