/* From a line to a command, in place. */
#include "operands.h"

#include <string.h>

struct line {
	const char *start;
	const char *at;
	const char *end;
};

/* Words are separated by exactly one space, so that a line has one spelling; an empty word is an error. */
static struct token next_token(struct line *line)
{
	struct token token = { line->at, 0 };
	const char *space;

	if (line->at == line->end)
		return token;
	if (line->at != line->start) {
		if (*line->at != ' ')
			return token;
		token.at = ++line->at;
	}
	space = memchr(line->at, ' ', (size_t)(line->end - line->at));
	line->at = space ? space : line->end;
	token.size = (size_t)(line->at - token.at);
	return token;
}

/* An operand that may be missing; the first word of it decides. Puts the word back when it is not its own. */
static const char *read_optional(enum operand operand, struct line *line, struct command *c)
{
	struct line before = *line;
	struct token token = next_token(line);
	unsigned long value = 0;

	switch (operand) {
	case MAYBE_SWITCH:
		return read_operand(SWITCH, token, c);
	case HWPT_FLAGS:
		return read_hwpt_flags(token, c);
	case PASID:
		if (!token_is(token, "pasid")) {
			*line = before;
			return NULL;
		}
		token = next_token(line);
		c->has_pasid = true;
		if (!token_is_decimal(token, 999999999, &value))
			return "a PASID in decimal";
		c->pasid = (uint32_t)value;
		return NULL;
	default:
		if (!token_is(token, "@"))
			return "@ and where it lands, or the end of the line";
		return read_expectation(next_token(line), c);
	}
}

static int find_word(struct token token)
{
	int op;

	for (op = 0; op < OPS; op++) {
		const char *word = shapes[op].word;

		if (token.size > 0 && word[0] == token.at[0] && token_is(token, word))
			return op;
	}
	return OPS;
}

/* The rest of the line as one operand. */
static const char *rest(struct line *line, struct command *c)
{
	if (line->at == line->end || *line->at != ' ' || line->at + 1 == line->end)
		return "a definition";
	c->word = line->at + 1;
	c->word_size = (size_t)(line->end - c->word);
	line->at = line->end;
	return NULL;
}

static bool failed(struct parse_error *error, const struct line *line, const char *at, const char *expected)
{
	error->column = (unsigned int)(at - line->start) + 1;
	error->expected = expected;
	return false;
}

bool parse_command(const char *text, const char *end, struct command *command, struct parse_error *error)
{
	struct line line = { text, text, end };
	struct token token = next_token(&line);
	int op = find_word(token);
	size_t i;

	memset(command, 0, sizeof(*command));
	if (op == OPS)
		return failed(error, &line, text, "a command that the guest knows");
	command->op = (enum op)op;
	for (i = 0; i < sizeof(shapes[op].operands) && shapes[op].operands[i] != END; i++) {
		enum operand operand = (enum operand)shapes[op].operands[i];
		const char *at = line.at < line.end ? line.at + 1 : line.end;
		const char *problem;

		if (operand >= OPTIONAL) {
			if (line.at == line.end)
				continue;
			problem = read_optional(operand, &line, command);
		} else if (operand == REST) {
			problem = rest(&line, command);
		} else {
			problem = read_operand(operand, next_token(&line), command);
		}
		if (problem)
			return failed(error, &line, at, problem);
	}
	if (line.at != line.end)
		return failed(error, &line, line.at, "the end of the line");
	return true;
}
