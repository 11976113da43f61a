using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Export;

/// <summary>The C statements of one command; they leave its errno, negative or 0, in <c>result</c>.</summary>
/// <param name="Lines">Statements.</param>
/// <param name="Value">The expression of what it gives on success, null for nothing comparable.</param>
internal sealed record Statements(IReadOnlyList<string> Lines, string? Value)
{
    public static Statements Of(Topology topology, in Command c) => c.Op switch
    {
        Op.Bind => Plain($"long result = give({c.A}, \"uio_pci_generic\");"),
        Op.Unbind => Plain($"long result = give({c.A}, \"vfio-pci\");"),
        Op.Release => Plain($"long result = write_file(device_path({c.A}, \"remove\"), \"1\");"),
        Op.Probe => Plain(
            "long result = write_file(\"/sys/bus/pci/rescan\", \"1\");", $"give({c.A}, \"vfio-pci\");"),
        Op.SetType => Plain(
            $"long result = write_file(group_path({FirstOf(topology, c.A)}, "
            + $"\"/sys/kernel/iommu_groups/%d/type\"), \"{OperandText.TypeText((TypeRequest)c.Extra)}\");"),
        Op.ShowType => Plain("long result = 0;"),
        >= Op.VfioSetContainer => Type1(topology, c),
        >= Op.IoasAlloc and <= Op.IoasHuge => Ioas(c),
        _ => Iommufd(c),
    };

    private static Statements Iommufd(in Command c) => c.Op switch
    {
        Op.FdBind => Plain(
            $"struct vfio_device_bind_iommufd arg = {{ .argsz = sizeof(arg), .iommufd = iommufd[{c.B}] }};",
            $"long result = result_of(fd_of[{c.A}] = open_cdev({c.A}));",
            "if (!result)",
            $"\tresult = result_of(ioctl(fd_of[{c.A}], VFIO_DEVICE_BIND_IOMMUFD, &arg));",
            "if (result)",
            $"\tclose(fd_of[{c.A}]);",
            $"device_id[{c.A}] = arg.out_devid;",
            $"device_home[{c.A}] = iommufd[{c.B}];"),
        Op.FdUnbind => Plain($"long result = result_of(close(fd_of[{c.A}]));"),
        Op.FdAttach => Plain(
            "struct vfio_device_attach_iommufd_pt arg = "
            + $"{{ .argsz = sizeof(arg), .pt_id = {Id(c.Table)} }};",
            $"long result = result_of(ioctl(fd_of[{c.B}], VFIO_DEVICE_ATTACH_IOMMUFD_PT, &arg));"),
        Op.FdDetach => Plain(
            "struct vfio_device_detach_iommufd_pt arg = { .argsz = sizeof(arg) };",
            $"long result = result_of(ioctl(fd_of[{c.A}], VFIO_DEVICE_DETACH_IOMMUFD_PT, &arg));"),
        Op.HwptAlloc => Plain(
            $"struct iommu_hwpt_alloc arg = {{ .size = sizeof(arg), .flags = {c.Extra}, "
            + $".dev_id = device_id[{c.B}], .pt_id = {Id(c.Parent)} }};",
            $"long result = result_of(ioctl(device_home[{c.B}], IOMMU_HWPT_ALLOC, &arg));",
            $"hwpt[{c.A}] = arg.out_hwpt_id;",
            $"hwpt_home[{c.A}] = device_home[{c.B}];"),
        Op.HwptDestroy => Destroy($"hwpt[{c.A}]", $"hwpt_home[{c.A}]"),
        _ => Plain(
            "struct iommu_hwpt_set_dirty_tracking arg = { .size = sizeof(arg), "
            + $".hwpt_id = hwpt[{c.A}], .flags = {c.Extra} }};",
            $"long result = result_of(ioctl(hwpt_home[{c.A}], IOMMU_HWPT_SET_DIRTY_TRACKING, &arg));"),
    };

