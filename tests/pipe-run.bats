# pipe-run, with coreutils as filters: what is run, what is current, what is printed, what is refused.
load helper
load pipe-run

@test "help, version, unknown options" {
    std_help pipe-run
    std_unknown_option pipe-run
    sh_fails 2 'pipe-run'
    assert_output --partial 'no pipeline given'
    sh_fails 2 'pipe-run -j 0 words.yaml'
    sh_fails 2 'pipe-run words.yaml --set m=1'
    assert_output --partial "words.yaml has no param 'm', expected one of: n, word"
    sh_fails 2 'pipe-run words.yaml sweep nosuch'
    assert_output --partial "words.yaml has no step 'nosuch'"
}

@test "a run: outputs, states, what is shown" {
    sh_ok 'pipe-run words.yaml'
    assert_equal "$(cat stdout)" "$table"
    assert_equal "$(states)" 'run:6'
    assert_equal "$(ls out/words)" "$(printf '%s\n' lines.txt r.32.a.txt r.32.b.txt r.64.a.txt r.64.b.txt table.txt)"
    assert_equal "$(ls out/words/.pipe-run/work 2> /dev/null)" ''
    grep -q '^run  *sweep, ef=64 m=b  *[0-9.]* s$' stderr
    sh_ok 'pipe-run -q words.yaml'
    assert_equal "$(cat stdout stderr)" "$table"
}

@test "what did not change is not run again" {
    sh_ok 'pipe-run words.yaml'
    sh_ok 'pipe-run words.yaml'
    assert_equal "$(states)" 'current:6'
    touch out/words/*.txt
    sh_ok 'pipe-run words.yaml'
    assert_equal "$(states)" 'current:6'
    sh_ok 'pipe-run words.yaml --set n=7'
    assert_equal "$(states)" 'run:6'
    sed -i 's/sort -r/sort -rn/' words.yaml            # another command, the same bytes: nothing downstream
    sh_ok 'pipe-run words.yaml --set n=7'
    assert_equal "$(states)" 'run:1 current:5'
    sed -i 's/# .*//; s/32, 64/32, 128/' words.yaml    # a new value in a matrix: its own jobs only, and what reads them
    sh_ok 'pipe-run words.yaml --set n=7'
    assert_equal "$(states)" 'run:3 current:3'
}

@test "deleting or altering an output runs its step again" {
    sh_ok 'pipe-run words.yaml'
    rm out/words/r.32.b.txt
    sh_ok 'pipe-run words.yaml'
    assert_equal "$(states)" 'run:1 current:5'
    echo more >> out/words/lines.txt
    sh_ok 'pipe-run words.yaml'
    assert_equal "$(states)" 'run:1 current:5'
    printf 'x' | dd of=out/words/table.txt conv=notrunc status=none
    sh_ok 'pipe-run words.yaml'
    assert_equal "$(states)" 'run:1 current:5'
    assert_equal "$(cat stdout)" "$table"
    rm out/words/.pipe-run/manifests/text
    sh_ok 'pipe-run words.yaml'
    assert_equal "$(states)" 'run:1 current:5'
}

@test "a changed program or input file runs its step again" {
    mkdir data bin
    echo one > data/in.txt
    printf '#!/bin/sh\ntr a-z A-Z\n' > bin/shout
    chmod +x bin/shout
    one_step p.yaml '    in: data/in.txt
    pipe: [cat data/in.txt, shout > out.txt]
    out: out.txt'
    export PATH="$PWD/bin:$PATH"
    sh_ok 'pipe-run p.yaml'
    assert_equal "$(cat out/one/out.txt)" ONE
    sh_ok 'pipe-run p.yaml'
    assert_equal "$(states)" 'current:1'
    echo two > data/in.txt
    sh_ok 'pipe-run p.yaml'
    assert_equal "$(states) $(cat out/one/out.txt)" 'run:1 TWO'
    printf '#!/bin/sh\nrev\n' > bin/shout
    sh_ok 'pipe-run p.yaml'
    assert_equal "$(states) $(cat out/one/out.txt)" 'run:1 owt'
}

@test "steps by name, and a folder of outputs" {
    sh_ok 'pipe-run words.yaml text --dir "elsewhere/a b"'
    assert_equal "$(states)" 'run:1'
    assert_equal "$(cat stdout; ls 'elsewhere/a b')" lines.txt
    sh_ok 'pipe-run words.yaml sweep --dir "elsewhere/a b"'
    assert_equal "$(states)" 'run:4 current:1'
    cp -r 'elsewhere/a b' moved                          # state holds no absolute path
    sh_ok 'pipe-run words.yaml sweep --dir moved'
    assert_equal "$(states)" 'current:5'
}

