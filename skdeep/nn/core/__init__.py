"""What layers and networks are: descriptions, parameters, and the arrays they are bound to."""
