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

static void hwpt_alloc(const struct command *command, struct reply *reply)
{
	struct iommu_hwpt_alloc alloc = { .size = sizeof(alloc), .flags = command->extra };
	const struct device *device = bound_device(command->b);
	const struct object *parent = object_of(command->table);
	struct object *object = hwpt(command->a);
	struct context *context;
	long result;

	if (object->used || !device || !parent->used || parent->context != device->context) {
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
