# Loaded by the Bats files of pipe-run, after helper: a pipeline to run, and ways to look at what it did.
# shellcheck shell=bash disable=SC2154,SC2034,SC2016

setup() {
    helper_setup
    for name in ${!PIPE_RUN*} MAKEFLAGS; do unset "$name"; done
    cat > words.yaml <<'YAML'
name: words
params:
  n: 5
  word: it's "a" $(word)
steps:
  - name: text
    pipe:
      - seq ${n}
      - sed "s/$/ x/"
      - sort -r > lines.txt
    out: lines.txt
  - name: sweep
    for: {ef: [32, 64], m: [a, b]}
    in: lines.txt
    out: r.${ef}.${m}.txt
    pipe:
      - head -n 1 ${in}
      - sed s/x/${ef}-${m}/ > ${out}
  - name: all
    run: |
      cat ${in} > table.txt
      echo ${word} >> table.txt
    in: r.*.txt
    out: table.txt
show: table.txt
YAML
    table='5 32-a
5 32-b
5 64-a
5 64-b
it'\''s "a" $(word)'
}

# The states of the steps of the last sh_run, as "run:3 current:3".
states() {
    local state all=
    for state in run current failed stopped; do
        ! n=$(grep -c "^$state  *[a-z]" stderr) || all+=" $state:$n"
    done
    echo "${all# }"
}

# FILE.yaml with one step that has these lines.
one_step() { # FILE LINES
    printf 'name: one\nsteps:\n  - name: s\n%s\n' "$2" > "$1"
}
