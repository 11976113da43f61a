# Packages from Debian without touching the system's apt: lists, cache, status and preferences of our own. Proxies and
# the like still come from the system's configuration. Signatures are checked against the keys of the Debian archive.
# shellcheck shell=bash

apt_dir=$cache/apt
apt_keyring=/usr/share/keyrings/debian-archive-keyring.gpg
apt_components=main

# Prints the mirror of Debian that this machine uses already, or the standard name.
apt_mirror() {
    local found
    found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        grep -E '^(deb |URIs:)' | grep -oE 'https?://[^] ]+/debian/?( |$)' | head -n 1) || true
    found=${found%% *}
    printf '%s' "${found:-http://deb.debian.org/debian}"
}

# The suites, oldest first. Pins make trixie the distribution that everything comes from; the others give only what is
# asked for by name, and QEMU.
apt_write_configuration() {
    local mirror suite
    mirror=$(apt_mirror)
    mkdir -p "$apt_dir"/{etc,lists/partial,archives/partial}
    for suite in bookworm trixie trixie-backports; do
        printf 'deb [signed-by=%s] %s %s %s\n' "$apt_keyring" "${mirror%/}" "$suite" "$apt_components"
    done >"$apt_dir/etc/sources.list"
    cat >"$apt_dir/etc/preferences" <<'END'
Package: *
Pin: release n=bookworm
Pin-Priority: 50

Package: *
Pin: release n=trixie
Pin-Priority: 990

Package: *
Pin: release n=trixie-backports
Pin-Priority: 60

Package: qemu-* seabios ipxe-qemu
Pin: release n=trixie-backports
Pin-Priority: 995
END
    : >"$apt_dir/status"
    apt_write_options
}

apt_write_options() {
    cat >"$apt_dir/apt.conf" <<END
#clear APT::Update;
#clear APT::Default-Release;
#clear DPkg;
#clear Acquire::IndexTargets::deb::DEP-11;
#clear Acquire::IndexTargets::deb::Contents-deb;
Dir::State "$apt_dir";
Dir::State::status "$apt_dir/status";
Dir::State::lists "$apt_dir/lists";
Dir::Cache "$apt_dir";
Dir::Cache::archives "$apt_dir/archives";
Dir::Etc::sourcelist "$apt_dir/etc/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "$apt_dir/etc/preferences";
Dir::Etc::preferencesparts "/dev/null";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Get::Assume-Yes "true";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::Languages "none";
Acquire::Retries "3";
END
}

apt_get() {
    apt-get -q -c "$apt_dir/apt.conf" "$@"
}

apt_query() {
    apt-cache -c "$apt_dir/apt.conf" "$@"
}

# Brings the lists up to date, once per run.
apt_refresh() {
    [ -z "${apt_fresh:-}" ] || return 0
    [ -r "$apt_keyring" ] || fail "$apt_keyring is missing: apt-get install debian-archive-keyring"
    locked apt apt_refresh_locked
    apt_fresh=1
}

apt_refresh_locked() {
    apt_write_configuration
    logged apt-update apt_get update -o APT::Update::Error-Mode=any ||
        fail "the package lists could not be read; if a signature was refused, update debian-archive-keyring"
}

# Prints the version of a package that would be taken now.
apt_candidate() {
    apt_query policy "$1" | sed -n 's/^  Candidate: //p'
}

# Prints the newest available packages whose whole name matches a regular expression, best first.
apt_matching() {
    apt_query pkgnames | grep -xE "$1" | sort -rV
}

# apt_fetch DIRECTORY PACKAGE...: downloads into the directory; what is there already and whole is not fetched again.
apt_fetch() {
    local directory=$1
    shift
    mkdir -p "$directory"
    (cd "$directory" && logged "download-$1" apt_get download "$@")
}

# apt_fetch_closure DIRECTORY PACKAGE...: the same with everything that the packages depend on.
apt_fetch_closure() {
    local directory=$1
    shift
    mkdir -p "$directory/partial"
    logged "download-$1" apt_get install --download-only -o Dir::Cache::archives="$directory" "$@"
}

unpack_deb() {
    dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2"
}
