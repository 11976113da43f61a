/* The kernel's view: iommu events and kprobes in an instance of ftrace. */
#ifndef TRACE_H
#define TRACE_H

#include "command.h"

#include <stdbool.h>

struct reply;

/* OP_TRACE: on, off, or what has been traced since the last time. OP_KPROBE: one more probe. */
void trace_run(const struct command *command, struct reply *reply);

/* A line between what commands do, when tracing is on. */
void trace_mark(unsigned int index, const char *line, const char *end);

#endif
