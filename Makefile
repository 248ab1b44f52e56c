# Bulkhead: `make run` shows a command in a virtual machine, `make test` proves the rest.
# Every target installs what it lacks from Debian's packages and builds only what changed.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
DESTDIR ?=

BUILD := build
DIST := $(BUILD)/dist
SHARE := $(DIST)/share/bulkhead
STAMPS := $(BUILD)/stamps

# A static program of all C that TeaVM wrote; the headers of musl come first, the kernel's last.
# TeaVM gives all arrays as pointers to their own types, which newer compilers take for errors.
NATIVE_CC := musl-gcc -O2 -fno-pie -no-pie -w -Wno-incompatible-pointer-types -Wno-int-conversion -static -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections -Wl,--gc-sections -Wl,-z,noseparate-code -idirafter /usr/include -idirafter /usr/include/x86_64-linux-gnu

SOURCES := $(shell find . \( -name target -o -name build -o -name .git \) -prune -o -type f \( -name '*.java' -o -name '*.proto' -o -name pom.xml -o -name jvm.config \) -print)
PROGRAM_SOURCES := $(filter-out ./it/% ./guest/%,$(SOURCES))

# A kernel of our own, if "make guest-kernel" has made one; it takes another initrd, without modules.
OWN_KERNEL := $(SHARE)/guest-kernel
GUEST_PROGRAM = tools/java --enable-native-access=ALL-UNNAMED -cp "guest/target/classes:$$(cat guest/target/classpath)" dev.bulkhead.guest.Main

# Its debug printer alone wants this function of glibc's, and nothing here calls it.
LIBSECCOMP := /usr/lib/x86_64-linux-gnu/libseccomp.a -Wl,--defsym=__fprintf_chk=abort
BUILD_PACKAGES := maven gcc musl-tools libseccomp-dev linux-libc-dev binutils cpio xz-utils
# The version of Debian 12's own kernel; Debian 13 has linux-source-6.12 instead.
KERNEL_SOURCE ?= linux-source-6.1
KERNEL_PACKAGES := $(KERNEL_SOURCE) flex bison bc libelf-dev make
RUN_PACKAGES := qemu-system-x86 erofs-utils busybox-static skopeo umoci golang-github-containers-common nftables
TEST_PACKAGES := libc6-dev debootstrap tmux docker-registry docker.io iptables iproute2 curl containernetworking-plugins dnsmasq-base redis-tools procps bsdutils podman runc
BENCH_PACKAGES := docker.io runc crun runsc iptables iproute2 procps debootstrap iputils-ping apache2-utils redis-tools curl fio git perl

.PHONY: help run test check build guest-kernel test-guest-kernel install bench clean packages format

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 28

packages:
	@tools/install-packages $(BUILD_PACKAGES) $(RUN_PACKAGES)

$(STAMPS) $(DIST)/bin $(SHARE):
	@mkdir -p $@

# The commit is part of the program, so a new one makes a new program.
$(STAMPS)/commit: FORCE | $(STAMPS)
	@tools/commit > $@.new; if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
.PHONY: FORCE
FORCE:

$(STAMPS)/java: $(PROGRAM_SOURCES) $(STAMPS)/commit | packages
	@echo "compiling Java to C"
	@tools/maven -q package -DskipTests -Dbulkhead.commit=$$(cat $(STAMPS)/commit) -pl runtime,agent -am
	@touch $@

$(STAMPS)/guest-program: $(filter ./guest/%,$(SOURCES)) pom.xml | $(STAMPS) packages
	@tools/maven -q package -DskipTests -pl guest -am
	@touch $@

$(BUILD)/agent/init: $(STAMPS)/java
	@echo "compiling C to the agent"
	@mkdir -p $(@D)
	@# For size: what the agent is resident with is most of its program.
	@$(NATIVE_CC) -Os -o $@ agent/target/c/all.c $(LIBSECCOMP)
	@strip $@

