/* The commands of the channel: what a line says, and where each operand lives. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MAX_DEVICES = 16,
	MAX_GROUPS = 16,
	MAX_CONTEXTS = 2,
	MAX_CONTAINERS = 3,
	MAX_IOAS = 16,
	MAX_HWPTS = 16,
	MAX_SKIP = 999,
};

enum op {
	/* About the channel and the machine. */
	OP_HELLO,
	OP_PING,
	OP_LIST,
	OP_DEVICE,
	OP_OPTION,
	OP_RESERVED,
	OP_PAGES,
	OP_FILE,
	OP_DMESG,
	OP_TRACE,
	OP_KPROBE,
	OP_RESET,
	/* What an administrator does. */
	OP_BIND,
	OP_UNBIND,
	OP_RELEASE,
	OP_PROBE,
	OP_SET_TYPE,
	OP_SHOW_TYPE,
	/* What a device does. */
	OP_DMA,
	OP_DMA_MEMORY,
	OP_PROBE_DMA,
	/* A failure on purpose. */
	OP_FAIL_NTH,
	/* iommufd. */
	OP_FD_BIND,
	OP_FD_UNBIND,
	OP_FD_ATTACH,
	OP_FD_DETACH,
	OP_IOAS_ALLOC,
	OP_IOAS_DESTROY,
	OP_IOAS_MAP,
	OP_IOAS_MAP_AUTO,
	OP_IOAS_COPY,
	OP_IOAS_UNMAP,
	OP_IOAS_UNMAP_ALL,
	OP_IOAS_RANGES,
	OP_IOAS_ALLOW,
	OP_IOAS_HUGE,
	OP_HWPT_ALLOC,
	OP_HWPT_DESTROY,
	OP_HWPT_DIRTY,
	/* VFIO type1. */
	OP_VFIO_SET_CONTAINER,
	OP_VFIO_UNSET_CONTAINER,
	OP_VFIO_SET_IOMMU,
	OP_VFIO_OPEN,
	OP_VFIO_CLOSE,
	OP_VFIO_MAP,
	OP_VFIO_UNMAP,
	OP_VFIO_UNMAP_ALL,
	OPS,
};

/* extra of a protection. */
enum { PROT_READ_BIT = 1, PROT_WRITE_BIT = 2, PROT_OTHER_BIT = 4 };

/* extra of a HWPT, numbered as in linux/iommufd.h. */
enum { HWPT_NEST_PARENT = 1, HWPT_DIRTY = 2, HWPT_FAULT = 4, HWPT_PASID = 8 };

/* extra of a type. */
enum type { TYPE_IDENTITY, TYPE_DMA, TYPE_DMA_FQ, TYPE_AUTO };

/* What emulated device does the DMA. */
enum engine { ENGINE_NONE, ENGINE_TESTDEV, ENGINE_E1000 };

/* Where a DMA is expected to land. */
enum expectation {
	EXPECT_NOTHING,		/* refused, or wherever it may be */
	EXPECT_MEMORY,		/* a byte of the agent's memory */
	EXPECT_PHYSICAL,	/* a physical address of the guest */
};

/* An IOAS or a HWPT in one operand. */
struct table_ref {
	bool is_hwpt;
	uint8_t index;
};

struct command {
	enum op op;
	int a;			/* device, group, IOAS, HWPT or container */
	int b;			/* the second such operand */
	struct table_ref table;
	uint64_t iova;
	uint64_t at;		/* offset in the memory, or the second IOVA */
	uint64_t size;
	uint32_t extra;		/* protection, flags, type, version or switch */
	uint32_t pasid;
	bool has_pasid;
	bool has_switch;
	bool is_write;
	enum expectation expect;
	uint64_t expect_at;
	enum engine engine;
	const char *word;	/* a free word or the rest of the line, not ended */
	size_t word_size;
};

/* Why a line is no command. */
struct parse_error {
	unsigned int column;	/* from 1 */
	const char *expected;
};

/*
 * Parses the line from text to end, without its newline. Reads nothing outside, keeps pointers into it.
 */
bool parse_command(const char *text, const char *end, struct command *command, struct parse_error *error);

#endif
