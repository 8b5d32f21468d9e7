# `make train` and `make test` make their own virtual environments.
PYTHON ?= python3
PYTHON_IO ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
VENV_IO := .venv-io
VENV_BEAM := .venv-beam
export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: train test test-io test-long test-io-long test-beam lint docs types build/types package \
	clean

train: $(VENV)/installed
	$(VENV)/bin/tfmi train colored-mnist --sample --shared-epochs 20 --exclusive-epochs 20
	$(VENV)/bin/tfmi evaluate
	# Not over the encoders that come with the project.
	$(VENV)/bin/tfmi export --format all --output runs/exported

test: $(VENV)/installed
	$(VENV)/bin/python -m ruff check
	$(VENV)/bin/python -m pytest

# The set of versions beside which tensorflow-io's ops load: of what make test takes, which
# setup.cfg says, all that versions can change.
IO_TESTS = $(shell sed -n 's/^addopts.* -m "\(.*\)"$$/\1/p' setup.cfg) and not any_versions
test-io: $(VENV_IO)/installed
	$(VENV_IO)/bin/python -m pytest -m "$(IO_TESTS)"

# Commands from end to end and large networks, of each set of versions.
test-long: $(VENV)/installed
	$(VENV)/bin/python -m pytest -m long

test-io-long: $(VENV_IO)/installed
	$(VENV_IO)/bin/python -m pytest -m long

# What needs Apache Beam; everywhere else it is skipped.
test-beam: $(VENV_BEAM)/installed
	$(VENV_BEAM)/bin/python -m pytest tests/pipelines/sentinel2

lint: $(VENV)/installed
	$(VENV)/bin/python -m ruff check
	$(VENV)/bin/python -m ruff format --check

# The pages, into site/; a warning or a broken link is an error.
docs: build/types
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/python -m mkdocs build --strict --quiet

# The types of what `import tfmi` gives, as a user's type checker sees them.
types: build/types
	$(VENV)/bin/python -m mypy --cache-dir=/dev/null

# The package as it is installed: `tfmi.pipelines` lies below `tfmi` here. Made anew, as
# setuptools keeps modules that are gone.
build/types: $(VENV)/installed-docs
	rm -rf build
	$(VENV)/bin/python -m pip install --quiet --no-deps --target $@ .

# A wheel and an sdist in dist/, each installed into new environments.
package: $(VENV)/installed
	$(VENV)/bin/python -m build --outdir dist
	$(VENV)/bin/python -m pytest -n 0 -m new_venv tests/test_package.py

$(VENV)/installed-docs: $(VENV)/installed
	$(VENV)/bin/python -m pip install --quiet --editable '.[docs,types]'
	touch $@

$(VENV)/installed: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --upgrade pip
	$(VENV)/bin/python -m pip install --quiet --editable '.[sample,test]'
	touch $@

$(VENV_IO)/installed: setup.cfg pyproject.toml
	$(PYTHON_IO) -m venv $(VENV_IO)
	$(VENV_IO)/bin/python -m pip install --quiet --upgrade pip
	$(VENV_IO)/bin/python -m pip install --quiet --editable '.[io,sample,test]'
	touch $@

$(VENV_BEAM)/installed: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV_BEAM)
	$(VENV_BEAM)/bin/python -m pip install --quiet --upgrade pip
	$(VENV_BEAM)/bin/python -m pip install --quiet --editable '.[beam,test]'
	touch $@

clean:
	rm -rf $(VENV) $(VENV_IO) $(VENV_BEAM) build dist site *.egg-info
