"""simtui, the local home of Sim workflows. Importing this package loads nothing else."""

__version__ = "0.1.0"
