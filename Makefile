# Octavo.  `make help` lists the targets.
#
# CC CFLAGS CPPFLAGS LDFLAGS PKG_CONFIG PREFIX DESTDIR are yours to set, on the
# command line or in the environment.  VARIANT builds into build/VARIANT: any
# of tiny (small sizes, so that a few bytes cross every boundary), portable
# (without the calls that only Linux has), asan, fuzz, coverage, joined with
# `-`; another word is only a folder's name.
#
# Nothing is installed but by demo, check, check-*, bench* and fuzz.

VERSION := 0.1.0
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
PKG_CONFIG ?= pkg-config
VARIANT ?=
FILE ?=
FUZZ_SECONDS ?= 60
FAULT_STATES ?= 8000

comma := ,
variant = $(findstring $(1),$(VARIANT))
build := build$(if $(VARIANT),/$(VARIANT))
tiny := $(if $(VARIANT),$(VARIANT)-)tiny

# Flags.  Ours stand before the user's, so that his win.

warnings := -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wvla
sanitize := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
pkg = $(shell $(PKG_CONFIG) $(1) 2>/dev/null)
vterm = $(or $(call pkg,--libs vterm),-lvterm)
curses := $(or $(call pkg,--libs ncursesw),$(call pkg,--libs ncurses),-lncursesw)
curses_cflags := $(or $(call pkg,--cflags ncursesw),$(call pkg,--cflags ncurses))
pcre2 := $(or $(call pkg,--libs libpcre2-8),-lpcre2-8)
pcre2_cflags := $(call pkg,--cflags libpcre2-8)
# Libraries that need not be there; without them something says so.
zlib := $(call pkg,--libs zlib)
libraries := $(pcre2) $(zlib)
cmocka := $(or $(call pkg,--libs cmocka),-lcmocka)

cppflags := -D_GNU_SOURCE -DOCTAVO_VERSION='"$(VERSION)"' -Iinclude -Isrc \
	$(pcre2_cflags) $(if $(zlib),-DOCTAVO_ZLIB $(call pkg,--cflags zlib)) \
	$(if $(call variant,tiny),-DOCTAVO_TINY) \
	$(if $(call variant,portable),-DOCTAVO_PORTABLE)
cflags := -std=c11 $(warnings) \
	$(if $(call variant,asan),$(sanitize)) \
	$(if $(call variant,fuzz),-fsanitize=fuzzer-no-link $(sanitize)) \
	$(if $(call variant,coverage),--coverage)
compile = $(CC) $(cppflags) $(CPPFLAGS) $(cflags) $(CFLAGS)
link = $(CC) $(cflags) $(CFLAGS) $(LDFLAGS)

# Files.

objects = $(patsubst %.c,$(build)/%.o,$(1))
programs = $(patsubst %.c,$(build)/%,$(wildcard tests/$(1)/*.c))

main := src/main.c
terminal := $(wildcard src/tui/*.c)
library := $(filter-out $(main),$(wildcard src/*.c src/command/*.c))
unit_tests := $(call programs,unit) $(call programs,model) $(call programs,fault)
fuzz_tests := $(filter-out %/replay,$(call programs,fuzz))
bench_tools := $(call programs,bench)
tools := $(call programs,tools)
tiny_tests := $(patsubst $(build)/%,build/$(tiny)/%,$(unit_tests) $(fuzz_tests)) \
	'OCTAVO=$(CURDIR)/build/$(tiny)/octavo tests/cases'
script_tests := tests/layers tests/runner tests/needs tests/cases \
	$(if $(wildcard doc/octavo.1),tests/manual) $(wildcard tests/terminal/*-test tests/fault/*-test)
sources := $(library) $(main) $(terminal) $(wildcard tests/*/*.c)

## Build

all: $(build)/octavo ## the program, build/octavo

$(build)/octavo: $(call objects,$(main) $(terminal)) $(build)/liboctavo.a
	$(link) -o $@ $^ $(curses) $(libraries)

$(build)/liboctavo.a: $(call objects,$(library))
	rm -f $@
	$(AR) rcs $@ $^

$(call objects,$(terminal)): cppflags += $(curses_cflags)

$(build)/%.o: %.c $(build)/flags
	@mkdir -p $(@D)
	$(compile) -MMD -MP -c -o $@ $<

# Remade when the flags change, and everything with it.  That is also when to
# look whether the libraries are there.
quote = '$(subst ','\'',$(1))'
$(build)/flags: FORCE
	@mkdir -p $(@D)
	@echo $(call quote,$(compile) $(link) $(curses) $(libraries)) >$@.new
	@if cmp -s $@.new $@; then rm $@.new; \
	else contrib/install-needs --tell build && mv $@.new $@; fi