$(DIST)/bin/bulkhead: $(STAMPS)/java | $(DIST)/bin
	@echo "compiling C to bulkhead"
	@$(NATIVE_CC) -o $@ runtime/target/c/all.c $(LIBSECCOMP)
	@strip $@
	@ln -sf bulkhead $(DIST)/bin/containerd-shim-bulkhead-v2

# What stands for a guest's process on the host: small, as there is one for each.
$(SHARE)/container-process: $(STAMPS)/java | $(SHARE)
	@$(NATIVE_CC) -o $@ runtime/target/c/container-process/all.c
	@strip $@

$(SHARE)/initrd: $(BUILD)/agent/init $(STAMPS)/guest-program | $(SHARE)
	@$(GUEST_PROGRAM) --agent $(BUILD)/agent/init --output $(SHARE) --cache $(BUILD)/guest
	@touch $@

$(OWN_KERNEL)/initrd: $(BUILD)/agent/init $(STAMPS)/guest-program $(wildcard guest/kernel/config*) | $(SHARE)
	@tools/install-packages $(KERNEL_PACKAGES)
	@$(GUEST_PROGRAM) --agent $(BUILD)/agent/init --output $(OWN_KERNEL) --cache $(BUILD)/guest-kernel --kernel-source $(KERNEL_SOURCE) --kernel-config guest/kernel/config
	@touch $@

$(SHARE)/configuration.toml: runtime/src/main/config/configuration.toml | $(SHARE)
	@cp $< $@

build: $(DIST)/bin/bulkhead $(SHARE)/container-process $(SHARE)/initrd $(SHARE)/configuration.toml $(wildcard $(OWN_KERNEL)/initrd) ## Build everything into build/dist

guest-kernel: build $(OWN_KERNEL)/initrd ## Build a smaller kernel for guests from Debian's source; takes some ten minutes

run: build ## Run a command in a virtual machine
	@tools/run-example $(DIST)

check: packages ## Formatter, static checker and unit tests: no virtual machine
	@tools/maven -q spotless:check
	@tools/unit-tests

format: packages ## Format all Java
	@tools/maven -q spotless:apply

test: build ## All tests, with real virtual machines
	@tools/install-packages $(TEST_PACKAGES)
	@tools/all-tests

# What a kernel has to do with: file systems, network, cgroups, signals, terminals.
KERNEL_TESTS := GuestKernelTest,FailureTest,FileSemanticsTest,VolumesTest,RunTest,TerminalTest,VirtioFsTest,TemplateTest,DockerTest,NetworkTest,RunNetworkTest,LifecycleTest,CtrTest,Debian13Test

test-guest-kernel: guest-kernel ## Those tests that depend on the guest's kernel, with that of make guest-kernel
	@tools/install-packages $(TEST_PACKAGES)
	@tools/all-tests $(KERNEL_TESTS)

bench: build ## Measure against other programs and print tables
	@tools/install-packages $(BENCH_PACKAGES)
	@tools/bench $(BENCH)

install: build ## Install under $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/bulkhead
	install -m 755 $(DIST)/bin/bulkhead $(DESTDIR)$(PREFIX)/bin/bulkhead
	ln -sf bulkhead $(DESTDIR)$(PREFIX)/bin/containerd-shim-bulkhead-v2
	install -m 644 $$(find $(SHARE) -maxdepth 1 -type f) $(DESTDIR)$(PREFIX)/share/bulkhead/
	@# A kernel that was built before would be taken for that of the new program.
	rm -rf $(DESTDIR)$(PREFIX)/share/bulkhead/guest-kernel
	if [ -d $(OWN_KERNEL) ]; then install -d $(DESTDIR)$(PREFIX)/share/bulkhead/guest-kernel; install -m 644 $(OWN_KERNEL)/* $(DESTDIR)$(PREFIX)/share/bulkhead/guest-kernel/; fi
	chmod 755 $(DESTDIR)$(PREFIX)/share/bulkhead/container-process
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	$(DIST)/bin/bulkhead man > $(DESTDIR)$(PREFIX)/share/man/man1/bulkhead.1
	$(DIST)/bin/bulkhead completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/bulkhead

clean: ## Remove all that was built
	rm -rf $(BUILD) */target
