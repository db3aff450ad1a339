# SPDX-License-Identifier: MIT
#
# make                    build/full/nwbox; PROFILE=router, recorder or capture for the smaller ones (config/*.conf)
# make SAN=1              build/san/nwbox: glibc, AddressSanitizer and UBSan, every library included
# make check              all tests; SAN=1 for the same under the sanitizers
# make size lint          budgets of test/size/budget.txt; house rules of test/lint
# make install            DESTDIR= PREFIX=/usr/local: binary, links, manuals, completions
# make man                build/full/man/nwbox-fields.7, the list of fields, from the tables in the binary
# make fuzz TARGET=name   run one fuzz target of test/fuzz for TIME=60 seconds
# make check-config       build every profile, and each switch alone off
# make golden CASE=name   rewrite the expected text of a golden test
# make size-diff BASE=f   symbols that grew since the nwbox.debug f
# make fetch              get every pinned source, also those that nothing uses yet; DISTFILES= names a folder to look in
# make clean, distclean   without, with the libraries and downloads
#
# LTO=1 makes nwbox smaller, slowly; V=1 shows the commands; WERROR=0 lets warnings pass; PART="unit e2e" runs parts of the tests.
#
# Nothing but the first build needs the network: config/deps.lock pins the sources, config/fetch.sh gets them.

PROFILE := full
PREFIX ?= /usr/local
HOSTCC := gcc
AR := ar
V := 0
# Warnings are errors with the compiler they were cleaned up for; another one's new warnings must not stop a stranger.
WERROR := $(if $(filter 12,$(firstword $(subst ., ,$(shell $(HOSTCC) -dumpversion)))),1,0)
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
Q := $(if $(filter 0,$(V)),@)
export LC_ALL := C
export SOURCE_DATE_EPOCH ?= 0

# --- toolchain: musl ships, san and fuzz test
ifeq ($(SAN),1)
TOOLCHAIN := san
B := build/san
else
TOOLCHAIN := musl
B := build/$(PROFILE)
endif
CONF := config/$(PROFILE).conf

BASE_CFLAGS := -g -ffunction-sections -fdata-sections -ffile-prefix-map=$(CURDIR)/= -fno-asynchronous-unwind-tables \
	-fno-unwind-tables
ifeq ($(TOOLCHAIN),musl)
CC_T = $(HOSTCC) -specs=$(CURDIR)/$(DL)/nwbox.specs
BASE_CFLAGS += -Os -fPIE -fstack-protector-strong -fstack-clash-protection -fcf-protection=none
LDFLAGS_T := -static-pie -Wl,--gc-sections,-z,relro,-z,now,-z,noexecstack,-z,noseparate-code,-z,pack-relative-relocs
# What -Os leaves on although it makes code larger (-10 kB of our 650), and tables where the ABI has them, not at multiples
# of 32 bytes (-9 kB).
OPT_SMALL := -Os -fipa-pta -fno-move-loop-invariants -fno-caller-saves -fno-tree-pre
OPT_FAST := -O2
ALIGN := $(if $(filter x86_64% i%86%,$(shell $(HOSTCC) -dumpmachine)),-malign-data=abi)
else
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
ifeq ($(TOOLCHAIN),fuzz)
CC_T := clang
SANITIZE += -fsanitize=fuzzer-no-link
else
CC_T := $(HOSTCC)
endif
BASE_CFLAGS := -g -O1 -ffile-prefix-map=$(CURDIR)/= $(SANITIZE)
LDFLAGS_T := $(SANITIZE)
OPT_SMALL := -O1
OPT_FAST := -O1
endif

# A dependency's own output is long and dull: show it only when it fails.
LOG = >$(CURDIR)/$(D)/$(@F).log 2>&1 || { tail -n 30 $(CURDIR)/$(D)/$(@F).log; exit 1; }
# Keep a file that records flags or lists: written only when its text changes, so that it dates from the last change.
if_changed = mkdir -p $(@D); echo '$(1)' | cmp -s - $@ || echo '$(1)' >$@
include config/deps.mk

# --- our code
WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith -Wundef -Wvla -Wno-psabi \
	$(if $(filter 1,$(WERROR)),-Werror) $(if $(filter fuzz,$(TOOLCHAIN)),-Wno-missing-field-initializers)
