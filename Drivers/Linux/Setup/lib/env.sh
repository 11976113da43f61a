# What is in the cache, for programs (env) and for people (list).
# shellcheck shell=bash

# Prints key=path when the path is there, and key.FIELD=value for the fields of a stamp.
env_entry() {
    local key=$1 path=$2 target=$3 field value
    shift 3
    [ -e "$path" ] && [ -n "$(stamp_field "$target" inputs)" ] || return 0
    printf '%s=%s\n' "$key" "$path"
    for field in "$@"; do
        value=$(stamp_field "$target" "$field")
        [ -z "$value" ] || printf '%s.%s=%s\n' "$key" "$field" "$value"
    done
}

env_path() {
    [ ! -e "$2" ] || printf '%s=%s\n' "$1" "$2"
}

print_env() {
    printf 'format=1\ncache=%s\n' "$cache"
    env_entry qemu "$cache/qemu/run" qemu version
    env_path qemu.x86_64 "$cache/qemu/run/qemu-system-x86_64"
    env_path qemu.arm64 "$cache/qemu/run/qemu-system-aarch64"
    env_path qemu.riscv64 "$cache/qemu/run/qemu-system-riscv64"
    env_path qemu.img "$cache/qemu/run/qemu-img"
    env_entry source "$(kernel_source_directory)" source version
    local arch series name
    for arch in "${kernel_architectures[@]}"; do
        env_entry "kernel.$arch" "$cache/kernels/iommufd-$arch/image" "kernel:$arch" version release
        env_path "kernel.$arch.config" "$cache/kernels/iommufd-$arch/config"
        env_entry "initramfs.$arch" "$cache/agent/$arch/initramfs.cpio.gz" "agent:$arch"
    done
    for series in "${debian_versions[@]}"; do
        env_entry "debian.$series" "$cache/kernels/debian-$series/vmlinuz" "debian:$series" version release
        env_path "debian.$series.config" "$cache/kernels/debian-$series/config"
        env_path "debian.$series.modules" "$cache/kernels/debian-$series"
        env_entry "initramfs.debian-$series" "$cache/agent/debian-$series/initramfs.cpio.gz" "agent:debian-$series"
    done
    for name in $(mutant_names); do
        arch=$(mutant_field "$name" 2)
        env_entry "mutant.$name" "$cache/kernels/mutants/$name-$arch/image" "mutant:$name" arch
    done
}

print_list() {
    local stamp version
    for stamp in "$cache"/stamps/*; do
        [ -e "$stamp" ] || continue
        version=$(stamp_field "${stamp##*/}" version)
        printf '%-44s %s\n' "${stamp##*/}" "$version"
    done
    [ ! -d "$cache" ] || say "$(du -sh "$cache" | cut -f 1) in $cache"
}
