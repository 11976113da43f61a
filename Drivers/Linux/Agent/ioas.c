/* iommufd: address spaces and their mappings. */
#include "objects.h"

#include "faults.h"
#include "memory.h"
#include "reply.h"

#include <linux/iommufd.h>

enum { MAX_RANGES = 96 };

static struct object *ioas(int index)
{
	return object_of((struct table_ref){ .is_hwpt = false, .index = (uint8_t)index });
}

static void ioas_alloc(const struct command *command, struct reply *reply)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct object *object = ioas(command->a);
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
	uint64_t address;
	long result;

	if (!memory_address(command->at, &address)) {
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
	const struct object *from = ioas(command->b);
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

void ioas_run(const struct command *command, struct reply *reply)
{
	struct object *object = ioas(command->a);

	if (command->op == OP_IOAS_ALLOC) {
		ioas_alloc(command, reply);
		return;
	}
	if (!object->used) {
		put_none(reply);
		return;
	}
	switch (command->op) {
	case OP_IOAS_DESTROY:
		object_destroy(object, reply);
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
