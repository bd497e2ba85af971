"""What all estimators share that write sequences: vocabularies, pairs, and the methods."""
