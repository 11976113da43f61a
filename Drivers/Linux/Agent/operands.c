/* Words of a line as operands. */
#include "operands.h"

#include <string.h>

bool token_is(struct token token, const char *word)
{
	return token.size == strlen(word) && memcmp(token.at, word, token.size) == 0;
}

bool token_is_decimal(struct token token, unsigned long last, unsigned long *value)
{
	size_t i;

	*value = 0;
	if (token.size == 0 || token.size > 9 || (token.size > 1 && token.at[0] == '0'))
		return false;
	for (i = 0; i < token.size; i++) {
		if (token.at[i] < '0' || token.at[i] > '9')
			return false;
		*value = *value * 10 + (unsigned long)(token.at[i] - '0');
	}
	return *value <= last;
}

static bool hexadecimal(const char *at, size_t size, uint64_t *value)
{
	size_t i;

	*value = 0;
	if (size < 3 || size > 18 || at[0] != '0' || at[1] != 'x')
		return false;
	for (i = 2; i < size; i++) {
		char c = at[i];

		if (c >= '0' && c <= '9')
			*value = *value << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*value = *value << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	return true;
}

/* A letter and an index below a count. */
static bool name(struct token token, char letter, int count, int *index)
{
	struct token number = { token.at + 1, token.size - 1 };
	unsigned long value;

	if (token.size < 2 || token.at[0] != letter || !token_is_decimal(number, (unsigned long)count - 1, &value))
		return false;
	*index = (int)value;
	return true;
}

static const char *named(struct token token, char letter, int count, int *index, const char *expected)
{
	return name(token, letter, count, index) ? NULL : expected;
}

static const char *table(struct token token, struct table_ref *table)
{
	int index;

	if (name(token, 'A', MAX_IOAS, &index))
		table->is_hwpt = false;
	else if (name(token, 'H', MAX_HWPTS, &index))
		table->is_hwpt = true;
	else
		return "an IOAS A0 to A15 or a HWPT H0 to H15";
	table->index = (uint8_t)index;
	return NULL;
}

static const char *hex(struct token token, uint64_t *value, const char *expected)
{
	return hexadecimal(token.at, token.size, value) ? NULL : expected;
}

static const char *memory(struct token token, uint64_t *offset)
{
	return token.size > 1 && token.at[0] == 'm' && hexadecimal(token.at + 1, token.size - 1, offset)
		? NULL : "an offset in the memory, such as m0x1000";
}

struct flag_word {
	const char *word;
	uint32_t bit;
};

static const struct flag_word prot_flags[] = {
	{ "+cache", PROT_OTHER_BIT }, { "+noexec", PROT_OTHER_BIT << 1 }, { "+mmio", PROT_OTHER_BIT << 2 },
	{ "+priv", PROT_OTHER_BIT << 3 }, { NULL, 0 },
};

static const struct flag_word hwpt_flags[] = {
	{ "+nest-parent", HWPT_NEST_PARENT }, { "+dirty", HWPT_DIRTY }, { "+fault", HWPT_FAULT },
	{ "+pasid", HWPT_PASID }, { NULL, 0 },
};

/* Words that each begin with a plus, in any order, each once; at least one. */
static bool flags(struct token token, const struct flag_word *words, uint32_t *bits)
{
	while (token.size > 0) {
		const struct flag_word *word = words;
		const char *plus = memchr(token.at + 1, '+', token.size - 1);
		struct token part = { token.at, plus ? (size_t)(plus - token.at) : token.size };

		while (word->word && !token_is(part, word->word))
			word++;
		if (!word->word || *bits & word->bit)
			return false;
		*bits |= word->bit;
		token.at += part.size;
		token.size -= part.size;
	}
	return true;
}

static const char *prot(struct token token, uint32_t *bits)
{
	static const char expected[] = "a protection: rw, r, w or -, then any of +cache +noexec +mmio +priv";
	const char *plus = memchr(token.at, '+', token.size);
	struct token head = { token.at, plus ? (size_t)(plus - token.at) : token.size };
	struct token tail = { head.at + head.size, token.size - head.size };

	*bits = 0;
	if (token_is(head, "rw"))
		*bits = PROT_READ_BIT | PROT_WRITE_BIT;
	else if (token_is(head, "r"))
		*bits = PROT_READ_BIT;
	else if (token_is(head, "w"))
		*bits = PROT_WRITE_BIT;
	else if (!token_is(head, "-"))
		return expected;
	return flags(tail, prot_flags, bits) ? NULL : expected;
}

static const char *choice(struct token token, const char *const *words, uint32_t *value, const char *expected)
{
	uint32_t i;

	for (i = 0; words[i]; i++) {
		if (!token_is(token, words[i]))
			continue;
		*value = i;
		return NULL;
	}
	return expected;
}

const char *read_expectation(struct token token, struct command *c)
{
	if (token_is(token, "-")) {
		c->expect = EXPECT_NOTHING;
		return NULL;
	}
	if (token.size > 0 && token.at[0] == 'm') {
		c->expect = EXPECT_MEMORY;
		return memory(token, &c->expect_at);
	}
	c->expect = EXPECT_PHYSICAL;
	return hex(token, &c->expect_at, "where it lands: m0x1000, a physical address 0x1000, or -");
}

static const char *read_number(struct token token, unsigned long last, unsigned long *value, const char *expected)
{
	return token_is_decimal(token, last, value) ? NULL : expected;
}

static const char *const type_words[] = { "identity", "DMA", "DMA-FQ", "auto", NULL };
static const char *const access_words[] = { "read", "write", NULL };
static const char *const switch_words[] = { "off", "on", NULL };
static const char *const engine_words[] = { "none", "testdev", "e1000", NULL };

static const char *read_choice(enum operand operand, struct token token, struct command *c)
{
	const char *problem;
	uint32_t value = 0;

	switch (operand) {
	case TYPE:
		return choice(token, type_words, &c->extra, "identity, DMA, DMA-FQ or auto");
	case ACCESS:
		problem = choice(token, access_words, &value, "read or write");
		c->is_write = value == 1;
		return problem;
	case ENGINE:
		problem = choice(token, engine_words, &value, "none, testdev or e1000");
		c->engine = (enum engine)value;
		return problem;
	case VERSION:
		c->extra = token_is(token, "v1") ? 1 : 2;
		return token_is(token, "v1") || token_is(token, "v2") ? NULL : "v1 or v2";
	default:
		c->has_switch = true;
		return choice(token, switch_words, &c->extra, "on or off");
	}
}

static const char *read_name(enum operand operand, struct token token, struct command *c)
{
	switch (operand) {
	case DEVICE_A:
		return named(token, 'd', MAX_DEVICES, &c->a, "a device, d0 to d15");
	case DEVICE_B:
		return named(token, 'd', MAX_DEVICES, &c->b, "a device, d0 to d15");
	case GROUP_A:
		return named(token, 'g', MAX_GROUPS, &c->a, "a group, g0 to g15");
	case GROUP_B:
		return named(token, 'g', MAX_GROUPS, &c->b, "a group, g0 to g15");
	case CONTEXT_B:
		return named(token, 'f', MAX_CONTEXTS, &c->b, "f0 or f1");
	case IOAS_A:
		return named(token, 'A', MAX_IOAS, &c->a, "an IOAS, A0 to A15");
	case IOAS_B:
		return named(token, 'A', MAX_IOAS, &c->b, "an IOAS, A0 to A15");
	case HWPT_A:
		return named(token, 'H', MAX_HWPTS, &c->a, "a HWPT, H0 to H15");
	case CONTAINER_A:
		return named(token, 'c', MAX_CONTAINERS, &c->a, "a container, c0 to c2");
	default:
		return table(token, &c->table);
	}
}

const char *read_operand(enum operand operand, struct token token, struct command *c)
{
	const char *problem;
	unsigned long value = 0;

	switch (operand) {
	case IOVA:
		return hex(token, &c->iova, "an IOVA of up to 64 bits, such as 0x1000");
	case SOURCE_IOVA:
		return hex(token, &c->at, "an IOVA of up to 64 bits, such as 0x1000");
	case SIZE:
		return hex(token, &c->size, "a size in bytes of up to 64 bits, such as 0x1000");
	case MEMORY:
		return memory(token, &c->at);
	case SKIP:
		problem = read_number(token, MAX_SKIP, &value, "how many allocations to let pass, 0 to 999");
		c->extra = (uint32_t)value;
		return problem;
	case NUMBER:
		problem = read_number(token, 999999999, &value, "a number in decimal");
		c->extra = (uint32_t)value;
		return problem;
	case REQUESTER:
		problem = read_number(token, 0, &value, "which requester of the device: 0");
		return problem;
	case PROT:
		return prot(token, &c->extra);
	case EXPECT:
		return read_expectation(token, c);
	case WORD:
		c->word = token.at;
		c->word_size = token.size;
		return token.size > 0 ? NULL : "a word";
	case TYPE: case ACCESS: case ENGINE: case VERSION: case SWITCH:
		return read_choice(operand, token, c);
	default:
		return read_name(operand, token, c);
	}
}

const char *read_hwpt_flags(struct token token, struct command *c)
{
	return token.size > 0 && flags(token, hwpt_flags, &c->extra)
		? NULL : "any of +nest-parent +dirty +fault +pasid, or the end of the line";
}
