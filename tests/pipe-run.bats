# pipe-run, with coreutils as filters: what is run, what is current, what is published, what is refused.
load helper

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
    awk '/^(run|current|failed|stopped) / { n[$1]++ }
         END { for (i = split("run current failed stopped", s, " "); i; i--) if (n[s[i]]) t = s[i] ":" n[s[i]] " " t; print t }' stderr |
        sed 's/ $//'
}

# FILE.yaml with one step that has these lines.
one_step() { # FILE LINES
    printf 'name: one\nsteps:\n  - name: s\n%s\n' "$2" > "$1"
}

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
    grep -q '^run      sweep, ef=64 m=b  *[0-9.]* s$' stderr
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

@test "jobs: -j runs them at once, and no more than N" {
    cat > p.yaml <<'YAML'
name: p
steps:
  - {name: a, for: {i: [1, 2, 3, 4]}, out: "a.${i}", run: "date +%s%N > ${out}; sleep 0.2; date +%s%N >> ${out}"}
  - {name: b, out: b.1, run: "date +%s%N > ${out}; sleep 0.2; date +%s%N >> ${out}"}
YAML
    sh_ok 'pipe-run -j 3 p.yaml'
    most=$(cat out/p/?.* | paste - - | awk '{ print $1, 1; print $2, -1 }' | sort -n | awk '{ n += $2; if (n > m) m = n } END { print m }')
    assert_equal "$most" 3
    sh_ok 'pipe-run p.yaml --dir one'
    most=$(cat one/?.* | paste - - | awk '{ print $1, 1; print $2, -1 }' | sort -n | awk '{ n += $2; if (n > m) m = n } END { print m }')
    assert_equal "$most" 1
}

@test "a failing filter fails the step: its status, its words, nothing published" {
    cat > p.yaml <<'YAML'
name: p
steps:
  - name: fine
    out: a.txt
    run: echo fine > a.txt
  - name: fails
    in: a.txt
    out: [b.txt, c.txt]
    pipe:
      - cat a.txt
      - bash -c 'echo oops >&2; exit 3'
      - tee b.txt c.txt
  - {name: after, in: b.txt, run: touch ran, out: ran}
YAML
    sh_fails 3 'pipe-run p.yaml'
    assert_equal "$(states)" 'run:1 failed:1'
    assert_output --partial '    oops'
    assert_output --partial 'filter 2 of 3 ended with status 3'
    assert_output --partial 'pipe-run: p.yaml:6: step fails ended with status 3; all that it said is in out/p/.pipe-run/logs/fails'
    assert_equal "$(ls out/p)" a.txt
    assert_equal "$(ls out/p/.pipe-run/work 2> /dev/null)" ''
    sed -i 's/exit 3/exit 0/' p.yaml
    sh_ok 'pipe-run p.yaml'
    assert_equal "$(states)" 'run:2 current:1'
    sed -i 's/exit 0/exit 1/' p.yaml                     # a threshold missed
    sh_fails 1 'pipe-run p.yaml'
    assert_equal "$(ls out/p)" "$(printf '%s\n' a.txt b.txt c.txt ran)"
    sed -i 's/exit 1/exit 0/' p.yaml                     # what was published before still counts
    sh_ok 'pipe-run p.yaml'
    assert_equal "$(states)" 'current:3'
    sed -i 's/exit 0/exit 77/' p.yaml
    sh_fails 4 'pipe-run p.yaml'
}

@test "failing jobs of a matrix: the others are published and stay current" {
    one_step p.yaml '    for: {i: [1, 2, 3]}
    out: o.${i}
    run: "[ ${i} != 2 ] || exit 3; echo ${i} > o.${i}"'
    sh_fails 3 'pipe-run -j 3 p.yaml'
    assert_output --partial 'p.yaml:3: step s, i=2 ended with status 3'
    assert_equal "$(ls out/one)" "$(printf 'o.%s\n' 1 3)"
    sed -i 's/!= 2/!= 9/' p.yaml
    sh_ok 'pipe-run p.yaml'
    assert_equal "$(states)" 'run:3'
    assert_equal "$(awk 'NR > 1' out/one/.pipe-run/logs/s.joblog | wc -l)" 3
}

@test "SIGPIPE is forgiven where the consumer ended well, and only there" {
    one_step p.yaml '    out: o
    pipe: [yes, cat, head -n 2 > o]'
    sh_ok 'pipe-run p.yaml'
    assert_equal "$(cat out/one/o)" "$(printf 'y\ny')"
    one_step p.yaml "    out: o
    pipe: [yes, bash -c 'head -n 2 > o; exit 3']"
    sh_fails 3 'pipe-run p.yaml'
    one_step p.yaml "    out: o
    pipe: [echo, bash -c 'touch o; kill -PIPE \$\$\$\$']"
    sh_fails 4 'pipe-run p.yaml'
    one_step p.yaml "    out: o
    pipe: [bash -c 'exit 3', cat > o]"
    sh_fails 3 'pipe-run p.yaml'
    one_step p.yaml "    out: o
    run: 'false | cat > o'"
    sh_fails 1 'pipe-run p.yaml'
}

@test "an output that was not written fails the step" {
    one_step p.yaml '    out: [a, b]
    run: echo > a'
    sh_fails 3 'pipe-run p.yaml'
    assert_output --partial "did not write 'b'"
    assert_equal "$(ls out/one)" ''
}

@test "an input that is not declared is not there" {
    cat > p.yaml <<'YAML'
name: p
steps:
  - {name: a, out: a, run: echo > a}
  - {name: b, in: a, out: b, run: cat a > b}
  - {name: c, in: b, out: c, run: cat a > c}
YAML
    sh_fails 1 'pipe-run p.yaml'
    assert_output --partial 'cat: a: No such file'
}

