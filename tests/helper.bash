# Loaded by every Bats file: `load helper`.  Bats' assertion libraries, a folder of its own for each test, and the cases that
# every program must pass (std_*).
#
# Commands are strings for `bash -o pipefail -c`.  In them {} stands for the input file that a case makes, {out} for a path to
# write to (-o {out}), {t} for -t N.  A case with {out} also checks that nothing is there after a failure, no temporary either.
# Such tests take several lines: Bats reads all up to the last { of an @test line as the test's name.

# shellcheck shell=bash disable=SC2154  # Bats sets status and output
bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert
bats_load_library bats-file

ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)                # the repository
B=$(cd "$ROOT" && cd "${B:-build}" 2> /dev/null && pwd)  # where programs and fixtures are built: build or build/MODE
export ROOT B PATH="$B/bin:$PATH" LC_ALL=C.UTF-8

PROGRAMS=("$ROOT"/bin/*.c)                               # their names
PROGRAMS=("${PROGRAMS[@]##*/}")
PROGRAMS=("${PROGRAMS[@]%.c}")

# Each test starts in an empty folder.  A file with a setup of its own calls helper_setup first.
helper_setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}
setup() { helper_setup; }

# A sanitizer build: slower, and it reserves address space without end.
is_sanitized() { [[ $B == */asan || $B == */tsan ]]; }

# Set FIXTURES to the folder that tests/tools/fixtures makes; it is made anew when a program or the script is newer.
fixtures() {
    FIXTURES=$B/fixtures
    export FIXTURES
    exec 9> "$B/fixtures.lock"
    flock 9
    local makers=("$B/bin" "$ROOT/tests/tools/fixtures")
    if [ ! -e "$FIXTURES/.made" ] || [ -n "$(find "${makers[@]}" -newer "$FIXTURES/.made" -type f -perm -u+x)" ]; then
        rm -rf "$FIXTURES"
        "$ROOT/tests/tools/fixtures" "$FIXTURES" > "$B/fixtures.log" 2>&1 || {
            cat "$B/fixtures.log"
            exec 9>&-
            return 1
        }
    fi
    exec 9>&-
}

# The instruction sets that this CPU has, of those that VECPIPE_ISA knows.
isas() {
    local isa
    for isa in scalar avx2 avx512 neon; do
        if VECPIPE_ISA=$isa vec-synth --count 1 > /dev/null 2>&1; then echo $isa; fi
    done
}

# Vectors of VALUES small integers with many equal distances: base.tsv (ids not in order), queries.tsv, as streams (l2) too.
integer_world() { # N-BASE N-QUERIES DIM VALUES
    awk -v n="$1" -v q="$2" -v d="$3" -v values="$4" 'BEGIN {
        srand(3)
        for (i = 0; i < n + q; i++) {
            line = i < n ? (i * 7919) % 100003 : i
            for (j = 0; j < d; j++)
                line = line "\t" int(rand() * values) - int(values / 3)
            print line > (i < n ? "base.tsv" : "queries.tsv")
        }
    }'
    vec-convert --from tsv --to vps --metric l2 -o base.vps base.tsv
    vec-convert --from tsv --to vps --metric l2 -o queries.vps queries.tsv
}

# Set DATA to $VECPIPE_TESTDATA/$1, or skip the test where it is not there.
testdata() {
    DATA=${VECPIPE_TESTDATA:-}/$1
    [ -n "${VECPIPE_TESTDATA:-}" ] || skip "VECPIPE_TESTDATA is not set"
    [ -e "$DATA" ] || skip "$DATA is not there"
}

# Run a command: $status, its stdout in the file `stdout`, its stderr in the file `stderr` and in $output for assertions.
sh_run() {
    run bash -o pipefail -c "{ $1
} > '$BATS_TEST_TMPDIR/stdout' 2> '$BATS_TEST_TMPDIR/stderr'"
    output=$(tr -d '\0' < "$BATS_TEST_TMPDIR/stderr")
}

# A pipe or any other command must succeed; its stdout is in the file `stdout`.
sh_ok() {
    sh_run "$1"
    assert_equal "$1: $status $output" "$1: 0 $output"
}

