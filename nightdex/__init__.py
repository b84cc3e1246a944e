"""The front door: the `nightdex` command and its settings, nothing else."""
