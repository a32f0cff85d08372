# SPDX-License-Identifier: GPL-2.0
# For the Makefile of a suite of programs on top of the wire tests' library, which has said before
# what the programs are (TEST_GEN_PROGS), and the LIBRARY and HEADERS that it has besides. The
# harness and its rules are the kernel's own kselftest, from the source package.
KSELFTEST ?= $(shell ../../scripts/kernel source)/tools/testing/selftests
OUTPUT ?= $(abspath ../../build/$(notdir $(CURDIR)))

CFLAGS += -O2 -g -Wall -Wextra -Wno-override-init -Wno-missing-field-initializers -Werror \
	  -I../wire

include $(KSELFTEST)/lib.mk

LIBRARY += $(addprefix ../wire/,wire.c segment.c netns.c app.c observe.c)
HEADERS += $(addprefix ../wire/,wire.h segment.h fixture.h)

# The library is compiled once for each suite; lib.mk compiles each program and links the objects.
OBJECTS := $(patsubst %.c,$(OUTPUT)/library/%.o,$(notdir $(LIBRARY)))
define compile
$(OUTPUT)/library/$(notdir $(1:.c=.o)): $(1) $(HEADERS) | $(OUTPUT)/library
	$$(CC) $$(CPPFLAGS) $$(CFLAGS) -c -o $$@ $$<
endef
$(foreach source,$(LIBRARY),$(eval $(call compile,$(source))))

# lib.mk links all prerequisites but these.
LOCAL_HDRS += $(HEADERS)
$(TEST_GEN_PROGS): $(OBJECTS) $(HEADERS) | $(OUTPUT)
$(OUTPUT) $(OUTPUT)/library:
	mkdir -p $@
