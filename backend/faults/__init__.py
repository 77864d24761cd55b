"""One rush against the whole native stack, in which every fault is injected in turn: `python -m faults`."""
