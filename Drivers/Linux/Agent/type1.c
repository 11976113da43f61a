/* VFIO type1: containers, group files, devices of groups. */
#include "clients.h"

#include "devices.h"
#include "faults.h"
#include "memory.h"
#include "reply.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <unistd.h>

static int containers[MAX_CONTAINERS] = { -1, -1, -1 };

bool type1_is_there(void)
{
	return access("/dev/vfio/vfio", R_OK | W_OK) == 0;
}

/* Open from the beginning as far as anyone can tell. */
static int container_fd(int index)
{
	if (containers[index] < 0)
		containers[index] = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	return containers[index] < 0 ? -errno : containers[index];
}

static int open_group(const struct group *group)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/dev/vfio/%d", group->number);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void set_container(const struct command *command, struct reply *reply)
{
	struct group *group = group_named(command->b);
	int container, fd;
	long result;

	if (!group || (!group_is_there(group) && group->file < 0)) {
		put_none(reply);
		return;
	}
	container = container_fd(command->a);
	fd = open_group(group);
	/* None of its devices is with VFIO: there is no such file. */
	if (fd == -ENOENT) {
		put_none(reply);
		return;
	}
	if (container < 0 || fd < 0) {
		put_status(reply, container < 0 ? container : fd);
		return;
	}
	result = strike_ioctl(fd, VFIO_GROUP_SET_CONTAINER, &container);
	put_status(reply, result);
	if (result < 0) {
		close(fd);
	} else {
		group->file = fd;
		group->container = command->a;
	}
}

static void unset_container(const struct command *command, struct reply *reply)
{
	struct group *group = group_named(command->a);
	long result;

	if (!group || group->file < 0) {
		put_none(reply);
		return;
	}
	result = strike_ioctl(group->file, VFIO_GROUP_UNSET_CONTAINER, NULL);
	put_status(reply, result);
	if (result < 0)
		return;
	close(group->file);
	group->file = -1;
}

static void set_iommu(const struct command *command, struct reply *reply)
{
	unsigned long type = command->extra == 1 ? VFIO_TYPE1_IOMMU : VFIO_TYPE1v2_IOMMU;
	long result = container_fd(command->a);

	if (result >= 0)
		result = strike_ioctl((int)result, VFIO_SET_IOMMU, (void *)type);
	put_status(reply, result);
}

static void open_device(const struct command *command, struct reply *reply)
{
	struct device *device = device_named(command->a);
	const struct group *group = device ? group_named(device->group) : NULL;
	long result;

	if (!device || !device->present || device->kernel_driver || device->hold != HOLD_NONE ||
	    group->file < 0) {
		put_none(reply);
		return;
	}
	result = strike_ioctl(group->file, VFIO_GROUP_GET_DEVICE_FD, device->bdf);
	put_status(reply, result);
	if (result < 0)
		return;
	device->fd = (int)result;
	device->hold = HOLD_GROUP;
}

static void close_device(const struct command *command, struct reply *reply)
{
	struct device *device = device_named(command->a);

	if (!device || device->hold != HOLD_GROUP) {
		put_none(reply);
		return;
	}
	device_let_go(device);
	put_status(reply, 0);
}

static void map(const struct command *command, struct reply *reply)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .iova = command->iova, .size = command->size,
		.flags = (command->extra & PROT_READ_BIT ? VFIO_DMA_MAP_FLAG_READ : 0) |
			 (command->extra & PROT_WRITE_BIT ? VFIO_DMA_MAP_FLAG_WRITE : 0),
	};
	uint64_t address;
	long result;

	if (!memory_address(command->at, &address)) {
		put_none(reply);
		return;
	}
	map.vaddr = address;
	result = container_fd(command->a);
	if (result >= 0)
		result = strike_ioctl((int)result, VFIO_IOMMU_MAP_DMA, &map);
	put_status(reply, result);
}

static void unmap(const struct command *command, struct reply *reply)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = command->iova, .size = command->size,
	};
	long result = container_fd(command->a);

	if (command->op == OP_VFIO_UNMAP_ALL) {
		unmap.flags = VFIO_DMA_UNMAP_FLAG_ALL;
		unmap.iova = 0;
		unmap.size = 0;
	}
	if (result >= 0)
		result = strike_ioctl((int)result, VFIO_IOMMU_UNMAP_DMA, &unmap);
	put_value(reply, result, unmap.size);
}

void type1_run(const struct command *command, struct reply *reply)
{
	switch (command->op) {
	case OP_VFIO_SET_CONTAINER:
		set_container(command, reply);
		break;
	case OP_VFIO_UNSET_CONTAINER:
		unset_container(command, reply);
		break;
	case OP_VFIO_SET_IOMMU:
		set_iommu(command, reply);
		break;
	case OP_VFIO_OPEN:
		open_device(command, reply);
		break;
	case OP_VFIO_CLOSE:
		close_device(command, reply);
		break;
	case OP_VFIO_MAP:
		map(command, reply);
		break;
	default:
		unmap(command, reply);
		break;
	}
}

void type1_reset(void)
{
	int i;

	for (i = 0; i < MAX_GROUPS; i++) {
		struct group *group = group_named(i);

		if (!group || group->file < 0)
			continue;
		close(group->file);
		group->file = -1;
	}
	for (i = 0; i < MAX_CONTAINERS; i++) {
		if (containers[i] >= 0)
			close(containers[i]);
		containers[i] = -1;
	}
}
