/* iommufd with VFIO character devices. */
#include "clients.h"

#include "devices.h"
#include "faults.h"
#include "memory.h"
#include "reply.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <unistd.h>

enum { MAX_RANGES = 96 };

struct object {
	bool used;
	int context;
	uint32_t id;
};

struct context {
	int fd;
};

static struct context contexts[MAX_CONTEXTS] = { { .fd = -1 }, { .fd = -1 } };
static struct object ioas[MAX_IOAS];
static struct object hwpts[MAX_HWPTS];

bool iommufd_is_there(void)
{
	return access("/dev/iommu", R_OK | W_OK) == 0;
}

/* Contexts are open from the beginning as far as anyone can tell. */
static int context_fd(int index)
{
	struct context *context = &contexts[index];

	if (context->fd < 0)
		context->fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	return context->fd < 0 ? -errno : context->fd;
}

bool memory_address(const struct command *command, unsigned long long *address)
{
	*address = MEMORY_BASE + command->at;
	return command->at < memory_facts()->size;
}

static struct object *table_object(struct table_ref table)
{
	struct object *object = table.is_hwpt ? &hwpts[table.index] : &ioas[table.index];

	return object->used ? object : NULL;
}

static void fd_bind(const struct command *command, struct reply *reply)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct device *device = device_named(command->a);
	int fd, context;
	long result;

	if (!device || !device->present || device->kernel_driver || device->hold != HOLD_NONE) {
		put_none(reply);
		return;
	}
	context = context_fd(command->b);
	fd = context < 0 ? context : device_open_cdev(device);
	if (fd < 0) {
		put_status(reply, fd);
		return;
	}
	bind.iommufd = context;
	result = strike_ioctl(fd, VFIO_DEVICE_BIND_IOMMUFD, &bind);
	put_status(reply, result);
	if (result < 0) {
		close(fd);
		return;
	}
	device->fd = fd;
	device->hold = HOLD_CDEV;
	device->context = command->b;
	device->device_id = bind.out_devid;
}

/* The device of an operand, when it is bound to iommufd. */
static struct device *bound_device(int index)
{
	struct device *device = device_named(index);

	return device && device->hold == HOLD_CDEV ? device : NULL;
}

static void fd_unbind(const struct command *command, struct reply *reply)
{
	struct device *device = bound_device(command->a);

	if (!device) {
		put_none(reply);
		return;
	}
	device_let_go(device);
	put_status(reply, 0);
}

static void fd_attach(const struct command *command, struct reply *reply)
{
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach) };
	struct device *device = bound_device(command->b);
	const struct object *object = table_object(command->table);

	if (!device || !object || object->context != device->context) {
		put_none(reply);
		return;
	}
	attach.pt_id = object->id;
	put_status(reply, strike_ioctl(device->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach));
}

static void fd_detach(const struct command *command, struct reply *reply)
{
	struct vfio_device_detach_iommufd_pt detach = { .argsz = sizeof(detach) };
	struct device *device = bound_device(command->a);

	if (!device) {
		put_none(reply);
		return;
	}
	put_status(reply, strike_ioctl(device->fd, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach));
}

static void ioas_alloc(const struct command *command, struct reply *reply)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct object *object = &ioas[command->a];
	long result;

	if (object->used) {
		put_none(reply);
		return;
	}
	result = context_fd(command->b);
	if (result >= 0)
		result = strike_ioctl((int)result, IOMMU_IOAS_ALLOC, &alloc);
	put_status(reply, result);
	if (result >= 0)
		*object = (struct object){ .used = true, .context = command->b, .id = alloc.out_ioas_id };
}

static void destroy(struct object *object, struct reply *reply)
{
	struct iommu_destroy destroy = { .size = sizeof(destroy), .id = object->id };
	long result = strike_ioctl(contexts[object->context].fd, IOMMU_DESTROY, &destroy);

	put_status(reply, result);
	object->used = result < 0;
}