# A command must fail with a status, and say so in our way: "program: ..." on stderr, no crash, nothing published.
sh_fails() { # STATUS COMMAND
    rm -rf "$BATS_TEST_TMPDIR/out.d"
    mkdir "$BATS_TEST_TMPDIR/out.d"
    sh_run "${2//'{out}'/$BATS_TEST_TMPDIR/out.d/out}"
    assert_equal "$2: status $status ($output)" "$2: status $1 ($output)"
    assert_regex "$output" '(^|'$'\n'')[a-z0-9-]+: .'
    assert_equal "published: $(ls -A "$BATS_TEST_TMPDIR/out.d")" "published: "
}

# --help, -h and -V: on stdout, status 0, nothing on stderr; each option of the table is listed.
std_help() { # PROGRAM
    local option
    for option in --help -h; do
        sh_ok "$1 $option"
        assert_equal "$output" ""
        assert_regex "$(head -1 stdout)" "^Usage: $1( |\$)"
    done
    while IFS=$'\t' read -r _ option _ _; do
        grep -q -e " --$option\( \|\$\)" stdout || fail "--help does not list --$option"
    done <<< "$("$1" --options)"
    for option in --version -V; do
        sh_ok "$1 $option"
        assert_regex "$(cat stdout)" "^$1 \(vecpipe\) [0-9]+\.[0-9]+\.[0-9]+\$"
    done
}

# Misuse: status 2, a message with a hint, nothing on stdout.
std_unknown_option() { # PROGRAM
    local words
    for words in --no-such-option '-?' --hel --help=1 --completion '--completion tcsh'; do
        sh_fails 2 "$1 $words"
        assert_regex "$output" "^$1: .*try $1 --help\$"
        assert_equal "$(wc -c < stdout)" 0
    done
}

# Writing to a full device: status 4.
std_dev_full() { # COMMAND that writes to stdout
    [ -e /dev/full ] || skip "no /dev/full"
    sh_fails 4 "{ $1
} > /dev/full"
    assert_regex "$output" "No space left"
}

# The same bytes with 1, 2 and 8 threads; {t} stands for -t N, or -t N is put at the end.
std_same_bytes_at_threads() { # COMMAND that writes to stdout
    local n first='' sum command=$1
    [[ $command == *'{t}'* ]] || command="$command {t}"
    for n in 1 2 8; do
        case $n in
        2) sh_ok "umask 077; export LC_ALL=de_DE.UTF-8 TZ=Asia/Tokyo; ${command//'{t}'/-t $n}" ;;
        *) sh_ok "${command//'{t}'/-t $n}" ;;
        esac
        [ -s stdout ] || fail "no output: $command"
        sum=$(sha256sum < stdout)
        [ -n "$first" ] || first=$sum
        assert_equal "$n threads: $sum" "$n threads: $first"
    done
}

# Ten cuts of FILE, from 1 byte on to all but 1: each is refused with status 3.
std_truncated() { # COMMAND FILE
    local n size
    size=$(wc -c < "$2")
    for n in 1 8 16 100 $((size / 4)) $((size / 2)) $((size * 3 / 4)) $((size - 64)) $((size - 8)) $((size - 1)); do
        if [ "$n" -le 0 ] || [ "$n" -ge "$size" ]; then continue; fi
        head -c "$n" "$2" > "cut-$n"
        sh_fails 3 "${1//'{}'/cut-$n}"
    done
}

# Ten bytes of FILE with one bit flipped each, spread over the file: each is refused with status 3.
std_flipped() { # COMMAND FILE
    local i at size byte
    size=$(wc -c < "$2")
    for i in 0 1 2 3 4 5 6 7 8 9; do
        at=$((i == 9 ? size - 1 : size * i / 9 + i))
        cp "$2" "flip-$at"
        byte=$(od -An -tu1 -j "$at" -N1 "$2")
        printf '%b' "$(printf '\\x%02x' $((byte ^ (1 << (i % 8)))))" | dd of="flip-$at" bs=1 seek="$at" conv=notrunc status=none
        sh_fails 3 "${1//'{}'/flip-$at}"
    done
}

