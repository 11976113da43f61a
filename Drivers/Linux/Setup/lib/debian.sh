# Debian's own kernels, for x86-64: image, configuration and the few modules that the guest loads, in loading order.
# shellcheck shell=bash

# What the guest needs, where it is not built in: the channel, VFIO with type1, the IOMMU driver that is a module.
debian_wanted=(virtio_pci virtio_console virtio-iommu vfio_iommu_type1 vfio-pci)

debian_versions=(6.1 6.12 7.2)

# Prints the packages of the newest kernel of a series; the image is called linux-binary where it is split off.
debian_packages() {
    local image release
    image=$(apt_matching "linux-(image|binary)-${1//./\\.}\\.[0-9]+(-[0-9]+)?(\\+deb[0-9]+)?-amd64" | head -n 1)
    [ -n "$image" ] || fail "no kernel $1 for amd64 in the suites"
    release=${image#linux-*-}
    case $image in
    linux-image-*) printf '%s\n' "$image" ;;
    *) printf '%s\n' "$image" "linux-modules-$release" "linux-base-$release" ;;
    esac
}

target_debian() {
    local series=$1 inputs packages release version out debs
    inputs=$(hash_of "debian:$series" "${debian_wanted[@]}")
    if is_done "debian:$series" "$inputs" && [ -z "$update" ]; then
        return
    fi
    apt_refresh
    mapfile -t packages < <(debian_packages "$series")
    [ ${#packages[@]} -gt 0 ] || exit 1
    release=${packages[0]#linux-*-}
    version=$(apt_candidate "${packages[0]}")
    if still_newest "debian:$series" "$inputs" "$version"; then
        return
    fi
    debs=$cache/debs/debian-$series
    apt_fetch "$debs" "${packages[@]}"
    out=$(scratch "debian-$series")
    debian_unpack "$debs" "$version" "$out/tree" "${packages[@]}"
    debian_collect "$out/tree" "$release" "$out/kernel"
    printf '%s\n' "$version" >"$out/kernel/version"
    publish "$out/kernel" "$cache/kernels/debian-$series"
    rm -rf "$out" "$debs"
    finish "debian:$series" "$inputs" "version=$version" "release=$release"
}

debian_unpack() {
    local debs=$1 version=$2 tree=$3 package
    shift 3
    mkdir -p "$tree"
    for package in "$@"; do
        unpack_deb "$debs/${package}_${version//:/%3a}"_*.deb "$tree"
    done
}

# debian_collect TREE RELEASE OUT: leaves vmlinuz, config, modules/ and modules.order in OUT.
debian_collect() {
    local tree=$1 release=$2 out=$3 modules
    modules=$(first_of "$tree/usr/lib/modules/$release" "$tree/lib/modules/$release")
    mkdir -p "$out/modules"
    cp "$(first_of "$tree/boot/vmlinuz-$release" "$modules/vmlinuz")" "$out/vmlinuz"
    cp "$(first_of "$tree/boot/config-$release" "$modules/config")" "$out/config"
    find "$modules" -name '*.ko*' >"$out/all"
    local name
    : >"$out/modules.order"
    for name in "${debian_wanted[@]}"; do
        debian_add_module "$out" "$name"
    done
    rm "$out/all"
}

# Adds a module after those that it depends on. A name without a file is built in, or too new for this kernel.
debian_add_module() {
    local out=$1 name=$2 file target needed
    file=$(grep -m 1 -E "/${name//[-_]/[-_]}\\.ko(\\.xz)?\$" "$out/all") || return 0
    target=$(basename "$file" .xz)
    ! grep -qxF "$target" "$out/modules.order" || return 0
    case $file in
    *.xz) xz -dc "$file" >"$out/modules/$target" ;;
    *) cp "$file" "$out/modules/$target" ;;
    esac
    for needed in $(tr '\0' '\n' <"$out/modules/$target" | sed -n 's/^depends=//p' | tr ',' ' '); do
        debian_add_module "$out" "$needed"
    done
    printf '%s\n' "$target" >>"$out/modules.order"
}

first_of() {
    local path
    for path in "$@"; do
        if [ -e "$path" ]; then
            printf '%s' "$path"
            return
        fi
    done
    fail "none of these is there: $*"
}
