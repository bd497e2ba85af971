"""Texts that the documentation of many classes shares: fitted attributes, and what X is."""

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
feature_names_in_ : ndarray of shape (n_features_in_,)
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

STEP_FEATURES = f"""\
n_features_in_ : int
    Number F of features of a step; 1 for tokens; T for a table (n, T), each column of which is a
    step.

{NAMES}"""

TOKENS = """\
n_tokens_ : int or None
    Number of tokens; None where steps are numbers.
"""

CODER = (HISTORY, COEFFICIENTS, COUNTS, FEATURES)
NETWORK = (HISTORY, COEFFICIENTS, COUNTS, OUTPUTS, FEATURES)
IMAGE_NETWORK = (IMAGE_SHAPE, HISTORY, COUNTS, OUTPUTS, FEATURES)
SEQUENCE_NETWORK = (TOKENS, HISTORY, COUNTS, OUTPUTS, STEP_FEATURES)
