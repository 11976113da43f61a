# The packages of the distribution that the targets need on this machine.
# shellcheck shell=bash

# Prints the packages that a target needs.
packages_for() {
    case $1 in
    qemu | debian:*) printf '%s\n' xz-utils debian-archive-keyring ;;
    source) printf '%s\n' xz-utils debian-archive-keyring ;;
    headers) printf '%s\n' gcc libc6-dev ;;
    kernel:*) printf '%s\n' gcc libc6-dev make flex bison bc libelf-dev perl python3 && cross_packages "${1#*:}" ;;
    agent:debian-*) printf '%s\n' gcc libc6-dev make && cross_packages x86_64 ;;
    agent:*) printf '%s\n' gcc libc6-dev make && cross_packages "${1#*:}" ;;
    mutant:*) packages_for "kernel:$(mutant_field "${1#*:}" 2)" ;;
    esac
}

cross_packages() {
    [ -n "$(cross_prefix "$1")" ] || return 0
    case $1 in
    x86_64) printf '%s\n' gcc-x86-64-linux-gnu libc6-dev-amd64-cross ;;
    arm64) printf '%s\n' gcc-aarch64-linux-gnu libc6-dev-arm64-cross ;;
    riscv64) printf '%s\n' gcc-riscv64-linux-gnu libc6-dev-riscv64-cross ;;
    esac
}

# Names what is missing and how to get it; installs it when asked to.
check_packages() {
    local missing=() package target
    while read -r package; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done < <(for target in "$@"; do packages_for "$target"; done | sort -u)
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ -z "$install" ]; then
        fail "missing packages; run: apt-get install --no-install-recommends ${missing[*]}"$'\n'"       (or setup --install as root)"
    fi
    say "== installing ${missing[*]}"
    logged install install_packages "${missing[@]}"
}

install_packages() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q install -y --no-install-recommends "$@" || {
        apt-get -q update
        apt-get -q install -y --no-install-recommends "$@"
    }
}
