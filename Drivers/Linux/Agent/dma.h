/* Accesses of devices, and where they went. */
#ifndef DMA_H
#define DMA_H

#include "command.h"

#include <stdint.h>

struct device;
struct reply;

enum { TESTDEV_REGISTERS = 4 << 10 };

struct access {
	uint64_t iova;
	enum expectation expect;
	uint64_t expect_at;
};

/* Runs OP_DMA, OP_DMA_MEMORY or OP_PROBE_DMA and answers it. */
void dma_run(const struct command *command, struct reply *reply);

/* "E" and an offset in the memory. */
void put_elsewhere_in_memory(struct reply *reply, uint64_t offset);

#endif
