/* The port to the host and the frames on it. */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stdbool.h>

/* Opens the virtio port that is called name. False: there is none. */
bool channel_open(const char *name);

/* Answers batches for ever. */
_Noreturn void channel_serve(void);

#endif
