# The standard cases of helper.bash: they pass a program that keeps the rules, and find each fault of one that does not.
load helper

# A filter that copies a file whose first line is the digest of the rest; FAULT names what it does wrong.
setup() {
    helper_setup
    mkdir bin
    PATH=$PWD/bin:$PATH
    cat > bin/fake << 'END'
#!/bin/bash
trap '' PIPE
fault() { [[ ${FAULT:-} == "$1" ]]; }
die() { echo "fake: $2" >&2; exit "$1"; }
out='' file='' threads=0
while [ $# -gt 0 ]; do
    case $1 in
    --help | -h)
        printf 'Usage: fake [OPTION ...]\n  -o, --output FILE  write\n  -t, --threads N  threads\n'
        fault help || printf '      --other  x\n'
        exit 0 ;;
    --version | -V) echo "fake (vecpipe) 0.1.0"; exit 0 ;;
    --options) printf 'o\toutput\tFILE\tsilent\nt\tthreads\tN\tsilent\n-\tother\t-\t-\n'; exit 0 ;;
    -o) out=$2; shift ;;
    -t) threads=$2; shift ;;
    -?*) fault usage && echo "Usage:"; echo "fake: unknown option $1; try fake --help" >&2; exit 2 ;;
    *) file=$1 ;;
    esac
    shift
done
! fault crash || kill -SEGV $$
name=${file:-stdin}
[ -z "$out" ] || ! fault partial || : > "$out"
[ -z "$file" ] || [ -r "$file" ] || die 4 "$name: cannot open"
[ ! -d "$file" ] || die 4 "$name: is a directory"
[ -n "$file" ] || [ -e /dev/fd/0 ] || die 4 "stdin: closed"
{ [ -z "$file" ] || exec < "$file"; IFS= read -r digest; body=$(sha256sum); } 2> /dev/null
[ "$digest" = "$body" ] || fault lax || die 3 "$name: digest"
fault threads && text="hello $threads" || text=hello
if [ -z "$out" ]; then
    { echo "$text"; } 2> /dev/null || fault full || die 4 "stdout: No space left on device"
else
    { echo "$text" > "$out"; } 2> /dev/null || die 4 "$out: cannot write"
fi
exit 0
END
    chmod +x bin/fake
    seq 100 200 > body
    { sha256sum < body; cat body; } > file
}

# The case passes without a fault and fails with each of those named.  In the background, because a command whose status is
# asked for does not stop at its first failure.
finds() { # FAULTS CASE ARGUMENT...
    local faults=$1
    shift
    "$@"
    for FAULT in $faults; do
        export FAULT
        "$@" > /dev/null 2>&1 &
        ! wait $! || fail "$*: does not find the fault $FAULT"
        unset FAULT
    done
}

@test "std_help" {
    finds help std_help fake
}
@test "std_unknown_option" {
    finds usage std_unknown_option fake
}
@test "std_dev_full" {
    finds full std_dev_full 'fake file'
}
@test "std_same_bytes_at_threads" {
    finds 'threads crash' std_same_bytes_at_threads 'fake file'
}
@test "std_truncated" {
    finds 'lax partial crash' std_truncated 'fake -o {out} {}' file
}
@test "std_flipped" {
    finds 'lax partial crash' std_flipped 'fake -o {out} {}' file
}
@test "std_foreign" {
    finds 'lax partial crash' std_foreign 'fake -o {out} {}'
}
@test "std_closed_stdio" {
    finds 'full crash' std_closed_stdio 'fake file' fake
}
@test "std_killed_upstream" {
    finds 'lax partial crash' std_killed_upstream 'fake -o {out}' file
}
@test "std_readonly_target" {
    finds 'crash' std_readonly_target 'fake -o {out} file'
}

@test "isas: those that a program takes, and scalar always" {
    run isas
    assert_line scalar
    for isa in scalar avx2 avx512 neon; do
        sh_run "VECPIPE_ISA=$isa vec-synth --count 1"
        if [ "$status" = 0 ]; then
            assert_equal "$(isas | grep -cx $isa)" 1
        else
            assert_equal "$isa: $status $(isas | grep -cx $isa)" "$isa: 2 0"
        fi
    done
}