    private static Statements Ioas(in Command c) => c.Op switch
    {
        Op.IoasAlloc => Plain(
            "struct iommu_ioas_alloc arg = { .size = sizeof(arg) };",
            $"long result = result_of(ioctl(iommufd[{c.B}], IOMMU_IOAS_ALLOC, &arg));",
            $"ioas[{c.A}] = arg.out_ioas_id;",
            $"ioas_home[{c.A}] = iommufd[{c.B}];"),
        Op.IoasDestroy => Destroy($"ioas[{c.A}]", $"ioas_home[{c.A}]"),
        Op.IoasMap => Plain(
            $"struct iommu_ioas_map arg = {{ .size = sizeof(arg), .ioas_id = ioas[{c.A}], "
            + $".flags = IOMMU_IOAS_MAP_FIXED_IOVA{IoasProt(c)},",
            $"	.user_va = (uintptr_t)MEMORY_BASE + 0x{c.Pa:x}, .length = 0x{c.Size:x}, "
            + $".iova = 0x{c.Iova:x} }};",
            Ioctl(c, "IOMMU_IOAS_MAP")),
        Op.IoasMapAuto => Valued(
            "arg.iova",
            $"struct iommu_ioas_map arg = {{ .size = sizeof(arg), .ioas_id = ioas[{c.A}], "
            + $".flags = 0{IoasProt(c)},",
            $"	.user_va = (uintptr_t)MEMORY_BASE + 0x{c.Pa:x}, .length = 0x{c.Size:x} }};",
            Ioctl(c, "IOMMU_IOAS_MAP")),
        Op.IoasCopy => Plain(
            $"struct iommu_ioas_copy arg = {{ .size = sizeof(arg), .dst_ioas_id = ioas[{c.A}], "
            + $".src_ioas_id = ioas[{c.B}],",
            $"	.flags = IOMMU_IOAS_MAP_FIXED_IOVA{IoasProt(c)}, .length = 0x{c.Size:x}, "
            + $".dst_iova = 0x{c.Iova:x}, .src_iova = 0x{c.Pa:x} }};",
            Ioctl(c, "IOMMU_IOAS_COPY")),
        Op.IoasUnmap or Op.IoasUnmapAll => Valued(
            "arg.length",
            $"struct iommu_ioas_unmap arg = {{ .size = sizeof(arg), .ioas_id = ioas[{c.A}], "
            + $".iova = 0x{c.Iova:x}, "
            + $".length = {(c.Op == Op.IoasUnmap ? $"0x{c.Size:x}" : "UINT64_MAX")} }};",
            Ioctl(c, "IOMMU_IOAS_UNMAP")),
        Op.IoasRanges => Plain(
            "struct iommu_iova_range list[64];",
            $"struct iommu_ioas_iova_ranges arg = {{ .size = sizeof(arg), .ioas_id = ioas[{c.A}],",
            "	.num_iovas = 64, .allowed_iovas = (uintptr_t)list };",
            Ioctl(c, "IOMMU_IOAS_IOVA_RANGES")),
        Op.IoasAllow => Plain(
            $"struct iommu_iova_range only = {{ .start = 0x{c.Iova:x}, .last = 0x{c.Iova + c.Size - 1:x} }};",
            $"struct iommu_ioas_allow_iovas arg = {{ .size = sizeof(arg), .ioas_id = ioas[{c.A}],",
            $"	.num_iovas = {(c.Size == 0 ? 0 : 1)}, .allowed_iovas = (uintptr_t)&only }};",
            Ioctl(c, "IOMMU_IOAS_ALLOW_IOVAS")),
        _ => Plain(
            "struct iommu_option arg = { .size = sizeof(arg), .option_id = IOMMU_OPTION_HUGE_PAGES,",
            $"	.op = IOMMU_OPTION_OP_SET, .object_id = ioas[{c.A}], .val64 = {c.Extra} }};",
            Ioctl(c, "IOMMU_OPTION")),
    };

