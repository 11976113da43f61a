/* Accesses of devices, and where they went. */
#ifndef DMA_H
#define DMA_H

#include "command.h"

struct reply;

/* Runs OP_DMA, OP_DMA_MEMORY or OP_PROBE_DMA and answers it. */
void dma_run(const struct command *command, struct reply *reply);

#endif
