# Kernels with one function broken on purpose. Only the objects that hold the function are compiled again, from a changed
# copy of the source beside the tree; then the image is linked with them in the build directory of the architecture.
# shellcheck shell=bash

mutant_list=$here/mutants/mutants.tsv

# mutant_field NAME NUMBER: one column of a row of the list.
mutant_field() {
    awk -F '\t' -v name="$1" -v number="$2" '$1 == name { print $number }' "$mutant_list"
}

mutant_names() {
    awk -F '\t' '!/^#/ && $1 != "name" { print $1 }' "$mutant_list"
}

# target_mutant NAME: delivers kernels/mutants/NAME-ARCH with image, config and row. The lock on the kernel keeps others
# out of the build directory.
target_mutant() {
    local name=$1 arch row inputs out
    arch=$(mutant_field "$name" 2)
    row=$(awk -F '\t' -v name="$name" '$1 == name' "$mutant_list")
    inputs=$(hash_of "$(stamp_field "kernel:$arch" inputs)" "$arch" "$(mutant_field "$name" 4)" \
        "$(mutant_field "$name" 5)" "$(mutant_field "$name" 6)" -- "$here/mutants/edit.py")
    if is_done "mutant:$name" "$inputs"; then
        return
    fi
    locked "kernel:$arch" mutant_build "$name" "$arch" "$(mutant_field "$name" 4)"
    out=$work/mutant-$name/out
    printf '%s\n' "$row" >"$out/row"
    publish "$out" "$cache/kernels/mutants/$name-$arch"
    rm -rf "${work:?}/mutant-$name"
    finish "mutant:$name" "$inputs" "version=$(stamp_field "kernel:$arch" version)" "arch=$arch"
}

mutant_build() {
    local name=$1 arch=$2 file=$3 build=$cache/build/$2 area objects object
    area=$(scratch "mutant-$name")
    mkdir -p "$area"/{drivers,out,true}
    cp -r "$(kernel_source_directory)"/drivers/{iommu,vfio} "$area/drivers/"
    python3 "$here/mutants/edit.py" "$area/$file" "$(mutant_field "$name" 5)" "$(mutant_field "$name" 6)"
    [ ! -f "$build/mutated" ] || logged "mutant-$name" kernel_make_image "$arch"
    mapfile -t objects < <(mutant_objects "$build" "$file")
    [ ${#objects[@]} -gt 0 ] || fail "$file is no part of the kernel for $arch"
    printf '%s\n' "${objects[@]}" >"$build/mutated"
    for object in "${objects[@]}"; do
        cp "$build/$object" "$area/true/"
        logged "mutant-$name" mutant_compile "$build" "$object" "$area"
    done
    mutant_must_differ "$name" "$build" "$area/true" "${objects[@]}"
    logged "mutant-$name" kernel_link_image "$arch"
    cp "$build/$(kernel_image_path "$arch")" "$area/out/image"
    cp "$build/.config" "$area/out/config"
    for object in "${objects[@]}"; do
        cp "$area/true/${object##*/}" "$build/$object"
    done
    rm "$build/mutated"
}

# Prints the objects that were made from a source file: of itself, or of what includes it. The compiler may have written
# its folder as "folder/other/..".
mutant_objects() {
    local build=$1 file=$2 source command path
    source=$(kernel_source_directory)
    path="$source/${file%/*}(/[^/[:space:]]+/\\.\\.)*/${file##*/}"
    while read -r command; do
        command=${command#"$build"/}
        printf '%s\n' "${command%/.*}/$(basename "$command" .cmd | sed 's/^\.//')"
    done < <(grep -rlE --include='.*.o.cmd' -- "(:=|^|[[:space:]])$path([[:space:]]|\$)" "$build"/drivers/{iommu,vfio})
}

# Repeats the command that kbuild recorded for the object, with the changed copy in the place of the source. Names of
# files inside the object stay what they were.
mutant_compile() {
    local build=$1 object=$2 area=$3 source command
    source=$(kernel_source_directory)
    command=$(sed -n 's/^savedcmd_[^ ]* := //p' "$build/${object%/*}/.${object##*/}.cmd")
    command=${command//\$\$/\$}
    command=${command//\\#/#}
    command=${command//"$source"\/drivers\/iommu/$area\/drivers\/iommu}
    command=${command//"$source"\/drivers\/vfio/$area\/drivers\/vfio}
    command=${command/ -c -o/ -fmacro-prefix-map=$area/= -c -o}
    (cd "$build" && sh -c "$command")
}

# The same bytes would be the same kernel.
mutant_must_differ() {
    local name=$1 build=$2 true_objects=$3 object
    shift 3
    for object in "$@"; do
        cmp -s "$build/$object" "$true_objects/${object##*/}" || return 0
    done
    fail "mutant $name compiles to the same code as the true kernel"
}
