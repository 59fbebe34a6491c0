# What make calls: install, the runner of tests, the runner of examples.
load helper

@test "install puts every file where DESTDIR, PREFIX and MANDIR say, uninstall removes exactly those" {
    local program
    mkdir -p root/usr/bin root/usr/share/vecpipe
    touch root/usr/bin/other root/usr/share/vecpipe/other
    sh_ok "'$ROOT/tests/tools/install' install '$PWD/root' /usr /usr/share/man"
    (cd root && find . -type f | sort) > installed
    for program in "${PROGRAMS[@]}"; do
        assert_file_executable "root/usr/bin/$program"
        cmp "$B/bin/$program" "root/usr/bin/$program"
        assert_file_not_empty "root/usr/share/bash-completion/completions/$program"
        assert_file_not_empty "root/usr/share/zsh/site-functions/_$program"
        assert_file_not_empty "root/usr/share/fish/vendor_completions.d/$program.fish"
        bash -n "root/usr/share/bash-completion/completions/$program"
    done
    [ "$(find root/usr/share/man -type f | wc -l)" = "$(find "$ROOT/man" -type f | wc -l)" ]
    sort stdout | sed "s|^$PWD/root|.|" > printed
    grep -v /other installed | diff - printed

    sh_ok "'$ROOT/tests/tools/install' uninstall '$PWD/root' /usr /usr/share/man"
    assert_equal "$(find root -type f | sort | tr '\n' ' ')" "root/usr/bin/other root/usr/share/vecpipe/other "
    assert_not_exist root/usr/share/doc/vecpipe
    sh_fails 2 "'$ROOT/tests/tools/install' install '' usr /man"
}

@test "installed programs run without the repository" {
    sh_ok "'$ROOT/tests/tools/install' install '$PWD/root' /usr /usr/share/man"
    local program
    for program in root/usr/bin/*; do
        sh_ok "env -i '$program' --version"
    done
}

@test "the magic file names our formats" {
    fixtures
    sh_ok "file -m '$ROOT/formats/vecpipe.magic' '$FIXTURES/base.vps' '$FIXTURES/base.hnsw'"
    assert_regex "$(cat stdout)" "base.vps: *vecpipe"
    assert_regex "$(cat stdout)" "base.hnsw: *vecpipe"
}

@test "completion in bash works for every program" {
    local program
    for program in "${PROGRAMS[@]}"; do
        bash -eu -c "$("$program" --completion bash)"'
            COMP_WORDS=('"$program"' --hel) COMP_CWORD=1
            _'"${program//-/_}"'
            [ "${COMPREPLY[*]}" = --help ]' || fail "$program"
    done
}

@test "run counts files, shows what fails, and fails when nothing ran" {
    mkdir -p tests/tools tests/unit tests/fault
    cp "$ROOT/tests/tools/run" tests/tools/
    sh_run "tests/tools/run build"
    assert_failure 1
    assert_equal "$(tail -1 stdout)" "0 passed, 0 failed"
    printf '@test "good" { true; }\n@test "left out" { skip "no data"; }\n' > a.bats
    sh_ok "tests/tools/run build a.bats"
    assert_regex "$(cat stdout)" "skipped: left out: no data"
    assert_equal "$(tail -1 stdout)" "1 passed, 0 failed, 1 skipped"
    printf '@test "bad" { echo seen; false; }\n' > b.bats
    sh_run "tests/tools/run build a.bats b.bats"
    assert_failure 1
    assert_regex "$(cat stdout)" "# seen"
    assert_equal "$(tail -1 stdout)" "1 passed, 1 failed, 1 skipped"
}

@test "run fails a program that crashes after its tests, and one with a sanitizer report" {
    mkdir -p tests/tools tests/unit tests/fault build/tests/unit
    cp "$ROOT/tests/tools/run" tests/tools/
    touch tests/unit/crash.c
    printf '#!/bin/sh\necho ok 1 - fine\nkill -SEGV $$\n' > build/tests/unit/crash
    chmod +x build/tests/unit/crash
    sh_run "tests/tools/run build"
    assert_failure 1
    assert_equal "$(tail -1 stdout)" "1 passed, 1 failed"
    mv tests/unit/crash.c tests/unit/report.c
    cat > build/tests/unit/report << 'END'
#!/bin/sh
echo ok 1 - fine
path=${ASAN_OPTIONS#log_path=}
echo ERROR: a report > "${path%%:*}.1"
END
    chmod +x build/tests/unit/report
    sh_run "tests/tools/run build"
    assert_failure 1
    assert_regex "$(cat stdout)" "a report"
    assert_equal "$(tail -1 stdout)" "1 passed, 1 failed"
}

@test "examples runs blocks as scripts and compares what they print" {
    mkdir data
    echo one > data/file
    # shellcheck disable=SC2317
    page() { printf '%s\n' '.Sh EXAMPLES' '.Bd -literal' "$@" '.Ed' > page; }
    local examples="'$ROOT/tests/tools/examples' page data"
    page '$ cat file' 'one' '$ x=two; echo \e' '> "$x" |' '> cat' 'two' "\$ cat > new << 'END'" '$ text' 'END' '$ wc -l < new' '1'
    sh_ok "$examples"
    assert_not_exist data/new
    page '$ cat file' 'two'
    sh_run "$examples"
    assert_failure 1
    assert_regex "$(cat stdout)" 'page:3: this example fails'
    page '$ false | cat' '$ true'
    sh_run "$examples"
    assert_failure 1
    page 'no command'
    sh_run "$examples"
    assert_failure 1
}
