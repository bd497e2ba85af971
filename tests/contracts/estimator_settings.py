"""Parameters with which fits of the contracts take milliseconds."""

from skdeep.nn import Activation, Dense, Dropout

FAST = {"max_iter": 3, "batch_size": 12, "random_state": 0}
MLP = {"hidden_layer_sizes": (4,), **FAST}
RBM = {"n_components": 4, "n_iter": 3, "random_state": 0}
DBN = {"hidden_layer_sizes": (4, 3), "pretrain_n_iter": 2, **FAST}
CNN = {"conv_layers": [(2, 3)], **FAST}
RNN = {"recurrent_layer_sizes": 3, **FAST}
ENCODER = {"n_blocks": 1, "n_units": 4, "n_heads": 2, **FAST}
#: What learns scikit-learn's tables, whose columns are its steps.
LEARNS = {"n_blocks": 1, "n_units": 8, "n_heads": 2, "dropout": 0.02, "random_state": 0}
LEARNS |= {"learning_rate_init": 0.05, "max_iter": 20, "positions": "learned", "n_positions": 40}
TABULAR = {"hidden_layer_sizes": (4,), "n_members": 2, **FAST}
CAPTIONS = ("cnn", "rnn", "seq2seq")
PAIRS = {"units": 3, "embedding_dim": 4, "dropout": 0.0, "learning_rate_init": 0.1, **FAST}
CHUNKS = {"tbptt_steps": 4, **RNN}
#: What all parts of the texts have alike, so that their fits train as one network.
ONE_WORD = {"word_ngrams": (1, 1), "character_ngrams": None}
LAYERS = [Dense(4), Activation("tanh"), Dropout(0.1)]
SOME = {"dropout": 0.1, "ema_decay": 0.9, "solver": "adamw", "weight_decay": 0.01}
MANY = SOME | {"normalization": "batch", "residual": True, "learning_rate_schedule": "exponential"}
MEMBERS = {"hidden_layer_sizes": (20,), "learning_rate_init": 0.02, "max_iter": 100}

#: Without splits and masks, which are drawn, whole weights are repeated samples.
WHOLE = {
    "early_stopping": False,
    "dropout": 0.0,
    "n_members": 1,
    "dtype": "float64",
    "max_iter": 30,
    "random_state": 0,
}
