# The program that runs in the guest, from the folder beside this one, and the initramfs around it.
# shellcheck shell=bash

agent_source=$repository/Drivers/Linux/Agent

# What the agent includes from the kernel that is newer than the distribution's headers.
agent_headers=(linux/iommufd.h linux/vfio.h linux/stddef.h)

# User headers of the kernel's series, as an installation would have them.
target_headers() {
    local inputs out header source
    inputs=$(hash_of headers "$(stamp_field source version)" "${agent_headers[@]}")
    if is_done headers "$inputs"; then
        return
    fi
    source=$(kernel_source_directory)
    out=$(scratch headers)
    mkdir "$out/scripts"
    gcc -O1 -o "$out/scripts/unifdef" "$source/scripts/unifdef.c"
    for header in "${agent_headers[@]}"; do
        mkdir -p "$out/include/${header%/*}"
        (cd "$out" && sh "$source/scripts/headers_install.sh" "$source/include/uapi/$header" "include/$header")
    done
    publish "$out/include" "$cache/headers"
    rm -rf "$out"
    finish headers "$inputs" "version=$(stamp_field source version)"
}

# target_agent ARCH builds for the iommufd kernel, target_agent debian-SERIES packs the modules of that kernel as well.
target_agent() {
    local name=$1 arch modules='' inputs out files
    [ -f "$agent_source/Makefile" ] || fail "$agent_source is missing"
    case $name in
    debian-*) arch=x86_64 modules=$cache/kernels/$name ;;
    *) arch=$name ;;
    esac
    mapfile -t files < <(find "$agent_source" -type f | LC_ALL=C sort)
    inputs=$(hash_of "agent:$name" "$("$(cross_prefix "$arch")gcc" --version | head -n 1)" \
        "$(stamp_field headers inputs)" "$(stamp_field "${name/debian-/debian:}" version)" -- "${files[@]}")
    if is_done "agent:$name" "$inputs"; then
        return
    fi
    out=$(scratch "agent-$name")
    logged "agent-$name" make -C "$agent_source" ARCH="$arch" CROSS_COMPILE="$(cross_prefix "$arch")" \
        HEADERS="$cache/headers" MODULES="$modules" OUT="$out"
    [ -s "$out/initramfs.cpio.gz" ] || fail "the agent's Makefile left no initramfs.cpio.gz"
    publish "$out" "$cache/agent/$name"
    finish "agent:$name" "$inputs" "version=${inputs:0:8}"
}
