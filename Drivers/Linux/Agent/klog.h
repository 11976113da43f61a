/* The kernel's log, from when the agent began. */
#ifndef KLOG_H
#define KLOG_H

#include <stdbool.h>

struct reply;

void klog_init(void);

/* Takes new lines in. True when there has been a warning, a bug or an oops since klog_show. */
bool klog_look(void);

/* The lines since the last time; the oldest are lost when there are too many. */
void klog_show(struct reply *reply);

#endif
