/* Contexts of iommufd and the objects in them, by the names of the host. */
#ifndef OBJECTS_H
#define OBJECTS_H

#include "command.h"

struct device;
struct reply;

struct object {
	bool used;
	int context;
	uint32_t id;
};

struct context {
	int fd;
};

extern struct context contexts[MAX_CONTEXTS];

/* By the name of the host: an IOAS or a HWPT, in use or not. */
struct object *object_of(struct table_ref table);

/* The descriptor of a context, opened when it is first asked for, or a negative error number. */
int context_fd(int index);

/* The device of an operand, NULL unless it is bound to iommufd. */
struct device *bound_device(int index);

/* IOMMU_DESTROY, answered. */
void object_destroy(struct object *object, struct reply *reply);

/* OP_IOAS_ALLOC to OP_IOAS_HUGE. */
void ioas_run(const struct command *command, struct reply *reply);

/* OP_HWPT_ALLOC to OP_HWPT_DIRTY. */
void hwpt_run(const struct command *command, struct reply *reply);

#endif
