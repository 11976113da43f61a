/* iommufd with VFIO character devices. */
#include "clients.h"

#include "devices.h"
#include "faults.h"
#include "objects.h"
#include "reply.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <unistd.h>

struct context contexts[MAX_CONTEXTS] = { { .fd = -1 }, { .fd = -1 } };
static struct object ioas[MAX_IOAS];
static struct object hwpts[MAX_HWPTS];

bool iommufd_is_there(void)
{
	return access("/dev/iommu", R_OK | W_OK) == 0;
}

/* Contexts are open from the beginning as far as anyone can tell. */
int context_fd(int index)
{
	struct context *context = &contexts[index];

	if (context->fd < 0)
		context->fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	return context->fd < 0 ? -errno : context->fd;
}

struct object *object_of(struct table_ref table)
{
	return table.is_hwpt ? &hwpts[table.index] : &ioas[table.index];
}

void object_destroy(struct object *object, struct reply *reply)
{
	struct iommu_destroy destroy = { .size = sizeof(destroy), .id = object->id };
	long result = strike_ioctl(contexts[object->context].fd, IOMMU_DESTROY, &destroy);

	put_status(reply, result);
	object->used = result < 0;
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

struct device *bound_device(int index)
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
	const struct object *object = object_of(command->table);

	if (!device || !object->used || object->context != device->context) {
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
	case OP_HWPT_ALLOC: case OP_HWPT_DESTROY: case OP_HWPT_DIRTY:
		hwpt_run(command, reply);
		break;
	default:
		ioas_run(command, reply);
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
