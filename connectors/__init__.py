"""Connectors: one file per kind of source. They know the port and the nouns, nothing else."""
