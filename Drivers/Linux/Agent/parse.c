/* From a line to a command, in place: one table of words, one function an operand. */
#include "command.h"

#include <string.h>

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

static const struct shape shapes[OPS] = {
	[OP_HELLO] = { "hello", { NUMBER } },
	[OP_PING] = { "ping", { END } },
	[OP_LIST] = { "list", { END } },
	[OP_DEVICE] = { "device", { DEVICE_A, WORD, ENGINE } },
	[OP_OPTION] = { "option", { WORD, SWITCH } },
	[OP_RESERVED] = { "reserved", { GROUP_A } },
	[OP_PAGES] = { "pages", { END } },
	[OP_FILE] = { "file", { WORD } },
	[OP_DMESG] = { "dmesg", { END } },
	[OP_TRACE] = { "trace", { MAYBE_SWITCH } },
	[OP_KPROBE] = { "kprobe", { REST } },
	[OP_RESET] = { "reset", { END } },
	[OP_BIND] = { "bind", { DEVICE_A } },
	[OP_UNBIND] = { "unbind", { DEVICE_A } },
	[OP_RELEASE] = { "release", { DEVICE_A } },
	[OP_PROBE] = { "probe", { DEVICE_A } },
	[OP_SET_TYPE] = { "set-type", { GROUP_A, TYPE } },
	[OP_SHOW_TYPE] = { "show-type", { GROUP_A } },
	[OP_DMA] = { "dma", { DEVICE_A, REQUESTER, IOVA, ACCESS, PASID, AT_EXPECT } },
	[OP_DMA_MEMORY] = { "dma-memory", { DEVICE_A, REQUESTER, MEMORY, ACCESS, AT_EXPECT } },
	[OP_PROBE_DMA] = { "p", { DEVICE_A, IOVA, EXPECT } },
	[OP_FAIL_NTH] = { "fail-nth", { SKIP } },
	[OP_FD_BIND] = { "fd-bind", { DEVICE_A, CONTEXT_B } },
	[OP_FD_UNBIND] = { "fd-unbind", { DEVICE_A } },
	[OP_FD_ATTACH] = { "fd-attach", { TABLE, DEVICE_B } },
	[OP_FD_DETACH] = { "fd-detach", { DEVICE_A } },
	[OP_IOAS_ALLOC] = { "ioas-alloc", { IOAS_A, CONTEXT_B } },
	[OP_IOAS_DESTROY] = { "ioas-destroy", { IOAS_A } },
	[OP_IOAS_MAP] = { "ioas-map", { IOAS_A, IOVA, MEMORY, SIZE, PROT } },
	[OP_IOAS_MAP_AUTO] = { "ioas-map-auto", { IOAS_A, MEMORY, SIZE, PROT } },
	[OP_IOAS_COPY] = { "ioas-copy", { IOAS_A, IOAS_B, IOVA, SOURCE_IOVA, SIZE, PROT } },
	[OP_IOAS_UNMAP] = { "ioas-unmap", { IOAS_A, IOVA, SIZE } },
	[OP_IOAS_UNMAP_ALL] = { "ioas-unmap-all", { IOAS_A } },
	[OP_IOAS_RANGES] = { "ioas-ranges", { IOAS_A } },
	[OP_IOAS_ALLOW] = { "ioas-allow", { IOAS_A, IOVA, SIZE } },
	[OP_IOAS_HUGE] = { "ioas-huge", { IOAS_A, SWITCH } },
	[OP_HWPT_ALLOC] = { "hwpt-alloc", { HWPT_A, DEVICE_B, TABLE, HWPT_FLAGS } },
	[OP_HWPT_DESTROY] = { "hwpt-destroy", { HWPT_A } },
	[OP_HWPT_DIRTY] = { "hwpt-dirty", { HWPT_A, SWITCH } },
	[OP_VFIO_SET_CONTAINER] = { "vfio-set-container", { CONTAINER_A, GROUP_B } },
	[OP_VFIO_UNSET_CONTAINER] = { "vfio-unset-container", { GROUP_A } },
	[OP_VFIO_SET_IOMMU] = { "vfio-set-iommu", { CONTAINER_A, VERSION } },
	[OP_VFIO_OPEN] = { "vfio-open", { DEVICE_A } },
	[OP_VFIO_CLOSE] = { "vfio-close", { DEVICE_A } },
	[OP_VFIO_MAP] = { "vfio-map", { CONTAINER_A, IOVA, MEMORY, SIZE, PROT } },
	[OP_VFIO_UNMAP] = { "vfio-unmap", { CONTAINER_A, IOVA, SIZE } },
	[OP_VFIO_UNMAP_ALL] = { "vfio-unmap-all", { CONTAINER_A } },
};

