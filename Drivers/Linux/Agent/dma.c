/* Accesses of devices, and writes by iommu-testdev. */
#include "dma.h"

#include "devices.h"
#include "e1000.h"
#include "memory.h"
#include "pci.h"
#include "reply.h"

#include <stddef.h>

/* A word of RAM that a write may hit although it belongs to somebody else; put back afterwards. */
struct guard {
	uint64_t physical;
	uint32_t word;
	bool is_set;
};

/* Registers of iommu-testdev, in words of 32 bits. */
enum {
	TESTDEV_RUN = 0, TESTDEV_IOVA_LOW = 1, TESTDEV_IOVA_HIGH = 2, TESTDEV_LENGTH = 3, TESTDEV_RESULT = 4,
	TESTDEV_DOORBELL = 5, TESTDEV_ATTRIBUTES = 6, TESTDEV_EXPECTED_LOW = 7, TESTDEV_EXPECTED_HIGH = 8,
};

static const uint32_t testdev_ok = 0, testdev_refused = 0xdead0002U, testdev_elsewhere = 0xdead0004U;

static void guard_set(struct guard *guard, uint64_t physical)
{
	guard->physical = physical;
	guard->is_set = ram_holds(physical) && ram_read(physical, &guard->word) && guard->word != DMA_PATTERN;
}

/* True when the write had hit this word. */
static bool guard_restore(const struct guard *guard)
{
	uint32_t word;

	return guard->is_set && ram_read(guard->physical, &word) && word == DMA_PATTERN &&
	       ram_write(guard->physical, guard->word);
}

static uint32_t testdev_write(volatile uint32_t *registers, uint64_t iova, uint64_t expected)
{
	registers[TESTDEV_IOVA_LOW] = (uint32_t)iova;
	registers[TESTDEV_IOVA_HIGH] = (uint32_t)(iova >> 32);
	registers[TESTDEV_LENGTH] = 4;
	registers[TESTDEV_ATTRIBUTES] = 2;
	registers[TESTDEV_EXPECTED_LOW] = (uint32_t)expected;
	registers[TESTDEV_EXPECTED_HIGH] = (uint32_t)(expected >> 32);
	registers[TESTDEV_DOORBELL] = 1;
	(void)registers[TESTDEV_RUN];
	return registers[TESTDEV_RESULT];
}

void put_elsewhere_in_memory(struct reply *reply, uint64_t offset)
{
	put(reply, "E m");
	put_hex(reply, offset);
}

static void put_elsewhere(struct reply *reply, uint64_t iova, const struct guard *identity)
{
	uint64_t offset = memory_find((uint32_t)(iova & (memory_facts()->page_size - 1)));

	if (offset != UINT64_MAX) {
		memory_restore(offset);
		put_elsewhere_in_memory(reply, offset);
	} else if (guard_restore(identity)) {
		put(reply, "E ");
		put_hex(reply, identity->physical);
	} else {
		put(reply, "E -");
	}
}

static void put_error(struct reply *reply, uint32_t code)
{
	put(reply, "? ");
	put_hex(reply, code);
}

static void write_by_testdev(const struct device *device, const struct access *access, struct reply *reply)
{
	struct guard identity = { .is_set = false }, target = { .is_set = false };
	bool in_memory = access->expect != EXPECT_PHYSICAL;
	uint64_t expected = access->expect == EXPECT_NOTHING ? memory_physical(0) : access->expect_at;
	uint32_t result;

	if (access->expect == EXPECT_MEMORY)
		expected = memory_physical(access->expect_at);
	if (ram_holds(access->iova))
		guard_set(&identity, access->iova);
	if (access->expect == EXPECT_PHYSICAL && access->expect_at != access->iova)
		guard_set(&target, access->expect_at);
	result = testdev_write(device->registers, access->iova, expected);
	if (result == testdev_refused) {
		put_char(reply, 'R');
	} else if (result == testdev_elsewhere || (result == testdev_ok && access->expect == EXPECT_NOTHING)) {
		if (access->expect == EXPECT_MEMORY && memory_refresh(access->expect_at))
			put_error(reply, result);
		else
			put_elsewhere(reply, access->iova, &identity);
	} else if (result == testdev_ok) {
		put_char(reply, 'L');
		if (in_memory)
			memory_restore(access->expect_at);
		guard_restore(&target);
		guard_restore(&identity);
	} else {
		put_error(reply, result);
	}
}

static void run(const struct device *device, bool is_write, struct access *access, struct reply *reply)
{
	uint64_t align = (is_write ? 4 : E1000_DESCRIPTOR) - 1;

	if (access->expect == EXPECT_MEMORY && access->expect_at >= memory_facts()->size) {
		put_none(reply);
		return;
	}
	access->iova &= ~align;
	access->expect_at &= ~align;
	if (is_write ? device->engine != ENGINE_TESTDEV : device->engine != ENGINE_E1000)
		put_unable(reply, is_write ? "no engine that writes" : "no engine that reads");
	else if (!device_enable(device))
		put_unable(reply, "registers out of reach");
	else if (is_write)
		write_by_testdev(device, access, reply);
	else
		e1000_read(device, access, reply);
}

void dma_run(const struct command *command, struct reply *reply)
{
	const struct device *device = device_named(command->a);
	struct access access = {
		.iova = command->iova, .expect = command->expect, .expect_at = command->expect_at,
	};

	if (!device || (command->op == OP_DMA_MEMORY && command->at >= memory_facts()->size)) {
		put_none(reply);
		return;
	}
	if (command->has_pasid) {
		put_unable(reply, "no engine with PASIDs");
		return;
	}
	if (command->op == OP_DMA_MEMORY)
		access.iova = memory_physical(command->at);
	run(device, command->op == OP_PROBE_DMA ? device->engine != ENGINE_E1000 : command->is_write, &access,
	    reply);
}
