# Octavo.  `make help` lists the targets.
#
# CC CFLAGS CPPFLAGS LDFLAGS PKG_CONFIG PREFIX DESTDIR are yours to set, on the
# command line or in the environment.  VARIANT builds into build/VARIANT: any
# of tiny (small sizes, so that a few bytes cross every boundary), asan, fuzz,
# coverage, joined with `-`; another word is only a folder's name.

VERSION := 0.1.0
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
PKG_CONFIG ?= pkg-config
VARIANT ?=
FILE ?=
FUZZ_SECONDS ?= 60

variant = $(findstring $(1),$(VARIANT))
build := build$(if $(VARIANT),/$(VARIANT))
tiny := $(if $(VARIANT),$(VARIANT)-)tiny

# Flags.  Ours stand before the user's, so that his win.

warnings := -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wvla
sanitize := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
pkg = $(shell $(PKG_CONFIG) $(1) 2>/dev/null)
curses := $(or $(call pkg,--libs ncursesw),$(call pkg,--libs ncurses),-lncursesw)
curses_cflags := $(or $(call pkg,--cflags ncursesw),$(call pkg,--cflags ncurses))
pcre2 := $(or $(call pkg,--libs libpcre2-8),-lpcre2-8)
pcre2_cflags := $(call pkg,--cflags libpcre2-8)
cmocka := $(or $(call pkg,--libs cmocka),-lcmocka)

cppflags := -D_GNU_SOURCE -DOCTAVO_VERSION='"$(VERSION)"' -Iinclude -Isrc \
	$(pcre2_cflags) $(if $(call variant,tiny),-DOCTAVO_TINY)
cflags := -std=c11 $(warnings) \
	$(if $(call variant,asan),$(sanitize)) \
	$(if $(call variant,fuzz),-fsanitize=fuzzer-no-link $(sanitize)) \
	$(if $(call variant,coverage),--coverage)
compile = $(CC) $(cppflags) $(CPPFLAGS) $(cflags) $(CFLAGS)
link = $(CC) $(cflags) $(CFLAGS) $(LDFLAGS)

# Files.

objects = $(patsubst %.c,$(build)/%.o,$(1))
programs = $(patsubst %.c,$(build)/%,$(wildcard tests/$(1)/*.c))

main := $(wildcard src/main.c)
terminal := $(wildcard src/tui/*.c)
library := $(filter-out $(main),$(wildcard src/*.c src/command/*.c))
unit_tests := $(call programs,unit) $(call programs,model) $(call programs,fault)
fuzz_tests := $(filter-out %/replay,$(call programs,fuzz))
script_tests := tests/layers tests/runner $(wildcard tests/cases) \
	$(wildcard tests/manual) $(wildcard tests/terminal/*-test)
sources := $(library) $(main) $(terminal) $(wildcard tests/*/*.c)

## Build

all: $(if $(main),$(build)/octavo,$(build)/liboctavo.a) ## the program, build/octavo

$(build)/octavo: $(call objects,$(main) $(terminal)) $(build)/liboctavo.a
	$(link) -o $@ $^ $(curses) $(pcre2)

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
	@echo $(call quote,$(compile) $(link) $(curses) $(pcre2)) >$@.new
	@if cmp -s $@.new $@; then rm $@.new; \
	else contrib/install-needs --tell build && mv $@.new $@; fi

tests: $(unit_tests) $(fuzz_tests) ## the test programs

$(unit_tests): $(build)/%: $(build)/%.o $(build)/liboctavo.a
	$(link) -o $@ $^ $(cmocka) $(pcre2)

# A fuzz target replays its seeds, unless it is built for the fuzzer.
$(fuzz_tests): $(build)/%: $(build)/%.o $(build)/liboctavo.a \
		$(if $(call variant,fuzz),,$(build)/tests/fuzz/replay.o)
	$(link) $(if $(call variant,fuzz),-fsanitize=fuzzer) -o $@ $^ $(pcre2)

clean: ## removes build/
	rm -rf build

-include $(patsubst %.o,%.d,$(call objects,$(sources)))
.SECONDARY:
.PHONY: FORCE all tests clean