/* One word of the line. */
struct token {
	const char *at;
	size_t size;
};

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

static bool is(struct token token, const char *word)
{
	return token.size == strlen(word) && memcmp(token.at, word, token.size) == 0;
}

static bool decimal(const char *at, size_t size, unsigned long last, unsigned long *value)
{
	size_t i;

	*value = 0;
	if (size == 0 || size > 9 || (size > 1 && at[0] == '0'))
		return false;
	for (i = 0; i < size; i++) {
		if (at[i] < '0' || at[i] > '9')
			return false;
		*value = *value * 10 + (unsigned long)(at[i] - '0');
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
	unsigned long value;

	if (token.size < 2 || token.at[0] != letter ||
	    !decimal(token.at + 1, token.size - 1, (unsigned long)count - 1, &value))
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

		while (word->word && !is(part, word->word))
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
	if (is(head, "rw"))
		*bits = PROT_READ_BIT | PROT_WRITE_BIT;
	else if (is(head, "r"))
		*bits = PROT_READ_BIT;
	else if (is(head, "w"))
		*bits = PROT_WRITE_BIT;
	else if (!is(head, "-"))
		return expected;
	return flags(tail, prot_flags, bits) ? NULL : expected;
}

static const char *choice(struct token token, const char *const *words, uint32_t *value, const char *expected)
{
	uint32_t i;

	for (i = 0; words[i]; i++) {
		if (!is(token, words[i]))
			continue;
		*value = i;
		return NULL;
	}
	return expected;
}

static const char *expectation(struct token token, struct command *c)
{
	if (is(token, "-")) {
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
	return decimal(token.at, token.size, last, value) ? NULL : expected;
}

static const char *const type_words[] = { "identity", "DMA", "DMA-FQ", "auto", NULL };
static const char *const access_words[] = { "read", "write", NULL };
static const char *const switch_words[] = { "off", "on", NULL };
static const char *const engine_words[] = { "none", "testdev", "lsi", NULL };

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
		problem = choice(token, engine_words, &value, "none, testdev or lsi");
		c->engine = (enum engine)value;
		return problem;
	case VERSION:
		c->extra = is(token, "v1") ? 1 : 2;
		return is(token, "v1") || is(token, "v2") ? NULL : "v1 or v2";
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

static const char *read_operand(enum operand operand, struct token token, struct command *c)
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
		return expectation(token, c);
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

/* An operand that may be missing; the first word of it decides. Puts the word back when it is not its own. */
static const char *read_optional(enum operand operand, struct line *line, struct command *c)
{
	struct line before = *line;
	struct token token = next_token(line);
	unsigned long value = 0;

	switch (operand) {
	case MAYBE_SWITCH:
		return read_choice(SWITCH, token, c);
	case HWPT_FLAGS:
		return token.size > 0 && flags(token, hwpt_flags, &c->extra)
			? NULL : "any of +nest-parent +dirty +fault +pasid, or the end of the line";
	case PASID:
		if (!is(token, "pasid")) {
			*line = before;
			return NULL;
		}
		token = next_token(line);
		c->has_pasid = true;
		if (!decimal(token.at, token.size, 999999999, &value))
			return "a PASID in decimal";
		c->pasid = (uint32_t)value;
		return NULL;
	default:
		if (!is(token, "@"))
			return "@ and where it lands, or the end of the line";
		return expectation(next_token(line), c);
	}
}

static int find_word(struct token token)
{
	int op;

	for (op = 0; op < OPS; op++) {
		const char *word = shapes[op].word;

		if (token.size > 0 && word[0] == token.at[0] && is(token, word))
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