# LTO=1: nwbox is optimized as a whole, tests are linked as ever. 37 kB less, but its link takes 15 s and the map has no files.
LTO := 0
LTO_OBJECTS := $(if $(filter musl1,$(TOOLCHAIN)$(LTO)),-flto -ffat-lto-objects)
LTO_LINK := $(if $(LTO_OBJECTS),-flto=2 $(OPT_SMALL) $(ALIGN))
CFLAGS := -std=gnu11 -D_GNU_SOURCE= $(WARN) $(BASE_CFLAGS) $(ALIGN) $(LTO_OBJECTS)
CPPFLAGS = -Iinclude -Ilib -isystem $(D)/include -include $(B)/config.h $(BANNED)
BANNED := -include config/banned.h
# What runs for every packet is -O2, the rest -Os: 45 kB less, and no figure of test/bench differs. The capture
# profile records; it decodes and reads files only for a person at the screen.
HOT_BASE := base/outbuf pcapio/writer pcapio/pcapng_write capture/capture $(addprefix store/,record keys keys_quick index_make)
HOT_READ := pcapio/reader pcapio/pcap pcapio/pcapng $(addprefix filter/,eval values search) \
	$(addprefix decode/,core fields conversation eth vlan ip ipv6 tcp udp)
# Formatting, which a router's small caches and flash would rather have small.
HOT_TEXT := $(addprefix decode/,tcp_analysis seq_table) base/jsonout base/series flow/flow \
	$(addprefix export/,all column csv format json json_value stat_talks text)
HOT_full := $(HOT_READ) $(HOT_TEXT)
HOT_router := $(addprefix decode/,core conversation eth ip tcp udp) $(addprefix pcapio/,reader pcap pcapng) filter/eval
HOT_recorder := $(HOT_router)
FAST := $(patsubst %,lib/%.c,$(HOT_BASE) $(HOT_$(PROFILE)))
opt = $(if $(filter $(FAST),$(1)),$(OPT_FAST),$(OPT_SMALL))

LIB_C := $(sort $(wildcard lib/*/*.c lib/*/*/*.c))
APPLET_C := $(sort $(wildcard applets/*.c applets/*/*.c))
LIB_O := $(LIB_C:%.c=$(B)/obj/%.o)
APPLET_O := $(APPLET_C:%.c=$(B)/obj/%.o)
LIBS := $(DL)/libpcap.a $(DL)/libz.a $(DL)/libmbedtls.a $(DL)/libyyjson.a $(DL)/libyaml.a
NW := $(B)/nwbox

.PHONY: all check check-config size size-diff lint install man fuzz golden fetch clean distclean help tests FORCE
all: $(NW)

# Switches: every ENABLE_X of the profile as 0 or 1. OFF=ENABLE_X overrides one (make check-config).
$(B)/config.h: $(CONF) Makefile FORCE
	@mkdir -p $(@D); { echo '/* made from $(CONF) */'; echo '#define NWBOX_PROFILE "$(PROFILE)"'; \
		sed -n 's/^\(ENABLE_[A-Z0-9_]*\)=\([01]\)$$/#define \1 \2/p' $(CONF) \
		$(if $(OFF),| sed 's/ $(OFF) 1$$/ $(OFF) 0/'); } >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# Everything that decides the result but is no file: a changed flag, a removed or added source rebuilds what it must.
$(B)/flags: FORCE
	@$(call if_changed,$(CC_T) $(CFLAGS) $(OPT_SMALL) $(EXTRA_CFLAGS) $(CPPFLAGS) $(FAST) $(LDFLAGS_T))
$(B)/sources: FORCE
	@$(call if_changed,$(LIB_C) $(APPLET_C))

# private: not for the prerequisites, or the record of flags would change with whoever asks first
$(B)/obj/applets/%.o: private CPPFLAGS += -Iapplets
$(B)/obj/%.o: %.c $(B)/config.h $(B)/flags $(LIBS)
	@mkdir -p $(@D); $(if $(Q),echo "  CC      $<")
	$(Q)$(CC_T) $(CFLAGS) $(call opt,$<) $(EXTRA_CFLAGS) $(CPPFLAGS) -MMD -MP -c $< -o $@

# What tests link against. q, not r: two folders may each have a file of one name.
$(B)/libnw.a: $(LIB_O) $(B)/sources
	@$(if $(Q),echo "  AR      $@"); rm -f $@
	$(Q)$(AR) qcsD $@ $(LIB_O)

