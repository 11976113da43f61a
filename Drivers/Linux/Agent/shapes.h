/* The words of the commands and the operands of each: the one table of the parser. */
#ifndef SHAPES_H
#define SHAPES_H

#include "command.h"

enum operand {
	END,
	DEVICE_A, DEVICE_B, GROUP_A, GROUP_B, CONTEXT_B, IOAS_A, IOAS_B, HWPT_A, CONTAINER_A,
	TABLE, IOVA, SOURCE_IOVA, SIZE, MEMORY, SKIP, NUMBER, PROT, TYPE, ACCESS, REQUESTER,
	VERSION, SWITCH, ENGINE, WORD, REST, EXPECT,
	/* The line may end before these. */
	OPTIONAL,
	MAYBE_SWITCH = OPTIONAL, HWPT_FLAGS, PASID, AT_EXPECT,
};

struct shape {
	const char *word;
	uint8_t operands[6];
};

/* By operation. */
extern const struct shape shapes[OPS];

#endif
