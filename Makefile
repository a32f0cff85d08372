# SPDX-License-Identifier: GPL-2.0
# `make help` lists the targets. What is built, and how, is in Kbuild.

RELEASE ?= $(shell uname -r)
KDIR    ?= /lib/modules/$(RELEASE)/build
KERNELS := 6.1 6.12 7.2 7.2-um

# Where our own builds put things: build/6.1, build/6.12, ...
OUT      = build/$(KERNEL)
# Modules that only tests load: selftests/NAME with a Kbuild file.
EXTRA   := $(patsubst %/Kbuild,%,$(wildcard selftests/*/Kbuild))

# What was compiled once, in whatever checkout, comes from ccache: as in scripts/lib.sh.
export PATH := /usr/lib/ccache:$(PATH)
export CCACHE_DIR ?= $(or $(EDU_TCP_CACHE),$(HOME)/.cache/edu_tcp)/ccache
export CCACHE_BASEDIR ?= $(CURDIR)
export CCACHE_NOHASHDIR ?= 1

.DELETE_ON_ERROR:
.PHONY: all modules install check check-long bench demo shell lint fuzz mutate coverage help clean

all: headers
	+$(MAKE) -C $(KDIR) M=$(CURDIR) modules

.PHONY: headers
headers:
	@test -e $(KDIR)/Makefile || { \
		echo "There are no kernel headers in $(KDIR)."; \
		echo "Install those of the running kernel:  apt install linux-headers-$(RELEASE)"; \
		echo "or name others:                       make KDIR=DIRECTORY"; \
		echo "or build for the kernels of the VM:   make modules KERNEL=6.1"; \
		exit 1; } >&2

# The sources are copied, so that no kernel's objects meet another's. By
# checksum: a file that changed is new to make, one that did not stays old.
# Without what only debuggers read (-g0): it is 90 % of the module that the VM has to load.
modules:
	@case " $(KERNELS) " in *" $(KERNEL) "*) ;; *) \
		echo "make modules needs KERNEL=, one of: $(KERNELS)" >&2; exit 2;; esac
	@scripts/deps build
	@mkdir -p $(OUT)
	@rsync -rc --delete --include='*/' --include='*.[chS]' --include=Kbuild \
		--exclude='*' Kbuild module kunit $(EXTRA:%=./%) $(OUT)/ --relative
	+@kdir=$$(scripts/kernel kdir $(KERNEL)) && arch=$$(scripts/kernel arch $(KERNEL)) && \
	for m in . $(EXTRA); do \
		$(MAKE) -s -C $$kdir ARCH=$$arch M=$(CURDIR)/$(OUT)/$$m W=1 KCFLAGS="-Werror -g0" \
			CONFIG_DEBUG_INFO_BTF_MODULES= $(MODULES_EXTRA) modules || exit; \
	done

# DESTDIR= installs below another root, KERNEL= what `make modules` built. Nobody
# has the key that Debian's kernels are signed with, so do not try to sign.
install: $(if $(KERNEL),modules,all)
	+$(MAKE) -C $(KDIR) M=$(CURDIR)$(if $(KERNEL),/$(OUT)) CONFIG_MODULE_SIG_ALL= \
		INSTALL_MOD_PATH=$(DESTDIR) DEPMOD=true modules_install
	depmod $(if $(DESTDIR),-b $(DESTDIR)) \
		$$(sed -n 's/^#define UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h)

# Each kind of test, in a short form where the whole one takes long.
check:
	@scripts/deps build
	@scripts/check $(CHECK)

# Everything, on every kernel, at full length.
check-long:
	@scripts/deps build
	@scripts/check --long $(CHECK)

# Numbers, no tests: edu_tcp beside the kernel's own TCP.
bench:
	@selftests/bench/table $(BENCH)

demo:
	@scripts/demo

# Not `shell: KERNEL ?= 6.1`: make would keep KERNEL from every other recipe.
shell:
	@$(MAKE) --no-print-directory modules KERNEL=$(or $(KERNEL),6.1)
	@scripts/vm -k $(or $(KERNEL),6.1) --load -i

lint:
	@scripts/lint

# Beyond what `make check` has time for; FUZZ=, MUTATE= are their arguments.
fuzz:
	@selftests/core/run fuzz $(FUZZ)

mutate:
	@scripts/deps build
	@selftests/core/mutate $(MUTATE)

coverage:
	@scripts/deps build
	@selftests/core/coverage

clean:
	@rm -rf build
	@find . -path ./.git -prune -o -type f \( -name '*.o' -o -name '*.ko' \
		-o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' \
		-o -name modules.order -o -name Module.symvers \) -exec rm -f {} +

help:
	@echo 'make                   build edu_tcp.ko for the running kernel (KDIR= for another)'
	@echo 'make install           install it, so that socket(..., 253) loads it (as root)'
	@echo 'make modules KERNEL=K  build for a kernel of the VM into build/K; K: $(KERNELS)'
	@echo 'make demo [KERNEL=K]   show a connection over protocol 253, in a VM'
	@echo 'make shell [KERNEL=K]  a shell in the VM with the module loaded, to play'
	@echo 'make check             run every test on every kernel; CHECK=quick: two minutes; CHECK=-h says more'
	@echo 'make check-long        the same at full length'
	@echo 'make bench             measure it beside the kernel'"'"'s TCP; BENCH=-h says more'
	@echo 'make lint              only look at the sources: checkpatch, sparse, shellcheck'
	@echo 'make fuzz              fuzz the core until Ctrl-C; says how often in all'
	@echo 'make mutate            break the core in one place after the other: does a test notice?'
	@echo 'make coverage          which lines and branches of the core the tests reach'
	@echo 'make clean             remove what was built (the kernels stay in the cache)'
	@echo
	@echo 'demo, shell, check and lint install the Debian packages that they need.'