# nwbox.debug is what the linker made, with symbols and debug information; nwbox is that, stripped.
$(B)/nwbox.debug: $(APPLET_O) $(LIB_O) $(LIBS) $(B)/sources
	@$(if $(Q),echo "  LINK    $@")
	$(Q)$(CC_T) $(BASE_CFLAGS) $(LTO_LINK) $(LDFLAGS_T) -Wl,-Map=$(B)/nwbox.map -o $@ $(APPLET_O) $(LIB_O) $(LIBS)
$(NW): $(B)/nwbox.debug
	@$(if $(Q),echo "  STRIP   $@")
	$(Q)$(if $(filter musl,$(TOOLCHAIN)),strip -s -R .comment -o $@ $<,ln -f $< $@)

# --- tests: each test/unit/*.c, test/bench/*.c and test/fuzz/*.c is one program
TEST_C := $(sort $(wildcard test/unit/*.c test/bench/*.c)) $(filter-out test/fuzz/replay.c,$(sort $(wildcard test/fuzz/*.c)))
TEST_BIN := $(TEST_C:%.c=$(B)/%) $(B)/test/size/start
FUZZ_MAIN := $(if $(filter fuzz,$(TOOLCHAIN)),-fsanitize=fuzzer,$(B)/obj/test/fuzz/replay.o)
$(B)/obj/test/%.o: private BANNED :=
$(B)/test/unit/% $(B)/test/bench/% $(B)/test/fuzz/% $(B)/test/size/%: TEST_LINK = mkdir -p $(@D); $(if $(Q),echo "  LINK    $@";) \
	$(CC_T) $(BASE_CFLAGS) $(LDFLAGS_T) -o $@
$(B)/test/unit/%: $(B)/obj/test/unit/%.o $(B)/libnw.a $(LIBS)
	$(Q)$(TEST_LINK) $(filter %.o,$^) $(B)/libnw.a $(LIBS)
# what a test needs of an applet
$(B)/test/unit/test_config: $(B)/obj/applets/netwatchd/config.o
$(B)/test/bench/%: $(B)/obj/test/bench/%.o $(B)/libnw.a $(LIBS)
	$(Q)$(TEST_LINK) $< $(B)/libnw.a $(LIBS)
$(B)/test/fuzz/%: $(B)/obj/test/fuzz/%.o $(filter %.o,$(FUZZ_MAIN)) $(B)/libnw.a $(LIBS)
	$(Q)$(TEST_LINK) $< $(FUZZ_MAIN) $(B)/libnw.a $(LIBS)
$(B)/test/size/%: $(B)/obj/test/size/%.o
	$(Q)$(TEST_LINK) $<
.SECONDARY:
tests: $(NW) $(TEST_BIN)

check: tests
	@sh test/run.sh $(B) $(PART)
lint: $(NW)
	@sh test/run.sh $(B) lint
golden: $(NW)
	@NWBOX=$(CURDIR)/$(NW) sh test/golden/run.sh --update $(CASE)

PROFILES := full router recorder capture
size:
	@for p in $(PROFILES); do $(MAKE) --no-print-directory -s PROFILE=$$p SAN=0 build/$$p/nwbox build/$$p/test/size/start || exit; done
	@status=0; for p in $(PROFILES); do sh test/size/size.sh build/$$p || status=1; done; exit $$status
# BASE=another nwbox.debug, e.g. of the parent commit
size-diff: $(NW)
	@sh test/size/diff.sh $(BASE) $(NW).debug

# Every profile, and each switch alone off, must compile, link and start.
SWITCHES = $(shell sed -n 's/^\(ENABLE_[A-Z0-9_]*\)=.*/\1/p' config/full.conf)
check-config:
	@for p in $(PROFILES); do $(MAKE) --no-print-directory -s PROFILE=$$p && build/$$p/nwbox --version >/dev/null && \
		echo "ok config $$p" || { echo "not ok config $$p: see above"; exit 1; }; done
	@for s in $(SWITCHES); do $(MAKE) --no-print-directory -s B=build/config/$$s OFF=$$s EXTRA_CFLAGS=-O1 && \
		build/config/$$s/nwbox --version >/dev/null && echo "ok config without $$s" || \
		{ echo "not ok config without $$s: see above"; exit 1; }; done

# libFuzzer for TIME seconds; new inputs go to build/fuzz/corpus, a finding to build/fuzz/TARGET-*
TIME := 60
fuzz:
	@test -n "$(TARGET)" || { echo "make fuzz TARGET=$(patsubst test/fuzz/%.c,%,$(filter test/fuzz/%,$(TEST_C)))"; exit 1; }
	@$(MAKE) --no-print-directory SAN=0 TOOLCHAIN=fuzz B=build/fuzz build/fuzz/test/fuzz/$(TARGET)
	@mkdir -p build/fuzz/corpus/$(TARGET) test/fuzz/corpus/$(TARGET)
	build/fuzz/test/fuzz/$(TARGET) -max_total_time=$(TIME) -artifact_prefix=build/fuzz/$(TARGET)- \
		build/fuzz/corpus/$(TARGET) test/fuzz/corpus/$(TARGET)

# --- the rest
# The pages that people wrote are in dist/man; the one of the fields comes from the tables. Dated like the commit.
MAN_DATE = $(shell LC_ALL=C date -u -d @$$(git log -1 --format=%ct 2>/dev/null || echo 0) '+%B %e, %Y')
$(B)/man/nwbox-fields.7: $(NW) dist/man/fields.awk
	@mkdir -p $(@D)
	$(Q)$(NW) nwexport --list-fields | awk -v date="$(MAN_DATE)" -f dist/man/fields.awk >$@
man: $(B)/man/nwbox-fields.7

# An applet's page goes with the applet; that of the fields needs one that knows them.
install: $(NW) $(if $(shell grep -x ENABLE_NWEXPORT=1 $(CONF)),man)
	install -D -m 755 $(NW) $(DESTDIR)$(PREFIX)/bin/nwbox
	@sed -n 's/^APPLET(\([a-z]*\), *\(ENABLE_[A-Z_]*\), *INSTALL_\([A-Z]*\),.*/\1 \2 \3/p' applets/applets.def | \
	while read -r name switch dir; do \
		grep -q "^$$switch=1" $(CONF) || continue; \
		[ $$dir = SBIN ] && dir=$(DESTDIR)$(PREFIX)/sbin || dir=$(DESTDIR)$(PREFIX)/bin; \
		mkdir -p $$dir && echo "ln -sf ../bin/nwbox $$dir/$$name" && ln -sf ../bin/nwbox $$dir/$$name || exit; \
		install -D -m 644 dist/man/$$name.1 $(DESTDIR)$(PREFIX)/share/man/man1/$$name.1 || exit; done
	install -D -m 644 dist/man/nwbox.1 $(DESTDIR)$(PREFIX)/share/man/man1/nwbox.1
	@for page in dist/man/*.[57] $(B)/man/*.7; do [ -f $$page ] || continue; \
		install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit; done
	@! grep -qx ENABLE_NETWATCHD=1 $(CONF) || install -D -m 644 dist/netwatchd.yaml \
		$(DESTDIR)$(PREFIX)/share/doc/netwatchd/netwatchd.yaml
	@! grep -qx ENABLE_NETWATCHD=1 $(CONF) || for file in systemd/netwatchd.service systemd/netwatchd.socket \
			init.d/netwatchd init.d/netwatchd.openwrt; do \
		case $$file in systemd/*) to=lib/$${file%/*}/system mode=644 ;; *) to=share/doc/netwatchd/init.d mode=755 ;; esac; \
		to=$(DESTDIR)$(PREFIX)/$$to/$${file##*/}; mkdir -p $${to%/*} && \
		sed 's|/usr/local/sbin/netwatchd|$(PREFIX)/sbin/netwatchd|; s|/usr/sbin/netwatchd|$(PREFIX)/sbin/netwatchd|' \
			dist/$$file >$$to && chmod $$mode $$to || exit; done
	install -D -m 644 dist/completions/nwbox.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/nwbox
	install -D -m 644 dist/completions/_nwbox $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_nwbox
	install -D -m 644 dist/completions/nwbox.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/nwbox.fish
	@for name in nwcap nwfilter nwexport netwatchd packetclient; do \
		ln -sf nwbox $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$name || exit; \
		ln -sf nwbox.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$name.fish || exit; done

fetch:
	@for d in $$(awk '/^[a-z]/ && !seen[$$1]++ { print $$1 }' config/deps.lock); do sh config/fetch.sh $$d || exit; done

help:
	@sed -n '3,/^$$/s/^# \{0,1\}//p' Makefile

clean:
	rm -rf build/full build/router build/recorder build/capture build/san build/fuzz build/config
distclean:
	rm -rf build

-include $(TEST_BIN:$(B)/%=$(B)/obj/%.d) $(LIB_O:.o=.d) $(APPLET_O:.o=.d) $(B)/obj/test/fuzz/replay.d
