"""Benchmarks: every contender in one run on this machine, as figures and as ratios. `python -m bench NAME --json`."""
