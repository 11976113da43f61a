# The iommufd kernel: Debian's source of one series, allnoconfig and our fragments. The build directory stays, for
# mutants and for changed fragments.
# shellcheck shell=bash

kernel_series=7.2
kernel_architectures=(x86_64 arm64 riscv64)

# Left in the archive: what no option of ours can bring into the build. It is more than half of the tree.
kernel_source_left_out=(
    '*/arch/*/boot/dts/*/*' '*/Documentation/*.rst' '*/Documentation/*.yaml' '*/drivers/gpu/*.[ch]' '*/drivers/infiniband/*.[ch]'
    '*/drivers/media/*.[ch]' '*/drivers/net/*.[ch]' '*/drivers/scsi/*.[ch]' '*/drivers/staging/*.[ch]' '*/sound/*.[ch]'
    '*/tools/testing/*' '*/tools/perf/*'
)

kernel_source_directory() {
    printf '%s' "$cache/sources/linux-$kernel_series"
}

target_source() {
    local package=linux-source-$kernel_series inputs version debs out
    inputs=$(hash_of "$package" "${kernel_source_left_out[@]}")
    if is_done source "$inputs" && [ -z "$update" ]; then
        return
    fi
    apt_refresh
    version=$(apt_candidate "$package")
    if still_newest source "$inputs" "$version"; then
        return
    fi
    debs=$cache/debs/source
    apt_fetch "$debs" "$package=$version"
    out=$(scratch source)
    dpkg-deb --fsys-tarfile "$debs/${package}_$version"_*.deb | tar -xO "./usr/src/$package.tar.xz" | xz -dc -T0 |
        tar -x -C "$out" --strip-components=1 "${kernel_source_left_out[@]/#/--exclude=}"
    publish "$out" "$(kernel_source_directory)"
    rm -rf "$debs"
    finish source "$inputs" "version=$version"
}

# kernel_make ARCH ARGUMENT...: make in the build directory of the architecture, with nothing of the machine in the image.
kernel_make() {
    local arch=$1 make=(nice -n "${CONFORMANCE_NICE:-10}" make -j "$(nproc)")
    shift
    "${make[@]}" -C "$(kernel_source_directory)" O="$cache/build/$arch" ARCH="$(kernel_arch_name "$arch")" \
        CROSS_COMPILE="$(cross_prefix "$arch")" LOCALVERSION=-conformance KBUILD_BUILD_USER=conformance \
        KBUILD_BUILD_HOST=conformance KBUILD_BUILD_TIMESTAMP=1970-01-01 \
        KBUILD_BUILD_VERSION=1 "$@"
}

kernel_arch_name() {
    case $1 in
    riscv64) printf riscv ;;
    *) printf '%s' "$1" ;;
    esac
}

kernel_image_path() {
    case $1 in
    x86_64) printf arch/x86/boot/bzImage ;;
    arm64) printf arch/arm64/boot/Image ;;
    riscv64) printf arch/riscv/boot/Image ;;
    esac
}

# The prefix of the compiler for an architecture: none where it is the machine's own.
cross_prefix() {
    case $(dpkg --print-architecture)/$1 in
    amd64/x86_64 | arm64/arm64 | riscv64/riscv64) ;;
    */x86_64) printf x86_64-linux-gnu- ;;
    */arm64) printf aarch64-linux-gnu- ;;
    */riscv64) printf riscv64-linux-gnu- ;;
    esac
}

target_kernel() {
    local arch=$1 inputs
    inputs=$(hash_of "kernel:$arch" "$(stamp_field source inputs)" "$(stamp_field source version)" \
        "$("$(cross_prefix "$arch")gcc" --version | head -n 1)" \
        -- "$here/kernel/common.config" "$here/kernel/$arch.config")
    if is_done "kernel:$arch" "$inputs"; then
        return
    fi
    mkdir -p "$cache/build/$arch"
    cat "$here/kernel/common.config" "$here/kernel/$arch.config" >"$cache/build/$arch/wanted"
    logged "kernel-$arch" kernel_make "$arch" -s KCONFIG_ALLCONFIG="$cache/build/$arch/wanted" allnoconfig
    kernel_check_options "$arch"
    logged "kernel-$arch" kernel_make_image "$arch"
    kernel_publish "$arch" "$inputs"
}

# Makes the true image, whatever an interrupted mutant left.
kernel_make_image() {
    kernel_restore_mutated "$1"
    kernel_link_image "$1"
}

kernel_link_image() {
    kernel_make "$1" "$(basename "$(kernel_image_path "$1")")"
}

# Kconfig drops silently what its dependencies do not allow; this does not.
kernel_check_options() {
    local built=$cache/build/$1/.config key value bad=()
    while IFS='=' read -r key value; do
        if [ "$value" = n ]; then
            ! grep -q "^$key=" "$built" || bad+=("$key is set")
        else
            grep -qxF "$key=$value" "$built" || bad+=("$key=$value was not kept")
        fi
    done < <(grep '^CONFIG_' "$cache/build/$1/wanted")
    [ ${#bad[@]} -eq 0 ] || fail "the configuration for $1 is not what the fragments ask for:" "${bad[@]/#/$'\n  '}"
}

kernel_publish() {
    local arch=$1 inputs=$2 build=$cache/build/$1 out
    out=$(scratch "kernel-$arch")
    cp "$build/$(kernel_image_path "$arch")" "$out/image"
    cp "$build/.config" "$out/config"
    cp "$build/System.map" "$out/System.map"
    stamp_field source version >"$out/version"
    publish "$out" "$cache/kernels/iommufd-$arch"
    finish "kernel:$arch" "$inputs" "version=$(stamp_field source version)" "release=$(cat "$build/include/config/kernel.release")"
}

# A mutant that was interrupted leaves objects of mutated source, listed in this file, in the build directory. They are
# made again from the true source.
kernel_restore_mutated() {
    local build=$cache/build/$1 object
    [ -f "$build/mutated" ] || return 0
    while read -r object; do
        rm -f "${build:?}/$object"
    done <"$build/mutated"
    rm "$build/mutated"
}