tests: $(unit_tests) $(fuzz_tests) $(tools) ## the test programs

$(unit_tests): $(build)/%: $(build)/%.o $(build)/liboctavo.a
	$(link) -o $@ $^ $(cmocka) $(libraries)

# Their allocations are the library's, to fail one by one.
$(build)/tests/fault/command $(build)/tests/fault/save \
$(build)/tests/fault/save_direct $(build)/tests/fault/recovery: override LDFLAGS += \
	$(addprefix -Wl$(comma)--wrap=,malloc calloc realloc strdup strndup)

# A fuzz target replays its seeds, unless it is built for the fuzzer.
$(fuzz_tests): $(build)/%: $(build)/%.o $(build)/liboctavo.a \
		$(if $(call variant,fuzz),,$(build)/tests/fuzz/replay.o)
	$(link) $(if $(call variant,fuzz),-fsanitize=fuzzer) -o $@ $^ $(libraries)

clean: ## removes build/
	rm -rf build

## Look at it

demo: ## opens a sample, or FILE=..., in the terminal; installs what is missing
	@contrib/install-needs build optional
	@$(MAKE) --no-print-directory -s $(parallel) all
	@contrib/demo $(call quote,$(FILE))

## Check

# A first `make` has two jobs, a `make -j` its own.
parallel = $(if $(findstring -j,$(MAKEFLAGS)),,-j2)

# Sub-makes, for the libraries are looked for when make starts.  Every program
# of the suite is a word or two for `env`.
check lint: export OCTAVO = $(CURDIR)/$(build)/octavo
check lint: export TOOLS = $(CURDIR)/$(build)/tests/tools
check lint: export LINK = $(link)
check lint: export LIBRARY = $(build)/liboctavo.a
check lint: export LIBRARIES = $(libraries)
check: ## builds and runs all tests; installs what is missing
	@contrib/install-needs build optional check
	@$(MAKE) --no-print-directory -s $(parallel) all tests
	@$(MAKE) --no-print-directory -s $(parallel) VARIANT=$(tiny) all tests
	@tests/run $(script_tests) $(tiny_tests) $(unit_tests) $(fuzz_tests)

check-unit: tests ## only the test programs in C, of VARIANT
	@tests/run $(unit_tests) $(fuzz_tests)

faults := $(addprefix $(build)/tests/fault/,save save_power recovery \
	recovery_power log log_power)

check-faults: ## kills, errors and power cuts by the thousand; mutants
	@contrib/install-needs build optional check
	@$(MAKE) --no-print-directory -s $(parallel) $(faults)
	@OCTAVO_STATES=$(FAULT_STATES) tests/fault/demand $(faults)
	@tests/fault/mutants

# To fork takes a hundred times as long there, and searches of tiny chunks do
# little else.
check-asan: ## the same as check, under the address and undefined sanitizers
	@TIMEOUT=1800 $(MAKE) --no-print-directory VARIANT=asan check

# Leaks are what check-asan looks for: a worker ends without freeing anything.
check-valgrind: ## the test programs in C, under valgrind
	@contrib/install-needs build optional check extra
	@$(MAKE) --no-print-directory -s $(parallel) tests
	@UNDER='valgrind -q --error-exitcode=99' \
		TIMEOUT=1200 tests/run $(unit_tests) $(fuzz_tests)

check-clang: ## builds with clang, where a warning is an error
	@contrib/install-needs build optional check extra
	@$(MAKE) --no-print-directory -s $(parallel) CC=clang VARIANT=clang \
		CFLAGS='$(CFLAGS) -Werror' all tests

lint: ## the manual, the rooms; and, as advice, the format of the code
	mandoc -Tlint -Wwarning doc/octavo.1
	tests/layers
	-clang-format --dry-run $(sources)

coverage: ## runs the tests and says how much of each file they ran
	-@$(MAKE) --no-print-directory VARIANT=coverage CFLAGS='-O0 -g' check
	@gcov -n build/coverage/src/*.gcda build/coverage/src/*/*.gcda | \
		awk '/^File .src/ { file = $$2 } \
		/^Lines/ && file { print $$2, file; file = "" }' | \
		sed "s/executed:\(.*\)%/\1 %/; s/'//g" | sort -n

# Asserted is what cannot be.  Both builds count.
coverage-flush: ## the branches of save, journal, recovery and log that tests take
	@for variant in coverage coverage-tiny; do \
		$(MAKE) --no-print-directory -s $(parallel) VARIANT=$$variant \
			CFLAGS='-O0 -g -DNDEBUG' all tests >build/$$variant.log \
			2>&1 || { cat build/$$variant.log; exit 1; }; \
	done
	@find build/coverage build/coverage-tiny -name '*.gcda' -delete
	-@eval tests/run $$(tests/coverage --tests)
	@tests/coverage

