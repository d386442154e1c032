"""medallion measured beside the same work written by hand: `python -m benchmarks`."""
