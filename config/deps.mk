# SPDX-License-Identifier: MIT
#
# The third-party libraries, compiled for one toolchain into $(D) = build/deps/$(TOOLCHAIN)/{include,lib}:
#   musl  what ships: musl from source, the host's gcc pointed at it by a specs file, everything static-pie
#   san   the host's glibc and gcc with AddressSanitizer and UBSan (make SAN=1)
#   fuzz  the same with clang and libFuzzer's coverage (make fuzz)
# Sources are fetched and verified by config/fetch.sh and unpacked once into build/deps/src. A library is built only
# when something asks for its .a; `make build/deps/musl/lib/libmbedcrypto.a` is how a later one is asked for.

# Two trees that share build/deps by a link rebuild each other's libraries without end: the flags hold the tree's path.
ifneq ($(shell test -L build/deps && echo link),)
$(error build/deps is a link; remove it, each tree builds its own libraries (DISTFILES=build/distfiles of another saves the download))
endif

S := build/deps/src
D := build/deps/$(TOOLCHAIN)
DL := $(D)/lib
ABS_D := $(CURDIR)/$(D)
export DISTFILES

# Each library rebuilds when its own rows of the lock change, not when another's do.
build/deps/lock/%: config/deps.lock FORCE
	@mkdir -p $(@D); awk '$$1 == "$*"' $< >$@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(S)/%/.unpacked: build/deps/lock/%
	@tarball=$$(sh config/fetch.sh $*) && rm -rf $(@D) && mkdir -p $(@D) && echo "  UNPACK  $*" && \
		tar --no-same-owner -xf "$$tarball" -C $(@D) --strip-components=1 && touch $@

# --- flags shared by all of them: no unwind tables, sections for --gc-sections, no build path in the result
DEP_CFLAGS := $(BASE_CFLAGS) -w
DEP_CC := $(CC_T) $(DEP_CFLAGS)
PCAP_CONFIGURE := --with-pcap=linux --without-libnl --disable-shared --disable-usb --disable-bluetooth --disable-dbus \
	--disable-rdma --disable-netmap --disable-remote --without-dag --without-septel --without-snf --without-turbocap \
	--without-dpdk
$(D)/flags: FORCE
	@$(call if_changed,$(DEP_CC) $(LDFLAGS_T) $(PCAP_CONFIGURE))

# --- musl. Its own wrapper cannot link static-pie, so the specs are ours.
ifeq ($(TOOLCHAIN),musl)
$(DL)/nwbox.specs: $(S)/musl/.unpacked $(D)/flags config/musl.specs.in config/musl-qsort.sed
	@echo "  DEP     musl"
	@cd $(S)/musl/src/stdlib && sed -i -f $(CURDIR)/config/musl-qsort.sed qsort.c && \
		grep -q 'p\[0\] != 1 ? ntz' qsort.c && grep -q '(p\[1\] && (r' qsort.c || { echo "musl: the qsort fix does not fit"; exit 1; }
	@rm -rf $(D)/obj/musl && mkdir -p $(D)/obj/musl $(DL) $(D)/include
	@cd $(D)/obj/musl && { $(CURDIR)/$(S)/musl/configure --prefix=$(ABS_D) --syslibdir=$(ABS_D)/lib --disable-shared \
		--disable-wrapper CC="$(HOSTCC)" CFLAGS="$(DEP_CFLAGS) -fPIE" && $(MAKE) && $(MAKE) install; } $(LOG)
	@for h in linux asm-generic; do ln -sfn /usr/include/$$h $(D)/include/$$h; done
	@multi=/usr/include/$$($(HOSTCC) -print-multiarch)/asm; [ -d $$multi ] || multi=/usr/include/asm; \
		ln -sfn $$multi $(D)/include/asm
	@sed 's,@PREFIX@,$(ABS_D),g' config/musl.specs.in >$@
LIBC := $(DL)/nwbox.specs
endif

# --- libpcap: the compiler of capture filters and the reader of live interfaces. flex and bison make its grammar.
$(DL)/libpcap.a: $(S)/libpcap/.unpacked $(D)/flags config/libpcap-scanner.sed config/libpcap-savefile.sed $(LIBC)
	@echo "  DEP     libpcap"
	@cd $(S)/libpcap && sed -i -f $(CURDIR)/config/libpcap-scanner.sed scanner.l && grep -q '^V6.*{V6604}|((' scanner.l || \
		{ echo "libpcap: the shorter pattern for IPv6 addresses does not fit"; exit 1; }
	@cd $(S)/libpcap && sed -i -f $(CURDIR)/config/libpcap-savefile.sed savefile.c && ! grep -q 'pcap_ng_check_header$$' savefile.c || \
		{ echo "libpcap: its list of file formats is not as it was"; exit 1; }
	@rm -rf $(D)/obj/libpcap && mkdir -p $(D)/obj/libpcap $(DL) $(D)/include
	@cd $(D)/obj/libpcap && { $(CURDIR)/$(S)/libpcap/configure --prefix=$(ABS_D) $(PCAP_CONFIGURE) \
		CC="$(CC_T)" CFLAGS="$(DEP_CFLAGS)" LDFLAGS="$(LDFLAGS_T)" && \
		$(MAKE) CFLAGS="$(DEP_CFLAGS) -O2" pcap-linux.o bpf_filter.o && $(MAKE) libpcap.a; } $(LOG)
	@cp -r $(S)/libpcap/pcap $(S)/libpcap/pcap.h $(D)/include/ && cp $(D)/obj/libpcap/libpcap.a $@