@test "values cannot break a command" {
    one_step p.yaml '    out: o
    run: printf "%s|" ${v} x > o'
    sed -i '1a params: {v: plain}' p.yaml
    for v in "it's" 'a b' '' '$(touch pwned)' '`touch pwned`' '; touch pwned #' '"' $'two\nlines' '\' '*' '~' '-n' '${v}' '$$'; do
        run pipe-run -q p.yaml --set "v=$v"
        assert_success
        assert_equal "$(cat out/one/o)" "$v|x|"
        run bash -c 'pipe-run -n p.yaml --dir dry --set "v=$1" | bash' - "$v"
        assert_success
        cmp out/one/o dry/o
    done
    assert_equal "$(find . -name pwned)" ''
}

@test "two runs in one folder: the second ends with status 4" {
    one_step p.yaml '    out: o
    pipe: [sleep 30, cat > o]'
    pipe-run p.yaml 2> first &
    pid=$!
    until [ -e out/one/.pipe-run/work/s ]; do sleep 0.05; done
    sh_fails 4 'pipe-run p.yaml'
    assert_output --partial "out/one: another pipe-run (process $pid) works here"
    kill $pid
    wait $pid || [ $? = 143 ]
    grep -q '^stopped  s ' first
    sed -i 's/sleep 30/echo/' p.yaml
    sh_ok 'pipe-run p.yaml'
}

@test "a signal: nothing published, no process left, the next run goes on" {
    sleeper="sleep 30.$BASHPID"                          # no other test's
    cat > p.yaml <<YAML
name: p
params: {s: 30.$BASHPID}
steps:
  - {name: a, out: a, run: echo > a}
  - {name: b, in: a, for: {i: [1, 2]}, out: "b.\${i}", pipe: ["sleep \${s}", tee b.1 b.2]}
YAML
    for signal in TERM HUP KILL; do
        rm -rf out
        pipe-run -j 2 p.yaml 2> /dev/null &
        pid=$!
        until [ -e out/p/.pipe-run/work/b.i=2 ]; do sleep 0.05; done
        kill -$signal $pid
        wait $pid || true
        sh_ok 'pipe-run -j 2 p.yaml --set s=0'
        assert_equal "$signal $(states)" "$signal run:2 current:1"
        # after SIGKILL a filter may live on; it holds nothing and its output goes nowhere
        [ $signal = KILL ] || [ -z "$(pgrep -fx "$sleeper")" ] || fail "a filter outlived SIG$signal"
    done
    for pid in $(pgrep -fx "$sleeper"); do kill "$pid"; done
    # SIGINT as a terminal sends it: to the whole group
    rm -rf out
    set -m
    pipe-run -j 2 p.yaml 2> stderr &
    pid=$!
    set +m
    until [ -e out/p/.pipe-run/work/b.i=2 ]; do sleep 0.05; done
    kill -INT -- -$pid
    wait $pid || status=$?
    assert_equal "$status $(states) $(ls out/p)" '130 run:1 stopped:2 a'
    [ -z "$(pgrep -fx "$sleeper")" ] || fail 'a filter outlived SIGINT'
}

@test "killed at the end of the work: all outputs or none count" {
    cat > p.yaml <<'YAML'
name: p
steps:
  - {name: a, out: [a, b], run: echo 1 | tee a b}
YAML
    sh_ok 'pipe-run p.yaml'
    # as if killed between the two renames: the manifest is gone first, one output is new
    rm out/p/.pipe-run/manifests/a
    echo 2 > out/p/a
    sh_ok 'pipe-run p.yaml'
    assert_equal "$(states) $(cat out/p/a out/p/b | tr '\n' ' ')" 'run:1 1 1 '
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

@test "YAML bombs and foreign files are refused quickly and in little memory" {
    local rows
    printf '[%.0s' {1..100000} > deep
    awk 'BEGIN { print "a: &a [x,x]"; for (i = 0; i < 30; i++) printf "b%d: &b%d [*a,*a]\n", i, i }' > alias
    head -c 100000000 /dev/zero | tr '\0' a > long
    for rows in deep alias long; do
        std_ulimit_fails "timeout 5 pipe-run $rows" 65536 3
        assert_output --partial "$rows:"
    done
}

@test "foreign files" {
    std_foreign 'pipe-run {}' gz
}

@test "a folder that cannot be written to: status 4" {
    echo file > file
    sh_fails 4 'pipe-run words.yaml --dir file/x'
    std_readonly_target "pipe-run $PWD/words.yaml --dir {out}"
}

@test "closed standard files, full device" {
    sh_ok 'pipe-run words.yaml'
    std_dev_full 'pipe-run words.yaml'
    std_closed_stdio 'pipe-run -n words.yaml'
    sh_ok '{ pipe-run words.yaml --dir a; } <&-'
    sh_run '{ pipe-run words.yaml --dir b; } 2>&-'
    assert_equal "$status $(cat stdout)" "0 $table"
}

@test "make and bash are not led astray by the environment" {
    cat > env.sh <<< 'echo astray; exit 9'
    export MAKEFLAGS='n -j7' MAKEFILES=nonsense CDPATH=/ PARALLEL='--dry-run' SHELL=/bin/false GNUMAKEFLAGS=-k
    mkdir -p home/.parallel
    echo --dry-run > home/.parallel/config
    HOME=$PWD/home sh_ok 'BASH_ENV=$PWD/env.sh pipe-run words.yaml'
    assert_equal "$(cat stdout)" "$table"
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