static uint32_t map_flags(const struct command *command)
{
	return (command->extra & PROT_READ_BIT ? IOMMU_IOAS_MAP_READABLE : 0) |
	       (command->extra & PROT_WRITE_BIT ? IOMMU_IOAS_MAP_WRITEABLE : 0);
}

static void ioas_map(const struct command *command, const struct object *object, struct reply *reply)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map), .flags = map_flags(command), .ioas_id = object->id,
		.length = command->size, .iova = command->iova,
	};
	unsigned long long address;
	long result;

	if (!memory_address(command, &address)) {
		put_none(reply);
		return;
	}
	map.user_va = address;
	if (command->op == OP_IOAS_MAP)
		map.flags |= IOMMU_IOAS_MAP_FIXED_IOVA;
	result = strike_ioctl(contexts[object->context].fd, IOMMU_IOAS_MAP, &map);
	if (command->op == OP_IOAS_MAP)
		put_status(reply, result);
	else
		put_value(reply, result, map.iova);
}

static void ioas_copy(const struct command *command, const struct object *to, struct reply *reply)
{
	const struct object *from = &ioas[command->b];
	struct iommu_ioas_copy copy = {
		.size = sizeof(copy), .flags = map_flags(command) | IOMMU_IOAS_MAP_FIXED_IOVA,
		.dst_ioas_id = to->id, .src_ioas_id = from->id, .length = command->size,
		.dst_iova = command->iova, .src_iova = command->at,
	};

	if (!from->used || from->context != to->context) {
		put_none(reply);
		return;
	}
	put_status(reply, strike_ioctl(contexts[to->context].fd, IOMMU_IOAS_COPY, &copy));
}

static void ioas_unmap(const struct command *command, const struct object *object, struct reply *reply)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap), .ioas_id = object->id, .iova = command->iova, .length = command->size,
	};
	long result;

	if (command->op == OP_IOAS_UNMAP_ALL) {
		unmap.iova = 0;
		unmap.length = UINT64_MAX;
	}
	result = strike_ioctl(contexts[object->context].fd, IOMMU_IOAS_UNMAP, &unmap);
	put_value(reply, result, unmap.length);
}

static void ioas_ranges(const struct object *object, struct reply *reply)
{
	static struct iommu_iova_range list[MAX_RANGES];
	struct iommu_ioas_iova_ranges ranges = {
		.size = sizeof(ranges), .ioas_id = object->id, .num_iovas = MAX_RANGES,
		.allowed_iovas = (uintptr_t)list,
	};
	long result = strike_ioctl(contexts[object->context].fd, IOMMU_IOAS_IOVA_RANGES, &ranges);
	uint32_t i;

	put_value(reply, result, ranges.out_iova_alignment);
	for (i = 0; result >= 0 && i < ranges.num_iovas && i < MAX_RANGES; i++) {
		put_char(reply, ' ');
		put_hex(reply, list[i].start);
		put_char(reply, '-');
		put_hex(reply, list[i].last);
	}
}

static void ioas_allow(const struct command *command, const struct object *object, struct reply *reply)
{
	struct iommu_iova_range range = { .start = command->iova, .last = command->iova + command->size - 1 };
	struct iommu_ioas_allow_iovas allow = {
		.size = sizeof(allow), .ioas_id = object->id, .num_iovas = command->size ? 1 : 0,
		.allowed_iovas = (uintptr_t)&range,
	};

	put_status(reply, strike_ioctl(contexts[object->context].fd, IOMMU_IOAS_ALLOW_IOVAS, &allow));
}

static void ioas_huge(const struct command *command, const struct object *object, struct reply *reply)
{
	struct iommu_option option = {
		.size = sizeof(option), .option_id = IOMMU_OPTION_HUGE_PAGES, .op = IOMMU_OPTION_OP_SET,
		.object_id = object->id, .val64 = command->extra,
	};

	put_status(reply, strike_ioctl(contexts[object->context].fd, IOMMU_OPTION, &option));
}

