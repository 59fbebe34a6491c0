# For the tests of rq-cluster, after helper.bash.
# shellcheck shell=bash

# Vectors of a few crowds: N rows of dimension 12.
crowds() { # N FILE
    vec-synth --count "$1" --dim 12 --clusters 7 --no-provenance -o "$2"
}

# A value of a report.
value() { awk -F'\t' -v level="$1" -v measure="$2" '$1 == level && $2 == measure { print $3 }' report; }

# Few iterations, so that tests are quick.
# shellcheck disable=SC2034  # for the tests
TRAIN="rq-cluster -q --n-init 1 --max-iter 6"
