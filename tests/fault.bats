#!/usr/bin/env bats
# The n-th call of a system function fails (tests/tools/shim.c), for n = 1, 2, ... until the program makes no more such calls.
# Each time it ends well with the right output, or with status 4, a message and the old output; no temporary is left.

load helper

# In the folder of the fixtures; {out} is the output.  All publish in the same way: the first three stand for the others there.
# knn-exact and rq-cluster are last: oneDNN cannot do without memory everywhere.
COMMANDS=(
    "vec-encode -q -m model --role passage -t 2 -o {out} passages.tsv"
    "vec-encode -q --init static,dim=8,buckets=64 -m {out}"
    "vec-convert -q --to fbin -o {out} base.vps"
    "hnsw-build -q -t 2 -o {out} base.vps"
    "hnsw-query -q -x base.hnsw -k 10 -t 2 -o {out} queries.vps"
    "vec-convert -q --metric ip -o {out} base.hnswlib"
    "eval-recall -q --truth truth.vps -o {out} answers.vps"
    "eval-recall -q --truth truth.vps --against truth.vps -o {out} answers.vps"
    "bm25-rank -q -t 2 --passages passages.tsv -o {out} queries.tsv"
    "topk-merge -q --method rrf -o {out} answers.vps truth.vps"
    "knn-exact -q -b base.vps -k 10 -t 2 -o {out} queries.vps"
    "rq-cluster -q -K 4 -L 1 --n-init 1 --max-iter 2 -t 2 -o {out} base.vps"
)
PUBLISHERS=3 SOUND=$((${#COMMANDS[@]} - 2))

setup_file() {
    local before=''
    fixtures || return 1
    if is_sanitized; then before=$(${CC:-cc} -print-file-name="lib${B##*/}.so"); fi   # wants to be the first library
    "${CC:-cc}" -O2 -shared -fPIC -DSHIM_PRELOAD -o "$BATS_FILE_TMPDIR/shim.so" "$ROOT/tests/tools/shim.c"
    export SHIM="$before $BATS_FILE_TMPDIR/shim.so"
}

setup() {
    [[ $B != */tsan ]] || skip "the thread sanitizer beside the preloaded shim is not tried"
    helper_setup
    OLD='what was there before'
}

# The output of a command as it should be: in `good`.
run_well() { # COMMAND
    local words
    read -ra words <<< "${1//'{out}'/$BATS_TEST_TMPDIR/good}"
    rm -rf good
    (cd "$FIXTURES" && "${words[@]}") > /dev/null
}

# One run with a plan: $code; $struck is whether the call was made.
strike() { # PLAN COMMAND
    local words
    read -ra words <<< "${2//'{out}'/$BATS_TEST_TMPDIR/outputs/out}"
    rm -rf outputs mark
    mkdir outputs
    [ -d good ] || printf %s "$OLD" > outputs/out
    code=0
    (cd "$FIXTURES" && exec env LD_PRELOAD="$SHIM" VECPIPE_FAIL="$1" VECPIPE_FAIL_MARK="$BATS_TEST_TMPDIR/mark" \
        "${words[@]}") > stdout 2> stderr || code=$?
    struck=false
    [ ! -e mark ] || struck=true
}

is_good() {
    if [ -d good ]; then diff -r good outputs/out > /dev/null; else cmp -s good outputs/out; fi
}

is_old() {
    if [ -d good ]; then [ ! -e outputs/out ]; else printf %s "$OLD" | cmp -s - outputs/out; fi
}

# What a run has left: whole, one of the allowed statuses, no temporary.
check_left() { # PLAN COMMAND STATUS ...
    local plan=$1 command=$2 left
    shift 2
    left=$(shopt -s dotglob nullglob && cd outputs && printf '%s ' *)
    left=${left/#out /}
    [ -z "${left// /}" ] || fail "$plan: $command: leaves $left"
    [[ " $* " == *" $code "* ]] || fail "$plan: $command: status $code, expected $*: $(cat stderr)"
    if [ "$code" = 0 ]; then
        is_good || fail "$plan: $command: status 0 with other bytes"
    elif ! is_old; then
        # What can still fail once the new one is there says so.
        is_good || fail "$plan: $command: neither the old output nor the new: $(cat stderr)"
        [ "$code" != 4 ] || grep -q -e published -e stdout stderr || fail "$plan: $command: not the old output: $(cat stderr)"
    fi
    if [ "$code" = 4 ]; then
        grep -q "^${command%% *}: ." stderr || fail "$plan: $command: no message: $(cat stderr)"
    fi
}

# n = 1, 2, 3, 4, then steps that grow with n; in a sanitizer build, where a run takes longer, n = 1, 3, 7, 15 ...
fail_in_turn() { # COMMAND CALL HOW STATUS ...
    local command=$1 call=$2 how=$3 n part=4
    shift 3
    if is_sanitized; then part=1; fi
    for ((n = 1; n < 5000; n += 1 + n / part)); do
        strike "$call:$n:$how" "$command"
        check_left "$call:$n:$how" "$command" "$@"
        $struck || break
    done
}

@test "fault: reading fails" {
    for command in "${COMMANDS[@]}"; do
        run_well "$command"
        fail_in_turn "$command" read EIO 0 4
    done
}

@test "fault: writing fails" {
    for command in "${COMMANDS[@]}"; do
        run_well "$command"
        fail_in_turn "$command" write ENOSPC 0 4
    done
}

@test "fault: opening fails" {
    for command in "${COMMANDS[@]}"; do
        run_well "$command"
        fail_in_turn "$command" open EMFILE 0 4
        fail_in_turn "$command" mkdir EACCES 0 4
    done
}

@test "fault: publishing fails" {
    for command in "${COMMANDS[@]:0:PUBLISHERS}"; do
        run_well "$command"
        fail_in_turn "$command" fsync EIO 0 4
        fail_in_turn "$command" rename EIO 0 4
        fail_in_turn "$command" close EIO 0 4
    done
}

@test "fault: there are fewer threads than asked for" {
    for command in "${COMMANDS[@]}"; do
        run_well "$command"
        fail_in_turn "$command" pthread_create EAGAIN 0
    done
}

@test "fault: calls are interrupted" {
    for command in "${COMMANDS[@]}"; do
        run_well "$command"
        fail_in_turn "$command" read EINTR 0
        fail_in_turn "$command" write EINTR 0
        fail_in_turn "$command" open EINTR 0
    done
}

@test "fault: every read and write does a single byte" {
    for command in "${COMMANDS[@]}"; do
        run_well "$command"
        for call in read write; do
            strike "$call:1+:short" "$command"
            check_left "$call:1+:short" "$command" 0
        done
    done
}

@test "fault: an allocation fails" {
    for command in "${COMMANDS[@]:0:SOUND}"; do
        run_well "$command"
        is_sanitized || fail_in_turn "$command" malloc ENOMEM 0 4   # a sanitizer has its own malloc
        fail_in_turn "$command" mmap ENOMEM 0 4
    done
}

@test "fault: SIGTERM at any write, sync and rename" {
    for command in "${COMMANDS[@]:0:PUBLISHERS}"; do
        run_well "$command"
        for call in write fsync rename; do
            fail_in_turn "$command" "$call" TERM 0 143
        done
    done
}

# kill -9 leaves no time to tidy up, but what stands under the output's name is the old file or the whole new one.
@test "fault: kill -9 at any write, sync, rename and close" {
    for command in "${COMMANDS[@]:0:PUBLISHERS}"; do
        run_well "$command"
        for call in write fsync rename close; do
            for ((n = 1; n < 100; n++)); do
                strike "$call:$n:KILL" "$command"
                is_old || is_good || fail "$call:$n: $command: neither the old output nor the new"
                $struck || break
            done
        done
    done
}
