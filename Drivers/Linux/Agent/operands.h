/* Words of a line as operands. */
#ifndef OPERANDS_H
#define OPERANDS_H

#include "command.h"
#include "shapes.h"

/* One word of the line. */
struct token {
	const char *at;
	size_t size;
};

bool token_is(struct token token, const char *word);

/* Decimal digits without leading zeros, up to nine of them. */
bool token_is_decimal(struct token token, unsigned long last, unsigned long *value);

/* Each puts what the word says into the command, and gives NULL, or what was expected in its place. */
const char *read_operand(enum operand operand, struct token token, struct command *command);
const char *read_hwpt_flags(struct token token, struct command *command);
const char *read_expectation(struct token token, struct command *command);

#endif
