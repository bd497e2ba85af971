"""Training, sampling and likelihoods of restricted Boltzmann machines."""
