"""How fast nightdex is, part by part, as ratios within one run: `python -m benchmarks.speed --help`."""
