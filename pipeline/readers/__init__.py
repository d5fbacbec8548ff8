"""One module a format, each turning bytes into a `Document` and nothing else."""