# --- plain sets of C files: $(call library,NAME,SOURCE,FILES,FLAGS,HOT FILES,PUBLIC HEADERS)
define library
$(DL)/lib$(1).a: $(S)/$(2)/.unpacked $(D)/flags $(LIBC)
	@echo "  DEP     $(1)"
	@rm -rf $(D)/obj/$(1) && mkdir -p $(D)/obj/$(1) $(DL) $(D)/include
	@cd $(S)/$(2) && for f in $(3); do o=$$$${f##*/}; case " $(5) " in *" $$$${o%.c} "*) opt=-O2 ;; *) opt= ;; esac; \
		$(DEP_CC) $$$$opt $(4) -c $$$$f -o $(ABS_D)/obj/$(1)/$$$${o%.c}.o || exit 1; done
	@cd $(S)/$(2) && for h in $(6); do cp -r $$$$h $(ABS_D)/include/ || exit 1; done
	@rm -f $$@ && $(AR) rcsD $$@ $(D)/obj/$(1)/*.o
endef

# Tables of 12 kB are made when they are first used, 40 microseconds, by whoever comes first of several threads.
ZLIB_FLAGS := -DHAVE_HIDDEN -DNO_GZIP_FILES -DDYNAMIC_CRC_TABLE -DBUILDFIXED
ZLIB_C := adler32.c crc32.c deflate.c inffast.c inflate.c inftrees.c trees.c zutil.c
$(eval $(call library,z,zlib,$(ZLIB_C),$(ZLIB_FLAGS),inffast inftrees deflate crc32,zlib.h zconf.h))

MBEDTLS_HOT := chacha20 poly1305 gcm aes aesni aesce sha256
$(eval $(call library,mbedtls,mbedtls,library/*.c,-Iinclude -Ilibrary -I$(CURDIR)/config -DMBEDTLS_CONFIG_FILE='"mbedtls.h"',$(MBEDTLS_HOT),include/mbedtls include/psa))

# The reader alone: what we write we write ourselves (base/jsonout.h). Without inlining everywhere and with strtod in place
# of its own tables it is 16 kB, not 142.
YYJSON_FLAGS := -Dyyjson_inline=__inline__ -DYYJSON_DISABLE_WRITER=1 -DYYJSON_DISABLE_UTILS=1 -DYYJSON_DISABLE_NON_STANDARD=1 \
	-DYYJSON_DISABLE_FAST_FP_CONV=1
$(eval $(call library,yyjson,yyjson,src/yyjson.c,$(YYJSON_FLAGS),,src/yyjson.h))

# The way from bytes to events; no emitter, no documents. Its assertions stay where we test.
YAML_C := src/api.c src/reader.c src/scanner.c src/parser.c
YAML_FLAGS := -DYAML_VERSION_MAJOR=0 -DYAML_VERSION_MINOR=2 -DYAML_VERSION_PATCH=5 -DYAML_VERSION_STRING='"0.2.5"' \
	$(if $(filter musl,$(TOOLCHAIN)),-DNDEBUG)
$(eval $(call library,yaml,libyaml,$(YAML_C),-Iinclude -I$(CURDIR)/config $(YAML_FLAGS),,include/yaml.h))
$(DL)/libyaml.a: $(S)/libyaml/.small config/yaml_small.h
$(S)/libyaml/.small: $(S)/libyaml/.unpacked config/libyaml-scanner.sed
	@cd $(@D) && { grep -q yaml_small.h src/scanner.c || sed -i -f $(CURDIR)/config/libyaml-scanner.sed src/scanner.c; } && \
		grep -q yaml_small.h src/scanner.c || { echo "libyaml: the smaller macros do not fit"; exit 1; }
	@touch $@

# Locked for later issues: nothing names these yet, so they are neither fetched nor built.
$(eval $(call library,lz4,lz4,lib/lz4.c,,lz4,lib/lz4.h))
$(eval $(call library,maxminddb,libmaxminddb,src/maxminddb.c src/data-pool.c,-Iinclude -I$(CURDIR)/config,,include/maxminddb.h $(CURDIR)/config/maxminddb_config.h))
$(eval $(call library,qrcodegen,qrcodegen,c/qrcodegen.c,,,c/qrcodegen.h))
