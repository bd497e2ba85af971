"""Noise in training: dropout, and corrupted inputs."""
