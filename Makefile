# troth: the front door. `make help` lists what there is.
PREFIX ?= /usr/local
DESTDIR ?=
TIME ?= 600
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

unexport MAKEFLAGS MFLAGS
.NOTPARALLEL:
.PHONY: all help demo test check size bench bits sweep fuzz install clean bootstrap bootstrap-demo bootstrap-test

all: ## the command, build/troth
	@command -v cmake >/dev/null || { echo "cmake is missing: try 'make bootstrap'" >&2; exit 1; }
	cmake --preset release -DCMAKE_INSTALL_PREFIX=$(PREFIX) >/dev/null
	cmake --build build -j $(JOBS) -- --no-print-directory

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target text; do \
	    printf 'make %-10s %s\n' "$$target" "$$text"; done

demo: bootstrap-demo all ## two devices pair, talk and come back, and attackers try (installs what it needs)
	build/troth demo

test: bootstrap-test all build-gcc build-sanitize build-fuzz ## all tests and checks (installs what it needs)
	@mkdir -p build/all
	@printf 'subdirs("../gcc" "../sanitize" "../fuzz")\n' >build/all/CTestTestfile.cmake
	ctest --test-dir build/all -j $(JOBS) --output-on-failure --output-junit $(CURDIR)/build/test.xml

check: build-gcc ## the sources against the rules: includes, format, linters, budgets, documents
	test/check/run

size: ## flash, RAM and stack on a Cortex-M0+, beside their bounds (build/size.json)
	bench/size.py

bench: ## bytes, instructions and chip time of a pairing, beside their bounds (build/bench.json)
	cmake --preset gcc >/dev/null
	cmake --build build/gcc --target bench_pair bench_chip -j $(JOBS) -- --no-print-directory
	bench/bench.py
	build/gcc/bench/bench_chip

bits: build-gcc ## every bit of every EDHOC message of every method flipped, in turn
	TROTH_TEST_BITS=all build/gcc/test/unit_test_edhoc_hostile

sweep: build-gcc ## every operation of a pair's life failing, and every cut, in turn
	TROTH_SWEEP=full build/gcc/test/fault_test_fault_device

fuzz: bootstrap-test build-fuzz ## fuzzes every target for TIME seconds in all, 600 unless told
	test/fuzz/run-all $(TIME) $(JOBS)

install: all ## into PREFIX (/usr/local), under DESTDIR
	DESTDIR=$(DESTDIR) cmake --install build --prefix $(PREFIX)

clean: ## removes build/
	rm -rf build

bootstrap: bootstrap-test ## installs the Debian packages that all of this needs

bootstrap-demo bootstrap-test: bootstrap-%:
	@packaging/bootstrap $*

build-%:
	cmake --preset $* >/dev/null
	cmake --build build/$* -j $(JOBS) -- --no-print-directory