    private static Statements Type1(Topology topology, in Command c) => c.Op switch
    {
        Op.VfioSetContainer => Plain(
            $"int fd = open(group_path({FirstOf(topology, c.B)}, \"/dev/vfio/%d\"), O_RDWR);",
            "long result = result_of(fd);",
            "if (!result)",
            $"	result = result_of(ioctl(fd, VFIO_GROUP_SET_CONTAINER, &container[{c.A}]));",
            "if (result)",
            "	close(fd);",
            "else",
            $"	group_fd[{c.B}] = fd;"),
        Op.VfioUnsetContainer => Plain(
            $"long result = result_of(ioctl(group_fd[{c.A}], VFIO_GROUP_UNSET_CONTAINER));",
            "if (!result)",
            $"	close(group_fd[{c.A}]);"),
        Op.VfioSetIommu => Plain(
            $"long result = result_of(ioctl(container[{c.A}], VFIO_SET_IOMMU, "
            + $"{(c.Extra == 1 ? "VFIO_TYPE1_IOMMU" : "VFIO_TYPE1v2_IOMMU")}));"),
        Op.VfioOpen => Plain(
            $"long result = result_of(fd_of[{c.A}] = ioctl(group_fd["
            + $"{topology.GroupOf(new DeviceId(c.A)).Index}], VFIO_GROUP_GET_DEVICE_FD, bdf[{c.A}]));"),
        Op.VfioClose => Plain($"long result = result_of(close(fd_of[{c.A}]));"),
        Op.VfioMap => Plain(
            $"struct vfio_iommu_type1_dma_map arg = {{ .argsz = sizeof(arg), .flags = 0{VfioProt(c)},",
            $"	.vaddr = (uintptr_t)MEMORY_BASE + 0x{c.Pa:x}, .iova = 0x{c.Iova:x}, .size = 0x{c.Size:x} }};",
            $"long result = result_of(ioctl(container[{c.A}], VFIO_IOMMU_MAP_DMA, &arg));"),
        _ => Valued(
            "arg.size",
            "struct vfio_iommu_type1_dma_unmap arg = { .argsz = sizeof(arg), "
            + (c.Op == Op.VfioUnmapAll ? ".flags = VFIO_DMA_UNMAP_FLAG_ALL };"
                : $".iova = 0x{c.Iova:x}, .size = 0x{c.Size:x} }};"),
            $"long result = result_of(ioctl(container[{c.A}], VFIO_IOMMU_UNMAP_DMA, &arg));"),
    };

    private static string Ioctl(in Command c, string request) =>
        $"long result = result_of(ioctl(ioas_home[{c.A}], {request}, &arg));";

    private static string IoasProt(in Command c) =>
        ((c.Prot & Prot.Read) != 0 ? " | IOMMU_IOAS_MAP_READABLE" : "")
        + ((c.Prot & Prot.Write) != 0 ? " | IOMMU_IOAS_MAP_WRITEABLE" : "");

    private static string VfioProt(in Command c) =>
        ((c.Prot & Prot.Read) != 0 ? " | VFIO_DMA_MAP_FLAG_READ" : "")
        + ((c.Prot & Prot.Write) != 0 ? " | VFIO_DMA_MAP_FLAG_WRITE" : "");

    private static Statements Valued(string value, params string[] lines) => new(lines, value);

    private static Statements Plain(params string[] lines) => new(lines, Value: null);

    private static Statements Destroy(string id, string home) => Plain(
        $"struct iommu_destroy arg = {{ .size = sizeof(arg), .id = {id} }};",
        $"long result = result_of(ioctl({home}, IOMMU_DESTROY, &arg));");

    private static string Id(PageTableRef table) =>
        table.IsHwpt ? $"hwpt[{table.Index}]" : $"ioas[{table.Index}]";

    private static int FirstOf(Topology topology, int group) =>
        topology.DevicesOf(new GroupId(group))[0].Index;
}
