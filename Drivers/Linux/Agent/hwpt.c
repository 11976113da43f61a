/* iommufd: page tables. */
#include "objects.h"

#include "devices.h"
#include "faults.h"
#include "reply.h"

#include <linux/iommufd.h>

static struct object *hwpt(int index)
{
	return object_of((struct table_ref){ .is_hwpt = true, .index = (uint8_t)index });
}

/* A queue that nobody reads: enough to ask for a HWPT with one. */
static long fault_queue(struct context *context, uint32_t *id)
{
	struct iommu_fault_alloc alloc = { .size = sizeof(alloc) };
	long result = 0;

	if (!context->fault_queue) {
		result = ioctl_result(context->fd, IOMMU_FAULT_QUEUE_ALLOC, &alloc);
		context->fault_queue = alloc.out_fault_id;
		context->fault_fd = result < 0 ? -1 : (int)alloc.out_fault_fd;
	}
	*id = context->fault_queue;
	return result;
}

static void hwpt_alloc(const struct command *command, struct reply *reply)
{
	struct iommu_hwpt_alloc alloc = { .size = sizeof(alloc), .flags = command->extra };
	const struct device *device = bound_device(command->b);
	const struct object *parent = object_of(command->table);
	struct object *object = hwpt(command->a);
	struct context *context;
	long result = 0;

	if (object->used || !device || !parent->used || parent->context != device->context) {
		put_none(reply);
		return;
	}
	context = &contexts[device->context];
	alloc.dev_id = device->device_id;
	alloc.pt_id = parent->id;
	if (command->extra & HWPT_FAULT)
		result = fault_queue(context, &alloc.fault_id);
	if (result < 0) {
		put_unable(reply, "no fault queue");
		return;
	}
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

void hwpt_run(const struct command *command, struct reply *reply)
{
	struct object *object = hwpt(command->a);

	if (command->op == OP_HWPT_ALLOC)
		hwpt_alloc(command, reply);
	else if (!object->used)
		put_none(reply);
	else if (command->op == OP_HWPT_DESTROY)
		object_destroy(object, reply);
	else
		hwpt_dirty(command, object, reply);
}
