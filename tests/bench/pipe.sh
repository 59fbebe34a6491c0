#!/bin/bash
# pipe.sh [MIB] - how fast vectors go through a pipe of two of our filters, CRC on, with `cat | cat` beside it.
#   vec-convert FILE.fbin | vec-convert --to fbin
# A header and plain values go in and come out; through the pipe goes a stream, whose blocks one program checksums and the other
# verifies.  Prints a table: what, seconds (best and median of 5, taken in turn), GB/s of the best.  The file (1,024 MiB,
# dimension 128) lies in TMPDIR and in the page cache; outputs go to /dev/null and, new each time, to TMPDIR.  To /dev/null the
# second program is told the number of rows: where it can neither know nor patch it, the rows would go through a file first.
set -euo pipefail
mib=${1:-1024} dim=128
PATH=$(cd "$(dirname "$0")/../.." && pwd)/build/bin:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A header and finite floats: the letters of `abcdefg` in fours.
rows=$((mib * 1048576 / dim / 4))
file=$work/x.fbin
printf %b "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $((rows & 255)) $((rows >> 8 & 255)) $((rows >> 16 & 255)) $((rows >> 24)))" > "$file"
printf '\200\0\0\0' >> "$file"
{ yes abcdefg || true; } 2> /dev/null | head -c $((mib * 1048576)) >> "$file"

names=('cat | cat > /dev/null' 'vec-convert | vec-convert > /dev/null' 'cat | cat > FILE' 'vec-convert | vec-convert > FILE')
# shellcheck disable=SC2002  # a pipe of two is what is measured
run() { # number of a name
    case $1 in
    0) cat "$file" | cat > /dev/null ;;
    1) vec-convert "$file" | vec-convert --to fbin --expect-rows "$rows" > /dev/null ;;
    2) cat "$file" | cat > "$work/out" ;;
    3) vec-convert "$file" | vec-convert --to fbin > "$work/out" ;;
    esac
}
for turn in 1 2 3 4 5; do
    for i in 0 1 2 3; do
        rm -f "$work/out"
        started=$(date +%s%N)
        run "$i"
        echo $(($(date +%s%N) - started)) >> "$work/times.$i"
        [ "$turn" != 1 ] || [ ! -e "$work/out" ] || cmp "$file" "$work/out"
    done
done
printf 'what\tbest_s\tmedian_s\tGB/s\n'
for i in 0 1 2 3; do
    sort -n "$work/times.$i" | awk -v what="${names[i]}" -v bytes="$(wc -c < "$file")" '
        { t[NR] = $1 / 1e9 }
        END { printf "%s\t%.3f\t%.3f\t%.2f\n", what, t[1], t[int((NR + 1) / 2)], bytes / t[1] / 1e9 }'
done
