# Octavo.  `make help` lists the targets.
CC ?= cc
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
PKG_CONFIG ?= pkg-config
VARIANT ?=
BUILD := build$(if $(VARIANT),/$(VARIANT))

warnings := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla
libraries := ncursesw libpcre2-8
override CPPFLAGS += -D_GNU_SOURCE -Iinclude -Isrc
override CFLAGS += -std=c11 $(warnings)
libs := $(shell $(PKG_CONFIG) --libs $(libraries) 2>/dev/null)

library_sources := $(wildcard src/*.c src/command/*.c)
library_sources := $(filter-out src/main.c,$(library_sources))
program_sources := $(wildcard src/tui/*.c) $(wildcard src/main.c)
library_objects := $(library_sources:%.c=$(BUILD)/%.o)
program_objects := $(program_sources:%.c=$(BUILD)/%.o)
unit_programs := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*.c tests/model/*.c tests/fault/*.c))

all: $(BUILD)/octavo

$(BUILD)/octavo: $(program_objects) $(BUILD)/liboctavo.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(libs)

$(BUILD)/liboctavo.a: $(library_objects)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(unit_programs): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(BUILD)/liboctavo.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs cmocka libpcre2-8)

tests: $(unit_programs)

clean:
	rm -rf build

-include $(library_objects:.o=.d) $(program_objects:.o=.d)
.SECONDARY:
.PHONY: all tests clean
