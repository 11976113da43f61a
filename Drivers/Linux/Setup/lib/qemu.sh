# QEMU from trixie-backports, unpacked with every library that it needs and run through its own dynamic loader, so that
# the same version runs on any Debian and nothing is installed.
# shellcheck shell=bash

qemu_packages=(qemu-system-x86 qemu-system-arm qemu-system-riscv qemu-utils)
qemu_architectures=(x86_64 aarch64 riscv64)

target_qemu() {
    local inputs version debs out deb
    inputs=$(hash_of qemu "${qemu_packages[@]}" "$(dpkg --print-architecture)")
    if is_done qemu "$inputs" && [ -z "$update" ]; then
        return
    fi
    apt_refresh
    version=$(apt_candidate qemu-system-x86)
    if still_newest qemu "$inputs" "$version"; then
        return
    fi
    debs=$cache/debs/qemu
    apt_fetch_closure "$debs" "${qemu_packages[@]}"
    out=$(scratch qemu)
    for deb in "$debs"/*.deb; do
        unpack_deb "$deb" "$out"
    done
    qemu_wrappers "$out"
    "$out/run/qemu-system-x86_64" --version >/dev/null || fail "the unpacked QEMU does not run"
    publish "$out" "$cache/qemu"
    rm -rf "$debs"
    finish qemu "$inputs" "version=$version"
}

# Writes run/qemu-system-ARCH and run/qemu-img: scripts that become the real program, so that the process that was
# started is the one to kill. They find everything relative to themselves.
qemu_wrappers() {
    local tree=$1 loader libraries name
    loader=$(cd "$tree" && find usr/lib -name 'ld-linux*.so.*' | head -n 1)
    [ -n "$loader" ] || fail "no dynamic loader among the packages of QEMU"
    libraries=usr/lib/$(host_libraries)
    mkdir "$tree/run"
    for name in "${qemu_architectures[@]/#/qemu-system-}" qemu-img; do
        cat >"$tree/run/$name" <<END
#!/bin/sh
root=\$(dirname "\$(dirname "\$(readlink -f "\$0")")")
export QEMU_MODULE_DIR="\$root/$libraries/qemu"
exec "\$root/$loader" --library-path "\$root/$libraries" "\$root/usr/bin/$name" $(qemu_firmware "$name") "\$@"
END
        chmod +x "$tree/run/$name"
    done
}

# Where the firmware lies; the wrapper expands $root.
qemu_firmware() {
    local folder
    [ "$1" != qemu-img ] || return 0
    for folder in share/qemu share/seabios lib/ipxe/qemu; do
        printf -- "-L \"\$root/usr/%s\" " "$folder"
    done
}

host_libraries() {
    case $(dpkg --print-architecture) in
    amd64) printf x86_64-linux-gnu ;;
    arm64) printf aarch64-linux-gnu ;;
    *) fail "QEMU is set up on amd64 and arm64 only" ;;
    esac
}
