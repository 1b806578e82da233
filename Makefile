# Everything here says what it does and can be run again; `make help` lists it. PYTHON need only be any Python >= 3.7:
# tools/environment.py finds the one that each environment wants.
PYTHON = python3
DIST = dist
CHANNEL = $(DIST)/channel
ARGS =

help:
	@echo "make demo         build a bedroom, arrange it, render before and after (needs Python 3.11 and network once)"
	@echo "make model        the environment that the small model runs in (torch; needs network once); then make demo uses it"
	@echo "make test         all tests: lint, bpy 5.0 and 4.2, browser, training, model server, real Blender"
	@echo "make test-fast    lint and the quick tests"
	@echo "make test-matrix  the tests on bpy 4.2, 4.5, 5.0 and 5.2"
	@echo "make lint         ruff and pyright"
	@echo "make format       let ruff lay out the code"
	@echo "make extension    $(DIST)/metaspatial-VERSION.zip, to install in Blender"
	@echo "make channel      an extension repository in $(CHANNEL), with this tree as its latest build; ARGS=--release: as a release"
	@echo "make bench        measure speed"
	@echo "make clean        remove what all this made"

demo:
	@$(PYTHON) tools/environment.py test
	@.venv/bin/python blender_scripts/demo.py $(ARGS)

model:
	@$(PYTHON) tools/environment.py serve

test:
	@$(PYTHON) tools/check.py --keep-going all $(ARGS)

test-fast:
	@$(PYTHON) tools/check.py --keep-going lint fast $(ARGS)

test-matrix:
	@$(PYTHON) tools/check.py --keep-going matrix $(ARGS)

lint:
	@$(PYTHON) tools/check.py lint

format:
	@$(PYTHON) tools/environment.py lint
	@.venv-lint/bin/ruff check --fix .
	@.venv-lint/bin/ruff format .

extension:
	@$(PYTHON) tools/extension.py --output $(DIST)

channel:
	@$(PYTHON) tools/channel.py --output $(CHANNEL) $(ARGS)

bench:
	@$(PYTHON) tools/environment.py test
	@for each in benchmarks/*.py; do echo "=== $$each"; OMP_NUM_THREADS=1 .venv/bin/python $$each $(ARGS) || exit; done

clean:
	rm -rf .venv* build dist out .hypothesis .pytest_cache .ruff_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help demo model test test-fast test-matrix lint format extension channel bench clean
