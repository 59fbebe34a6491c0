# vecpipe: `make help` lists the targets.  MODE is release, debug, asan, tsan or fuzz; objects of each live apart under build/.
MODE   ?= release
PREFIX ?= /usr/local
MANDIR ?= $(PREFIX)/share/man
B      := $(if $(filter release,$(MODE)),build,build/$(MODE))
CC     ?= gcc
WARN   := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef
CFLAGS.release := -O2 -g
CFLAGS.debug   := -O0 -g
CFLAGS.asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
CFLAGS.tsan    := -O1 -g -fsanitize=thread
CFLAGS.fuzz    := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
ifeq ($(CFLAGS.$(MODE)),)
$(error MODE=$(MODE): expected release, debug, asan, tsan or fuzz)
endif
ifeq ($(MODE),fuzz)            # by clang, whose warnings are not those of the rules
WARN :=
endif
override CPPFLAGS += -Ilib -D_DEFAULT_SOURCE -MMD -MP
override CFLAGS   += -std=c11 -ffp-contract=off $(WARN) $(if $(WERROR),-Werror) $(CFLAGS.$(MODE))
LDLIBS := -Wl,--as-needed -ldnnl -lgomp -lyaml -ljansson -lnettle -lutf8proc -lstemmer -lz -lm -lpthread

LIB    := $(patsubst %.c,$B/%.o,$(sort $(wildcard lib/*/*.c)))
PROGS  := $(patsubst bin/%.c,$B/bin/%,$(sort $(wildcard bin/*.c)))
UNITS  := $(patsubst %.c,$B/%,$(sort $(wildcard tests/unit/*.c tests/fault/*.c)))
FUZZ   := $(patsubst %.c,$B/%,$(sort $(wildcard tests/fuzz/*_fuzz.c)))
ORACLE := $B/tests/oracle/assign $(if $(wildcard /usr/include/lemon/network_simplex.h),$B/tests/oracle/lemon_assign)
NUMERIC := $B/tests/numeric/checkpoint
BATS   ?= $(sort $(wildcard tests/*.bats))

# demo and check build on every CPU unless make was told how many jobs to run.
JOBS    = $(if $(filter -j% --jobs%,$(MAKEFLAGS)),,-j$(shell nproc))

.PHONY: all deps demo check check-unit check-bats fuzz check-neon lint bench golden install uninstall clean help
.SECONDARY:
.DELETE_ON_ERROR:

all: $(PROGS)          ## build every program into build/bin (build/MODE/bin in other modes)

$B/bin/%: $B/bin/%.o $B/libvecpipe.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $B/libvecpipe.a $(LDLIBS)

$B/tests/%: $B/tests/%.o $B/libvecpipe.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $B/libvecpipe.a $(LDLIBS)

# A fuzz target's main is libFuzzer's in MODE=fuzz (clang), elsewhere that of replay.c.
REPLAY := $(if $(filter fuzz,$(MODE)),,$B/tests/fuzz/replay.o)
$B/tests/fuzz/%: LDFLAGS += $(if $(REPLAY),,-fsanitize=fuzzer)
$B/tests/fuzz/%: $B/tests/fuzz/%.o $(REPLAY) $B/libvecpipe.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $B/libvecpipe.a $(LDLIBS)

$B/libvecpipe.a: $(LIB)
	rm -f $@ && $(AR) rcs $@ $^

# In C++, and no part of what is tested: another solver's answers to the same problems.
$B/tests/oracle/lemon_assign: tests/oracle/lemon_assign.cc tests/oracle/problem.h Makefile
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -O2 -o $@ $<

# tests/tools/shim.c stands between the library and these calls.
$(addprefix $B/tests/fault/,sys_fault jsonguard_fault graph_memory_fault stream_memory_fault encoder_memory_fault \
    repair_memory_fault hardness_memory_fault quant_memory_fault negatives_memory_fault collections_memory_fault \
    bm25_memory_fault torchfile_fault modelget_fault): LDFLAGS += \
    $(foreach call,read write open close fsync rename renameat2 mkdir mmap malloc calloc \
    realloc posix_memalign pthread_create,-Wl,--wrap=$(call))

ifeq ($(MODE),fuzz)            # clang takes no notice of #pragma GCC target
$B/lib/nn/rowops_avx2.o: override CFLAGS += -mavx2 -mfma
$B/lib/nn/rowops_avx512.o: override CFLAGS += -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma
endif

$B/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# XGBoost is optional: hardq-train alone is linked with it, and says so where it was built without.
XGBOOST := $(shell $(CC) -include xgboost/c_api.h -E -x c /dev/null > /dev/null 2>&1 && echo yes || echo no)
$B/lib/repair/boost.o: $B/xgboost-$(XGBOOST)
$B/xgboost-$(XGBOOST):
	@mkdir -p $(@D) && rm -f $B/xgboost-* && touch $@
ifeq ($(XGBOOST),yes)
$B/lib/repair/boost.o $B/tests/unit/boost_test.o: override CPPFLAGS += -DVECPIPE_XGBOOST
$B/bin/hardq-train $B/tests/unit/boost_test: LDLIBS += -lxgboost
endif

# hardq-train as it is without XGBoost, for its tests.
$B/tests/plain/boost.o: lib/repair/boost.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -UVECPIPE_XGBOOST $(CFLAGS) -c -o $@ $<
$B/tests/plain/hardq-train: $B/bin/hardq-train.o $B/tests/plain/boost.o $B/libvecpipe.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

deps:                  ## install what is missing of Debian's packages (sudo when not root)
	@tests/tools/deps

demo: deps             ## WordNet to vectors, index, answers and measures, through one pipeline
	@echo "building the programs into build/bin"
	@$(MAKE) -s --no-print-directory $(JOBS) all
	build/bin/pipe-run pipelines/wordnet.yaml

check: deps            ## build and run every test (MODE=asan make check tests the asan build)
	@echo "building programs and tests into $B"
	@$(MAKE) -s --no-print-directory $(JOBS) all units
	@tests/tools/run $B $(BATS)

units: $(UNITS) $(FUZZ) $(ORACLE) $(NUMERIC) $B/tests/plain/hardq-train
fuzzers: $(FUZZ)
.PHONY: units fuzzers

lint: deps             ## layers, headers, warnings, manual, shell scripts, options
	@tests/tools/lint

fuzz:                  ## clang's libFuzzer on every fuzz target, FUZZ_SECONDS (60) each; FUZZ_ONLY=NAME for one
	@tests/tools/fuzz

check-neon:            ## the NEON kernels under qemu-user (needs gcc-aarch64-linux-gnu, qemu-user)
	@tests/tools/check-neon

bench: all $(ORACLE)             ## measure against the peers; makes its own Python environment under build/
	@tests/bench/run

golden: all            ## rewrite the expected files under formats/golden (never part of check)
	@tests/tools/golden $B
	@tests/tools/golden-codes
	@tests/tools/golden-pipelines $B

install: all           ## copy programs, manual and completions to $(DESTDIR)$(PREFIX)
	@B=$B tests/tools/install install "$(DESTDIR)" "$(PREFIX)" "$(MANDIR)"

uninstall:             ## remove what install copied
	@B=$B tests/tools/install uninstall "$(DESTDIR)" "$(PREFIX)" "$(MANDIR)"

clean:                 ## remove build/
	rm -rf build

help:                  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

-include $(LIB:.o=.d) $(PROGS:$B/bin/%=$B/bin/%.d) $(UNITS:=.d) $(FUZZ:=.d) $(NUMERIC:=.d) $B/tests/oracle/assign.d \
    $(REPLAY:.o=.d)
