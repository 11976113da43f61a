# Progress, stamps and locks. A step is a shell function; its stamp holds the hash of what the step depends on, and what
# it made. A step builds in a directory of its own and moves the result into place at the end, so that one that was
# interrupted leaves nothing that looks finished.
# shellcheck shell=bash

# Part of every stamp: to be raised when a step makes something else from the same inputs.
recipe=1

cache=${CONFORMANCE_LINUX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/iommu-conformance}
work=$cache/work

say() {
    printf '%s\n' "$*" >&2
}

fail() {
    say "setup: $*"
    exit 1
}

# Prints the hash of all the arguments, and of the contents of those after "--" as files.
hash_of() {
    {
        printf '%s\n' "$recipe"
        while [ $# -gt 0 ] && [ "$1" != -- ]; do
            printf '%s\n' "$1"
            shift
        done
        shift || true
        [ $# -eq 0 ] || sha256sum "$@" | cut -d ' ' -f 1
    } | sha256sum | cut -c 1-16
}

stamp_file() {
    printf '%s/stamps/%s' "$cache" "$1"
}

# Prints one field of a stamp ("version" of "qemu"), nothing if the step was never done.
stamp_field() {
    local file
    file=$(stamp_file "$1")
    [ ! -f "$file" ] || sed -n "s/^$2=//p" "$file"
}

# is_done TARGET HASH: whether the step was finished with these inputs.
is_done() {
    [ "$(stamp_field "$1" inputs)" = "$2" ]
}

# finish TARGET HASH KEY=VALUE...: writes the stamp, last of all.
finish() {
    local file
    file=$(stamp_file "$1")
    mkdir -p "${file%/*}"
    {
        printf 'inputs=%s\n' "$2"
        shift 2
        printf '%s\n' "$@"
    } >"$file.new"
    mv "$file.new" "$file"
}

# Prints a fresh, empty directory for a step, on the file system of the cache.
scratch() {
    rm -rf "${work:?}/$1"
    mkdir -p "$work/$1"
    printf '%s/%s' "$work" "$1"
}

# publish FROM TO: puts a finished directory in the place of an older one.
publish() {
    mkdir -p "${2%/*}"
    rm -rf "$2.old"
    [ ! -e "$2" ] || mv "$2" "$2.old"
    mv "$1" "$2"
    rm -rf "$2.old"
}

# locked NAME COMMAND...: one process at a time, others wait. shared NAME COMMAND... lets others read too, but not change.
# The lock ends with the last process that inherited it, so that what an interrupted setup left running is waited for.
# Not to be called in a condition: the shell would go on after a command of the step that failed.
locked() {
    with_lock --exclusive "$@"
}

shared() {
    with_lock --shared "$@"
}

with_lock() {
    local mode=$1 name=$2 lock
    shift 2
    mkdir -p "$cache/locks"
    exec {lock}>"$cache/locks/$name"
    if ! flock "$mode" -n "$lock"; then
        say "   waiting for another setup that works on $name"
        flock "$mode" "$lock"
    fi
    "$@"
    exec {lock}>&-
}

# logged NAME COMMAND...: output goes to a log; the end of it is shown when the command fails, and a line of progress
# every 20 seconds while it runs.
logged() {
    local log=$cache/logs/$1.log ticker status=0
    shift
    mkdir -p "$cache/logs"
    progress_of "$log" &
    ticker=$!
    "$@" >"$log" 2>&1 </dev/null || status=$?
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    if [ "$status" -ne 0 ]; then
        tail -n 25 "$log" >&2
        say "setup: that was the end of $log"
    fi
    return "$status"
}

progress_of() {
    local start=$SECONDS
    trap 'kill "$!" 2>/dev/null; exit 0' TERM
    while sleep 20 & wait "$!" && kill -0 $$ 2>/dev/null; do
        say "   $((SECONDS - start)) s, $(wc -l <"$1" 2>/dev/null || echo 0) lines in ${1##*/}"
    done
}

# still_newest TARGET HASH VERSION: whether what was made before, with the same inputs, is of this version.
still_newest() {
    is_done "$1" "$2" && [ "$(stamp_field "$1" version)" = "$3" ]
}
