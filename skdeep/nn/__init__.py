"""What is computed: parameters, layers, losses, initial values."""
