"""Mutation testing: small faults are planted in the rules one by one, and a test has to fail on each.

`make mutants` (`python -m mutants --help` from backend/) plants in Python (python.py), in the SQL functions (sql.py) and,
through Stryker, in the screens' TypeScript (screens.py). areas.py says what is changed and which tests are asked.

Why an own mutator, where cosmic-ray and mutmut are well kept: neither drops a statement or an entry of a table of states,
which is what forgotten counters, released stock and illegal transitions are; both change the files on disk and start an
interpreter, PostgreSQL and its migrations for every mutant; most of mutmut's mutants change texts that nobody tests; and
SQL has no tool at all. Here one process forks for each mutant with the libraries loaded and PostgreSQL prepared.
"""