static void hwpt_alloc(const struct command *command, struct reply *reply)
{
	struct iommu_hwpt_alloc alloc = { .size = sizeof(alloc), .flags = command->extra };
	const struct device *device = bound_device(command->b);
	const struct object *parent = table_object(command->table);
	struct object *object = &hwpts[command->a];
	struct context *context;
	long result;

	if (object->used || !device || !parent || parent->context != device->context) {
		put_none(reply);
		return;
	}
	context = &contexts[device->context];
	alloc.dev_id = device->device_id;
	alloc.pt_id = parent->id;
	/* A HWPT with a fault queue names one that there is not: no device of the machines raises page requests. */
	result = strike_ioctl(context->fd, IOMMU_HWPT_ALLOC, &alloc);
	put_status(reply, result);
	if (result >= 0)
		*object = (struct object){ .used = true, .context = device->context, .id = alloc.out_hwpt_id };
}

static void hwpt_dirty(const struct command *command, const struct object *object, struct reply *reply)
{
	struct iommu_hwpt_set_dirty_tracking set = {
		.size = sizeof(set), .hwpt_id = object->id,
		.flags = command->extra ? IOMMU_HWPT_DIRTY_TRACKING_ENABLE : 0,
	};

	put_status(reply, strike_ioctl(contexts[object->context].fd, IOMMU_HWPT_SET_DIRTY_TRACKING, &set));
}

static void run_on_ioas(const struct command *command, struct reply *reply)
{
	struct object *object = &ioas[command->a];

	if (!object->used) {
		put_none(reply);
		return;
	}
	switch (command->op) {
	case OP_IOAS_DESTROY:
		destroy(object, reply);
		break;
	case OP_IOAS_MAP: case OP_IOAS_MAP_AUTO:
		ioas_map(command, object, reply);
		break;
	case OP_IOAS_COPY:
		ioas_copy(command, object, reply);
		break;
	case OP_IOAS_UNMAP: case OP_IOAS_UNMAP_ALL:
		ioas_unmap(command, object, reply);
		break;
	case OP_IOAS_RANGES:
		ioas_ranges(object, reply);
		break;
	case OP_IOAS_ALLOW:
		ioas_allow(command, object, reply);
		break;
	default:
		ioas_huge(command, object, reply);
		break;
	}
}

static void run_on_hwpt(const struct command *command, struct reply *reply)
{
	struct object *object = &hwpts[command->a];

	if (!object->used)
		put_none(reply);
	else if (command->op == OP_HWPT_DESTROY)
		destroy(object, reply);
	else
		hwpt_dirty(command, object, reply);
}

void iommufd_run(const struct command *command, struct reply *reply)
{
	switch (command->op) {
	case OP_FD_BIND:
		fd_bind(command, reply);
		break;
	case OP_FD_UNBIND:
		fd_unbind(command, reply);
		break;
	case OP_FD_ATTACH:
		fd_attach(command, reply);
		break;
	case OP_FD_DETACH:
		fd_detach(command, reply);
		break;
	case OP_IOAS_ALLOC:
		ioas_alloc(command, reply);
		break;
	case OP_HWPT_ALLOC:
		hwpt_alloc(command, reply);
		break;
	case OP_HWPT_DESTROY: case OP_HWPT_DIRTY:
		run_on_hwpt(command, reply);
		break;
	default:
		run_on_ioas(command, reply);
		break;
	}
}

void iommufd_reset(void)
{
	int i;

	for (i = 0; i < MAX_CONTEXTS; i++) {
		if (contexts[i].fd >= 0)
			close(contexts[i].fd);
		contexts[i] = (struct context){ .fd = -1 };
	}
	for (i = 0; i < MAX_IOAS; i++)
		ioas[i].used = false;
	for (i = 0; i < MAX_HWPTS; i++)
		hwpts[i].used = false;
}
