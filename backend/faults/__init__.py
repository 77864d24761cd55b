"""One rush against the whole native stack, in which every fault strikes in turn: `python -m faults`."""
