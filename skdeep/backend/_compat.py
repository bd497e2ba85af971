"""What the engine uses of SciPy that is not public; see ``skdeep/data/_compat.py``, too."""

# Adds a product with a sparse matrix to an array in place: ``matrix @ array`` makes a new one.
from scipy.sparse._sparsetools import csc_matvecs

__all__ = ["csc_matvecs"]