# Of tiny sizes: inputs are small.
fuzz: ## runs each fuzz target for FUZZ_SECONDS (60); needs clang
	@contrib/install-needs build extra
	@$(MAKE) --no-print-directory -s $(parallel) CC=clang VARIANT=fuzz-tiny tests
	@for target in $(notdir $(fuzz_tests)); do \
		mkdir -p build/fuzz/corpus/$$target && \
		build/fuzz-tiny/tests/fuzz/$$target -max_total_time=$(FUZZ_SECONDS) \
			-artifact_prefix=build/fuzz/ build/fuzz/corpus/$$target \
			tests/fuzz/seeds/$$target || exit 1; \
	done

$(tools): $(build)/%: $(build)/%.o
	$(link) -o $@ $^

$(bench_tools): $(build)/%: $(build)/%.o
	$(link) -o $@ $^ $(bench_libraries)

$(build)/tests/bench/edits: bench_libraries = $(build)/liboctavo.a $(libraries)
$(build)/tests/bench/edits: $(build)/liboctavo.a

$(build)/tests/bench/pty: bench_libraries = $(vterm) -lutil

$(build)/tests/bench/follow: bench_libraries = -lutil

bench: ## measures, next to other programs; installs what is missing
	@contrib/install-needs build optional check bench
	@$(MAKE) --no-print-directory -s $(parallel) all $(bench_tools)
	@OCTAVO=$(CURDIR)/$(build)/octavo BENCH=$(build)/tests/bench \
		tests/bench/run

bench-search: ## measures searches, next to other programs
	@contrib/install-needs build optional check bench
	@$(MAKE) --no-print-directory -s $(parallel) all $(bench_tools)
	@OCTAVO=$(CURDIR)/$(build)/octavo BENCH=$(build)/tests/bench \
		tests/bench/search

bench-logs: ## measures the lines of a log, next to other programs
	@contrib/install-needs build optional check bench
	@$(MAKE) --no-print-directory -s $(parallel) all $(bench_tools)
	@OCTAVO=$(CURDIR)/$(build)/octavo BENCH=$(build)/tests/bench \
		tests/bench/logs

bench-faults: ## saves that go wrong, here and in other programs
	@contrib/install-needs build optional check
	-@contrib/install-needs faults
	@$(MAKE) --no-print-directory -s $(parallel) all $(tools)
	@OCTAVO=$(CURDIR)/$(build)/octavo TOOLS=$(CURDIR)/$(build)/tests/tools \
		tests/bench/faults

bench-follow: ## keys and lines while somebody writes 200 MiB a second
	@$(MAKE) --no-print-directory -s $(parallel) all \
		$(build)/tests/bench/follow
	@for way in "" -p; do \
		$(build)/tests/bench/follow $$way $(CURDIR)/$(build)/octavo || \
			exit 1; \
	done

## Install

pages := $(wildcard doc/octavo.1)
man := $(DESTDIR)$(PREFIX)/share/man/man1
licence := $(DESTDIR)$(PREFIX)/share/doc/octavo
completions := $(DESTDIR)$(PREFIX)/share/bash-completion/completions

install: all ## into PREFIX (/usr/local), below DESTDIR
	install -d $(DESTDIR)$(PREFIX)/bin $(man) $(licence) $(completions)
	install -m 755 $(build)/octavo $(DESTDIR)$(PREFIX)/bin/octavo
	$(if $(pages),install -m 644 $(pages) $(man)/octavo.1)
	install -m 644 LICENSE $(licence)/LICENSE
	install -m 644 contrib/completions/octavo.bash $(completions)/octavo

uninstall: ## takes away what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/octavo $(man)/octavo.1 $(licence)/LICENSE \
		$(completions)/octavo
	-rmdir $(licence)

dist: ## build/octavo-VERSION.tar.gz, of what is committed
	@mkdir -p build
	git archive --prefix=octavo-$(VERSION)/ -o build/octavo-$(VERSION).tar.gz HEAD

help: ## this table
	@awk -F ':.*## ' '/^## / { print "\n" substr($$0, 4) } \
		/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' Makefile

-include $(patsubst %.o,%.d,$(call objects,$(sources)))
.SECONDARY:
.PHONY: FORCE all tests demo check check-unit check-faults check-asan \
	check-valgrind check-clang lint coverage coverage-flush fuzz bench bench-search \
	bench-logs bench-faults install uninstall dist help clean
