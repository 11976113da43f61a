/* From the lines of a batch to its answer. */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>
#include <stddef.h>

struct reply;

enum { PROTOCOL = 1 };

/* Looks at what the machine has; faults: the kernel can fail on purpose. */
void run_init(bool faults);

/* Runs one line, without its newline, and answers it without one. index counts the lines of the batch. */
void run_line(unsigned int index, const char *line, const char *end, struct reply *reply);

#endif