# Every file of formats/golden/fail (those that match GLOB) is refused with status 3; every one of pass is taken.
std_golden_fail() { # COMMAND [GLOB]
    local file n=0
    for file in "$ROOT"/formats/golden/fail/${2:-*.vps}; do
        [ -e "$file" ] || continue
        n=$((n + 1))
        sh_fails 3 "${1//'{}'/$file}"
    done
    [ "$n" -gt 0 ] || fail "no golden file matches ${2:-*.vps}"
}
std_golden_pass() { # COMMAND [GLOB]
    local file n=0
    for file in "$ROOT"/formats/golden/pass/${2:-*.vps}; do
        [ -e "$file" ] || continue
        n=$((n + 1))
        sh_ok "${1//'{}'/$file}"
    done
    [ "$n" -gt 0 ] || fail "no golden file matches ${2:-*.vps}"
}

# What is no stream at all: refused with status 3, a folder and a missing file with 4, by a message that names the file.
# Name the kinds that the program does read: std_foreign COMMAND text gz
std_foreign() { # COMMAND [KIND-TO-LEAVE-OUT ...]
    local command=$1 kind status_wanted
    shift
    : > empty
    printf '\2\0\0\0\0\0\200\77\0\0\0\100' > fvecs
    printf 'd1\tsome text\n' > text
    printf 'not a stream' | gzip -n > gz
    head -c 4096 /dev/zero > zeros
    mkdir -p directory
    for kind in empty fvecs text gz zeros directory missing; do
        [[ " $* " != *" $kind "* ]] || continue
        status_wanted=3
        [[ $kind != directory && $kind != missing ]] || status_wanted=4
        sh_fails "$status_wanted" "${command//'{}'/$kind}"
        [[ $command == *'<'* ]] || assert_regex "$output" "$kind"
    done
}

# stdin, stdout, stderr closed: a message where one is due, never a crash.  COMMAND reads a named file and writes to stdout;
# COMMAND-OF-STDIN reads stdin.
std_closed_stdio() { # COMMAND [COMMAND-OF-STDIN]
    sh_ok "{ $1
} <&-"
    sh_fails 4 "{ $1
} >&-"
    sh_run "{ $1
} 2>&-"
    assert_equal "stderr closed: $status" "stderr closed: 0"
    sh_run "{ $1
} <&- >&- 2>&-"
    assert_equal "all closed: $status" "all closed: 4"
    [ -z "${2:-}" ] || sh_fails 4 "{ $2
} <&-"
}

# A reader that goes away ends the program by SIGPIPE, without a word.
std_sigpipe() { # COMMAND that writes more than a pipe holds
    sh_run "{ $1
} | true"
    assert_equal "$1: status $status, $output" "$1: status 141, "
}

# The program before in the pipe is killed in the middle of FILE: status 3, nothing published.
std_killed_upstream() { # COMMAND-OF-STDIN FILE
    local size
    size=$(wc -c < "$2")
    sh_fails 3 "set +o pipefail; (head -c $((size / 2)) '$2'; kill -KILL \$BASHPID) 2> /dev/null | { $1
}"
}

# The command succeeds within KB of address space (release only: sanitizers reserve terabytes).
std_ulimit() { # COMMAND KB
    is_sanitized && skip "a sanitizer build has no bound on address space"
    sh_ok "ulimit -v $2; $1"
}

# The same for one that must refuse, with status STATUS, without taking more than KB.
std_ulimit_fails() { # COMMAND KB STATUS
    is_sanitized && skip "a sanitizer build has no bound on address space"
    sh_fails "$3" "ulimit -v $2; $1"
}

# A folder that may not be written to: status 4.  Root gives up its capabilities for it, and stays the owner of all files.
std_readonly_target() { # COMMAND with -o {out}
    local dir command
    dir=$(mktemp -d)
    command=${1//'{out}'/$dir/out}
    chmod 555 "$dir"
    if [ "$(id -u)" = 0 ]; then
        printf '%s\n' "$command" > script
        command="setpriv --bounding-set -all --inh-caps -all bash -o pipefail script"
    fi
    sh_fails 4 "$command"
    assert_equal "published: $(ls -A "$dir")" "published: "
    rmdir "$dir"
}
