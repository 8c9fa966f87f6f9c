# make run    the simulated market on http://localhost:8080
# make test   everything: vet, staticcheck, race tests, front-end tests, browser tests
# make check  what one runs between edits, within 2 minutes: lint, and the tests without race detector, browser and binary
# make vet-all   that program and tests compile on every system that they are meant for
# make build  bin/tickertape, with the page inside
# make bench  what this box holds: the standard set of tickertape bench, as a table
# make attack what hostile clients can do to honest ones, as a table
# make screenshots   the pictures of this project's README, from the simulated market
# make audit  known faults in what is depended on: govulncheck, npm audit, go mod verify
# make lint   gofmt, vet, staticcheck, biome, tsc

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.DELETE_ON_ERROR:

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOVULNCHECK := v1.9.0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
WEB := dashboard/web
CLIENT := dashboard/client
PAGE := dashboard/dist/index.html
LICENCES := dashboard/dist/licenses-go.txt
LIBRARY := $(CLIENT)/dist/client.js
SERVED := dashboard/dist/client/client.js
MODULES := $(WEB)/node_modules/.package-lock.json $(CLIENT)/node_modules/.package-lock.json
NPM := npm --no-fund --no-audit --no-update-notifier --loglevel=error --prefix

# Go sources decide for themselves what is stale; the page is rebuilt when one of these is newer.
sources = $(shell find $(1) \( -name node_modules -o -name test -o -name dist \) -prune -o -type f -print)

.PHONY: run build screenshots test check vet-all test-go test-sdk test-fuzz test-web test-browser bench attack bench-go fuzz lint audit tools-go tools-node tools-system clean

run: build
	./bin/tickertape serve

build: tools-go $(PAGE) $(SERVED) $(LICENCES)
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/tickertape ./cmd/tickertape

$(PAGE): $(MODULES) $(call sources,$(WEB) $(CLIENT)/src) broadcast/PROTOCOL.md
	$(NPM) $(WEB) run build
	@touch $@

$(LIBRARY): $(MODULES) $(call sources,$(CLIENT))
	$(NPM) $(CLIENT) run build
	@touch $@

# For pages of others: the server hands it out as it is.
$(SERVED): $(LIBRARY) $(PAGE)
	mkdir -p $(@D)
	cp $(CLIENT)/dist/*.js $(@D)
	@touch $@

$(LICENCES): $(PAGE) go.mod deploy/licences.sh
	deploy/licences.sh > $@

$(MODULES): %/node_modules/.package-lock.json: %/package-lock.json | tools-node
	$(NPM) $* ci --ignore-scripts
	@touch $@

test: lint vet-all test-web build tools-system test-go test-sdk test-fuzz test-browser audit
	@echo "make test: all passed"

# A part of make test: 60 s of CPU, 80 s after a change in broadcast. -short leaves out the tests that say why they skip then.
check: lint test-web
	go test -short ./...
	@echo "make check: all passed; make test has the rest"

# Compiles and vets, tests included; it runs nothing. What differs in this module differs by system, and on Linux also by
# the types of its calls, so the other systems are compiled for one processor each. On 2 cores it takes 10 s when nothing
# has changed, and some 2 minutes the first time, when it compiles Go's own packages for each system.
SYSTEMS := linux/amd64 linux/arm64 darwin/arm64 windows/amd64 freebsd/amd64
vet-all: tools-go
	@for system in $(SYSTEMS); do \
	  export GOOS=$${system%/*} GOARCH=$${system#*/} CGO_ENABLED=0; \
	  go build ./... && go vet ./... || { echo "make vet-all: $$system does not compile" >&2; exit 1; }; \
	done

test-go:
	go test -race ./...

# A vendor's own client against our server of that vendor, in a module of its own.
test-sdk: tools-go
	cd feed/vendors/alpaca/sdktest && go vet ./... && go test -race ./...

# What reads what comes from outside, some 5 s each.
test-fuzz: tools-go
	@$(MAKE) --no-print-directory fuzz FUZZED="./feed/... ./broadcast/... ./dashboard" FUZZTIME=15000x \
	  TARGETS='^Fuzz(Frame|Message|Raw|Line|CSVRow|ClientFrames|ParseRequest|ParseQuery|Query|Forwarded|Host)$$'

test-web: $(MODULES)
	$(NPM) $(CLIENT) test
	$(NPM) $(WEB) test

test-browser: build tools-system
	$(NPM) $(WEB) run test:browser

lint: tools-go $(MODULES)
	@test -z "$$(gofmt -l cmd feed broadcast dashboard/*.go)" || { echo "not gofmt-clean:"; gofmt -l cmd feed broadcast dashboard/*.go; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
	$(NPM) $(CLIENT) run lint
	$(NPM) $(WEB) run lint

# Where their databases answer; where not, it says so.
audit: tools-go tools-node
	@deploy/audit.sh $(GOVULNCHECK) $(WEB) $(CLIENT)

# Some four minutes; nothing else should run meanwhile.
bench: build
	./bin/tickertape bench --standard

# Each attack at full size, half an hour, and all at once for ATTACK_FOR; nothing else should run meanwhile. One alone:
# make attack ATTACK=ping-flood. It takes ulimit -n 20000, and root for the memory control group of the mixed one. The
# clients share the machine with the server: they are built without the race detector, which would slow them.
ATTACK ?=
ATTACK_FOR ?= 10m
attack: tools-go tools-system
	TICKERTAPE_ATTACK=long TICKERTAPE_ATTACK_FOR=$(ATTACK_FOR) go test -v -count 1 -timeout 3h -run '^TestAttack$$/$(ATTACK)' ./cmd/tickertape

screenshots: build tools-system
	$(NPM) $(WEB) run screenshots -- ../../deploy/readme

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
	for tool in chromium:chromium firefox-esr:firefox-esr prometheus:prometheus promtool:prometheus nginx:nginx-light; do \
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
	rm -rf bin $(WEB)/node_modules $(CLIENT)/node_modules $(CLIENT)/dist dashboard/dist/assets dashboard/dist/client dashboard/dist/*.*