@test "--dry-run prints the commands: run by bash they give the same files" {
    sh_ok 'pipe-run --dry-run words.yaml --dir dry'
    assert [ ! -e dry ]
    cp stdout script
    grep -qx 'head -n 1 lines.txt |' script
    bash script
    sh_ok 'pipe-run words.yaml --dir wet'
    diff -r -x .pipe-run dry wet
    mkdir data
    echo x > 'data/a b'
    one_step p.yaml '    in: data/a b
    out: [d/o.txt, d/e/p]
    run: |
      cat ${in} > d/o.txt
      mkdir d/e/p; cd d/e/p; cat < "../../../data/a b" > "q"  # a folder as an output'
    sh_ok 'pipe-run -n p.yaml --dir "dry 2" | bash && pipe-run p.yaml --dir "wet 2"'
    rm -r 'dry 2/data'
    diff -r -x .pipe-run 'dry 2' 'wet 2'
    assert_equal "$(cat 'wet 2/d/e/p/q')" x
}

# Of files with start and end of a job, how many overlap.
most_at_once() {
    cat "$@" | paste - - | awk '{ print $1, 1; print $2, -1 }' | sort -n | awk '{ n += $2; if (n > m) m = n } END { print m }'
}

@test "jobs: -j runs them at once, and no more than N" {
    cat > p.yaml <<'YAML'
name: p
steps:
  - {name: a, for: {i: [1, 2, 3, 4]}, out: "a.${i}", run: "date +%s%N > ${out}; sleep 0.2; date +%s%N >> ${out}"}
  - {name: b, out: b.1, run: "date +%s%N > ${out}; sleep 0.2; date +%s%N >> ${out}"}
YAML
    sh_ok 'pipe-run -j 3 p.yaml'
    assert_equal "$(most_at_once out/p/?.*)" 3
    sh_ok 'pipe-run p.yaml --dir one'
    assert_equal "$(most_at_once one/?.*)" 1
}

@test "folders as outputs and inputs are replaced as wholes" {
    cat > p.yaml <<'YAML'
name: p
params: {file: x}
steps:
  - {name: a, out: dir, run: "mkdir dir; echo 1 > dir/${file}"}
  - {name: b, in: dir, out: list, run: ls dir > list}
YAML
    sh_ok 'pipe-run p.yaml'
    sh_ok 'pipe-run p.yaml --set file=y'
    assert_equal "$(states) $(ls out/p/dir) $(cat out/p/list)" 'run:2 y y'
    echo >> out/p/dir/y
    sh_ok 'pipe-run p.yaml --set file=y'
    assert_equal "$(states)" 'run:1 current:1'
}

@test "errors of the pipeline: file:line:column, status 3, nothing is run" {
    one_step p.yaml '    pipes: [a]'
    sh_fails 3 'pipe-run p.yaml'
    assert_output --partial "p.yaml:4:5: unknown key 'pipes' in a step, expected name, pipe, run"
    one_step p.yaml $'\trun: a'
    sh_fails 3 'pipe-run p.yaml'
    assert_output --partial 'a tab at the start of a line'
    one_step p.yaml '    in: nowhere
    run: a'
    sh_fails 3 'pipe-run p.yaml'
    assert_output --partial "p.yaml:4:9: the input 'nowhere': no such file, and no step writes it"
    one_step p.yaml '    in: o
    out: o
    run: a'
    sh_fails 3 'pipe-run p.yaml'
    assert_output --partial 'steps that wait for each other: s needs s'
    one_step p.yaml '    out: a b
    run: x'
    sh_fails 3 'pipe-run p.yaml'
    assert_output --partial "the output 'a b' has a blank"
    one_step p.yaml '    run: &x a'
    sh_fails 3 'pipe-run p.yaml'
    assert_output --partial 'the anchor &x'
    assert [ ! -e out ]
}

@test "golden pipelines: pass is planned, fail is refused with the message beside it" {
    cd "$ROOT/formats/golden/pipeline"
    for file in pass/*.yaml; do
        run bash -o pipefail -c 'pipe-run -n "$1" --dir out | sed "s|^export PATH=.*|export PATH=...|"' - "$file"
        assert_success
        assert_equal "$output" "$(cat "${file%.yaml}.txt")"
    done
    for file in fail/*.yaml; do
        run pipe-run -n "$file"
        assert_failure 3
        assert_equal "$output" "$(cat "${file%.yaml}.txt")"
    done
}

@test "a job's script can be run by hand" {
    sh_ok 'pipe-run words.yaml'
    rm out/words/r.32.a.txt
    bash 'out/words/.pipe-run/jobs/sweep.ef=32,m=a.sh'
    assert_equal "$(cat out/words/r.32.a.txt)" '5 32-a'
    rm out/words/r.32.a.txt
    make -s -C out/words/.pipe-run
    assert_equal "$(cat out/words/r.32.a.txt)" '5 32-a'
    sh_fails 3 'cd out/words/.pipe-run && pipe-run --job Makefile'
}
