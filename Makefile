# make run    the simulated market on http://localhost:8080
# make test   everything: vet, staticcheck, race tests, front-end tests, browser tests
# make build  bin/tickertape, with the page inside
# make bench  what this box holds: the standard set of tickertape bench, as a table
# make lint   gofmt, vet, staticcheck, biome, tsc

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.DELETE_ON_ERROR:

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
WEB := dashboard/web
PAGE := dashboard/dist/index.html
LICENCES := dashboard/dist/licenses-go.txt
MODULES := $(WEB)/node_modules/.package-lock.json
NPM := npm --prefix $(WEB) --no-fund --no-audit --no-update-notifier --loglevel=error

# Go sources decide for themselves what is stale; the page is rebuilt when one of these is newer.
PAGE_SOURCES = $(shell find $(WEB) \( -name node_modules -o -name test \) -prune -o -type f -print)

.PHONY: run build test test-go test-sdk test-fuzz test-web test-browser bench bench-go fuzz lint tools-go tools-node tools-system clean

run: build
	./bin/tickertape serve

build: tools-go $(PAGE) $(LICENCES)
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/tickertape ./cmd/tickertape

$(PAGE): $(MODULES) $(PAGE_SOURCES) broadcast/PROTOCOL.md
	$(NPM) run build
	@touch $@

$(LICENCES): $(PAGE) go.mod deploy/licences.sh
	deploy/licences.sh > $@

$(MODULES): $(WEB)/package-lock.json | tools-node
	$(NPM) ci --ignore-scripts
	@touch $@

test: lint test-web build tools-system test-go test-sdk test-fuzz test-browser
	@echo "make test: all passed"

test-go:
	go test -race ./...

# A vendor's own client against our server of that vendor, in a module of its own.
test-sdk: tools-go
	cd feed/alpaca/sdktest && go vet ./... && go test -race ./...

# What reads what comes from outside, some 5 s each.
test-fuzz: tools-go
	@$(MAKE) --no-print-directory fuzz FUZZED="./feed/..." TARGETS='^Fuzz(Frame|Message|Raw|Line|CSVRow)$$' FUZZTIME=15000x

test-web: $(MODULES)
	$(NPM) test

test-browser: build tools-system
	$(NPM) run test:browser

lint: tools-go $(MODULES)
	@test -z "$$(gofmt -l cmd feed broadcast dashboard/*.go)" || { echo "not gofmt-clean:"; gofmt -l cmd feed broadcast dashboard/*.go; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
	$(NPM) run lint

# Some two minutes; nothing else should run meanwhile.
bench: build
	./bin/tickertape bench --standard

bench-go:
	go test -run '^$$' -bench . -benchmem ./...

# Each fuzz target for a while, counted in inputs: the fuzzer can take the end of a short time for a
# failure. FUZZTIME=60s is for a long one.
FUZZTIME ?= 50000x
FUZZED ?= ./...
TARGETS ?= ^Fuzz
fuzz:
	@for pkg in $$(go list $(FUZZED)); do \
	  for target in $$(go test -list '$(TARGETS)' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; \
	done

tools-go:
	@command -v go >/dev/null || { echo "make: Go 1.26 is missing: https://go.dev/dl" >&2; exit 1; }

tools-node:
	@command -v npm >/dev/null || { echo "make: Node.js 20.19 or newer with npm is missing: https://nodejs.org" >&2; exit 1; }

# What the tests drive for real. On Debian, as root, they are installed; elsewhere a line says what is missing.
tools-system:
	@missing=""; \
	for tool in chromium:chromium prometheus:prometheus promtool:prometheus nginx:nginx-light; do \
	  PATH="$$PATH:/usr/sbin" command -v $${tool%%:*} >/dev/null || missing="$$missing $${tool##*:}"; \
	done; \
	if [ -n "$$missing" ]; then \
	  if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    echo "installing$$missing"; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    apt-get update -qq >/dev/null && apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	  else \
	    echo "make test: missing for the tests:$$missing" >&2; exit 1; \
	  fi; \
	fi

clean:
	rm -rf bin $(WEB)/node_modules dashboard/dist/assets dashboard/dist/*.*
