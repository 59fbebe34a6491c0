# pipe-run where something goes wrong: failing filters, signals, hostile values and files, odd surroundings.
load helper
load pipe-run

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
    assert_output --partial 'p.yaml:6: step fails ended with status 3; all that it said is in out/p/.pipe-run/logs/fails'
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
    for v in "it's" 'a b' '' '$(touch pwned)' '`touch pwned`' '; touch pwned #' '"' $'two\nlines' "\\" '*' '~' '-n' '${v}' \
        '$$'; do
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
    seconds=30.$BASHPID                                  # no other test's; a here-document may see another BASHPID
    sleeper="sleep $seconds"
    cat > p.yaml <<YAML
name: p
params: {s: $seconds}
steps:
  - {name: a, out: a, run: echo > a}
  - {name: b, in: a, for: {i: [1, 2]}, out: "b.\${i}", pipe: ["sleep \${s}", tee b.1 b.2]}
YAML
    for signal in TERM HUP KILL; do
        rm -rf out
        pipe-run -j 2 p.yaml 2> /dev/null &
        pid=$!
        until [ "$(pgrep -fxc "$sleeper")" = 2 ]; do sleep 0.05; done
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
    until [ "$(pgrep -fxc "$sleeper")" = 2 ]; do sleep 0.05; done
    kill -INT -- -$pid
    wait $pid || status=$?
    # how many of the jobs still say that they were stopped depends on who dies first
    assert_equal "$status $(grep -c '^run ' stderr) $(ls out/p)" '130 1 a'
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

@test "YAML bombs and foreign files are refused quickly and in little memory" {
    local file
    printf '[%.0s' {1..100000} > deep
    awk 'BEGIN { print "a: &a [x,x]"; for (i = 0; i < 30; i++) printf "b%d: &b%d [*a,*a]\n", i, i }' > aliases
    head -c 100000000 /dev/zero | tr '\0' a > long
    for file in deep aliases long; do
        std_ulimit_fails "timeout 5 pipe-run $file" 65536 3
        assert_output --partial "$file:"
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

@test "commands see the user's surroundings and nothing of ours" {
    printf '#!/bin/sh\necho "mine $*"\n' > publish
    cp publish input
    chmod +x publish input
    one_step p.yaml '    out: [o, env, fd]
    run: |
      publish a > o; input b >> o; echo "$dir $job $state" >> o
      env > env; ls -l /proc/self/fd > fd'
    export dir=d job=j state=s
    PATH=$PWD:$PATH sh_ok 'pipe-run p.yaml 7> /dev/null'
    assert_equal "$(cat out/one/o)" "$(printf 'mine a\nmine b\nd j s')"
    run grep -F .pipe-run/lock out/one/fd
    assert_output ''
    grep -q ' 7 -> /dev/null' out/one/fd
    run grep -E '^(PIPE_RUN|PARALLEL|MAKE|MFLAGS)' out/one/env
    assert_output ''
    one_step p.yaml '    for: {i: [1]}
    out: e${i}
    run: env > e${i}'
    sh_ok 'pipe-run p.yaml'
    run grep -E '^(PIPE_RUN|MAKE|MFLAGS|PARALLEL_(HOME|SHELL|SEQ|PID))' out/one/e1
    assert_output ''
}

@test "a pipeline in a pipeline, and words that are folders" {
    one_step inner.yaml '    out: o
    run: cd ..; cd "$OLDPWD"; echo inner > o'
    one_step outer.yaml '    in: inner.yaml
    out: out
    run: pipe-run -j 2 inner.yaml'
    sh_ok 'pipe-run outer.yaml'
    assert_equal "$(cat out/one/out/one/o)" inner
    sh_ok 'pipe-run outer.yaml'
    assert_equal "$(states)" 'current:1'
    run grep -r '^program [.]' out/one
    assert_output ''
}

@test "an output that became something else is made anew" {
    one_step p.yaml '    out: [a, b/c]
    run: echo 1 > a; echo 2 > b/c'
    sh_ok 'pipe-run p.yaml'
    rm -r out/one/a out/one/b
    mkfifo out/one/a
    ln -s nowhere out/one/b
    rm out/one/b
    sh_ok 'pipe-run p.yaml'
    assert_equal "$(states) $(cat out/one/a out/one/b/c | tr '\n' ' ')" 'run:1 1 2 '
    rm -r out/one/b
    echo > out/one/b
    sh_fails 4 'pipe-run p.yaml'
    assert_output --partial 'mkdir'
}

@test "with SIGCHLD ignored, as some starters leave it" {
    cat > starter.py <<'PY'
import os, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execvp("pipe-run", ["pipe-run", "words.yaml"])
PY
    sh_ok 'python3 starter.py'
    assert_equal "$(cat stdout)" "$table"
}

@test "commands that would end the script, or are not there" {
    one_step p.yaml '    out: a
    run: echo 1 > a; exit 0'
    sh_ok 'pipe-run p.yaml'
    assert_equal "$(cat out/one/a)" 1
    one_step p.yaml '    out: a
    pipe: [exec false]'
    sh_fails 1 'pipe-run p.yaml'
    one_step p.yaml '    out: a
    run: echo 2 > a ) ; exit 0 ; ( true'
    sh_fails 3 'pipe-run p.yaml'
    assert_output --partial "an opened '(' that is not closed"
    assert_equal "$(cat out/one/a)" 1
    one_step p.yaml '    out: a
    pipe: [no-such-program x, cat > a]'
    sh_fails 4 'pipe-run p.yaml'
    assert_output --partial 'no-such-program: command not found'
    sh_fails 4 'PATH=/nowhere; "$B/bin/pipe-run" p.yaml'
    assert_output --partial 'GNU make is needed'
}
