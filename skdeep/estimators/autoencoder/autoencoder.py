"""The autoencoder."""

from __future__ import annotations

import re

from skdeep.estimators.autoencoder.architecture import AutoencoderArchitecture
from skdeep.estimators.autoencoder.pretraining import Layerwise
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.autoencoder import AutoencoderParameters
from skdeep.estimators.reconstruction import ReconstructionEstimator


@estimator_parameters(attributes=texts.CODER, notes=texts.TABLE)
class Autoencoder(AutoencoderParameters, ReconstructionEstimator):
    """Autoencoder: features from which a network can reconstruct the samples, as a transformer.

    An encoder maps each sample to a code of `n_components` numbers and a decoder maps codes to
    samples; both are trained together to reconstruct the samples. Without hidden layers and with
    squared error it finds the subspace of :class:`sklearn.decomposition.PCA`.

    See Also
    --------
    VariationalAutoencoder : Codes with a density, to draw samples from.
    AutoencoderOutlierDetector : Outliers by their reconstruction error.
    sklearn.decomposition.PCA : The linear autoencoder in closed form.

    Notes
    -----
    Losses are sums over the features, so that `tol`, `alpha` and the penalties act on that scale.
    Parameters are called "encoder_0.W" and so on, "code.W", "decoder_0.W" and so on, "output.W".

    References
    ----------
    Hinton and Salakhutdinov (2006). Reducing the dimensionality of data with neural networks.
    Science 313.

    Vincent, Larochelle, Lajoie, Bengio and Manzagol (2010). Stacked denoising autoencoders. JMLR
    11.

    Rifai, Vincent, Muller, Glorot and Bengio (2011). Contractive auto-encoders. ICML.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.decomposition import PCA
    >>> from skdeep import Autoencoder
    >>> X = load_digits().data / 16
    >>> model = Autoencoder(
    ...     n_components=4, learning_rate_init=0.01, early_stopping=True, random_state=0
    ... )
    >>> _ = model.fit(X)
    >>> model.transform(X[:3]).shape
    (3, 4)
    >>> pca = PCA(n_components=4).fit(X)
    >>> error = ((pca.inverse_transform(pca.transform(X)) - X) ** 2).mean()
    >>> bool(-model.score(X) < 0.8 * error)
    True
    """

    _parts = Layerwise()

    def _shared_name(self, name: str) -> str:
        """Return the name of a parameter of the encoder as one of hidden layers."""
        names = {slot.partition(".")[0] for slot in self._network.layout.slots}
        depth = sum(bool(re.fullmatch(r"encoder_\d+", one)) for one in names)
        name = re.sub(r"^code\.", f"hidden_{depth}.", name)
        name = re.sub(r"^encoder_(\d+)\.", r"hidden_\1.", name)
        return re.sub(r"^norm_encoder_(\d+)\.", r"norm_\1.", name)

    def _architecture(self) -> AutoencoderArchitecture:
        return AutoencoderArchitecture.of(self)
