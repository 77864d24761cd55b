"""Speed, measured beside its denominators: `python -m bench`."""
