# Needs Python 3.11 or later and make; everything else is fetched, locked by hash, into .venv and node_modules.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
SETUP = $(if $(PYTHON),,$(error Rasoi needs Python 3.11 or later, and none is on the PATH))$(PYTHON) infra/setup.py
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run stack stack-test containers-test test security mutants endurance faults storm soak check tidy bench generated room screens lock

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1	\2/' | expand -t 18

run: ## install what is missing, build the screens, start the platform
	@$(SETUP) python screens -- rasoi run $(ARGS)

stack: ## the same as many processes over Kafka, behind nginx (PORT=8080), watched by Prometheus
	@$(SETUP) python screens stack -- rasoi stack up $(ARGS)

stack-test: ## the browser suite and a rush with a rolling restart, through the stack's gateway
	@$(SETUP) python screens browser stack -- env E2E_PLATFORM=stack python infra/test.py -m "" \
		tests/e2e tests/stack/test_rush.py --deselect tests/e2e/test_kill.py $(ARGS)

containers-test: ## the containers, run for real by an engine of its own (ARGS="--only up", ARGS=--short)
	@$(SETUP) python browser -- python infra/containers $(ARGS)

test: ## all tests: Python, the screens, end to end in Chromium (ARGS="-k name" for some)
	@$(SETUP) python screens prisma browser stack -- python infra/test.py $(ARGS)

security: ## attacks on a running platform, bounded; part of `make test` too (ARGS="-k sockets")
	@$(SETUP) python -- env FUZZ_EXAMPLES=60 python -m pytest -m "" tests/security tests/test_fuzz.py -q $(ARGS)

mutants: ## plant faults in the rules and see a test fail on each (ARGS="money" for an area, "--help")
	@$(SETUP) python screens -- python -m mutants $(ARGS)

endurance: ## a rush over many processes and a real Kafka, some of them killed
	@$(SETUP) python screens stack -- python infra/test.py -m endurance

faults: ## a rush against the stack in which each fault strikes in turn (ARGS="--only kill-kitchen")
	@$(SETUP) python screens stack -- python -m faults $(ARGS)

soak: ## an hour's service in real browsers: every screen equals the server, no heap grows (ARGS="--minutes 5")
	@$(SETUP) python screens browser -- python -m tests.e2e.soak $(ARGS)

check: ## style, types, import rules, generated files, tables
	@$(SETUP) python screens prisma prometheus -- python infra/check.py

tidy: ## format Python and the screens, and put right what ruff can
	@$(SETUP) python screens -- python infra/check.py --tidy

storm: ## 2,000 payments against a provider that does everything it can (STORM_PAYMENTS=400 STORM_SEED=9 make storm)
	@STORM_PAYMENTS=$${STORM_PAYMENTS:-2000} $(SETUP) python -- python -m pytest tests/payments/test_storm.py -q $(ARGS)

bench: ## measure speed beside its denominators
	@$(SETUP) python screens wrk stack -- python -m bench $(ARGS)

generated: ## write OpenAPI, AsyncAPI, the screens' client and schema.sql anew
	@$(SETUP) python screens prisma -- python infra/generate.py

room: ## begin a new room that works (NAME=cellar)
	@$(SETUP) python -- python infra/new_room.py $(NAME)

screens: ## build the screens
	@$(SETUP) python screens

lock: ## pick newer packages and lock them by hash
	@$(SETUP) python -- python infra/lock.py
