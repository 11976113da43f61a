/* Mutated lines and frames against the parser: whatever comes in, every byte read is one that there is. */
#include "command.h"
#include "frame.h"
#include "reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 200000, LONGEST = 200 };

/* Every command, and for each what a correct parse has to give back. */
static const char *const lines[] = {
	"hello 1", "ping", "list", "device d0 0000:00:05.0 testdev", "option unbind-for-type on", "reserved g0",
	"pages", "file /proc/version", "dmesg", "trace", "trace on", "kprobe p:agent/x iommu_map", "reset",
	"bind d0", "unbind d15", "release d3", "probe d3", "set-type g0 DMA-FQ", "show-type g15",
	"dma d0 0 0x1000 write", "dma d0 0 0x1000 read pasid 5 @ m0x1000", "dma d0 0 0x1000 write @ -",
	"dma-memory d0 0 m0x1000 write", "dma-memory d0 0 m0x1000 read @ 0x40000000", "p d0 0x1000 m0x2000",
	"p d0 0xffffffffffffffff -", "fail-nth 999", "fd-bind d0 f1", "fd-unbind d0", "fd-attach A0 d0",
	"fd-attach H15 d0", "fd-detach d0", "ioas-alloc A15 f0", "ioas-destroy A0",
	"ioas-map A0 0x10000 m0x2000 0x1000 rw", "ioas-map A0 0x10000 m0x2000 0x1000 -+cache+noexec+mmio+priv",
	"ioas-map-auto A0 m0x2000 0x1000 r", "ioas-copy A0 A1 0x1000 0x2000 0x3000 w",
	"ioas-unmap A0 0x1000 0x1000", "ioas-unmap-all A0", "ioas-ranges A0", "ioas-allow A0 0x1000 0x0",
	"ioas-huge A0 off", "hwpt-alloc H0 d0 A0", "hwpt-alloc H0 d0 H1 +nest-parent+dirty+fault+pasid",
	"hwpt-destroy H0", "hwpt-dirty H0 on", "vfio-set-container c2 g0", "vfio-unset-container g0",
	"vfio-set-iommu c0 v1", "vfio-open d0", "vfio-close d0", "vfio-map c0 0x1000 m0x0 0x1000 rw",
	"vfio-unmap c0 0x1000 0x1000", "vfio-unmap-all c0",
};

/* Lines that are none, and the column that is at fault. */
static const struct {
	const char *line;
	unsigned int column;
} wrong[] = {
	{ "", 1 }, { " ping", 1 }, { "ping ", 5 }, { "pong", 1 }, { "ping x", 5 }, { "dma d0 1 0x1000 write", 8 },
	{ "dma d0 0 1000 write", 10 }, { "dma d0 0 0x1000 write @", 23 }, { "dma d0 0 0x1000 write pasid", 23 },
	{ "fd-bind d16 f0", 9 }, { "fd-bind d0 f2", 12 }, { "fd-bind  d0 f0", 9 }, { "fd-bind d00 f0", 9 },
	{ "ioas-map A0 0x10000000000000000 m0x0 0x1 rw", 13 }, { "ioas-map A0 0x1 m0x0 0x1", 25 },
	{ "ioas-map A0 0x1 m0x0 0x1 rw+cache+cache", 26 }, { "fail-nth 1000", 10 }, { "kprobe", 7 },
	{ "hwpt-alloc H0 d0 A0 +x", 21 }, { "trace maybe", 7 }, { "ioas-map A0 0xA m0x0 0x1 rw", 13 },
};

static unsigned int seed = 1;

static unsigned int draw(unsigned int below)
{
	seed = seed * 1664525U + 1013904223U;
	return (unsigned int)((unsigned long long)seed * below >> 32);
}

static void fail(const char *what, const char *line)
{
	fprintf(stderr, "%s: '%s'\n", what, line);
	exit(1);
}

/* In a block of its own size, so that one byte too many is seen. */
static bool parse(const char *text, size_t size, struct parse_error *error)
{
	char *block = malloc(size ? size : 1);
	struct command command;
	bool good;

	if (!block)
		abort();
	memcpy(block, text, size);
	good = parse_command(block, block + size, &command, error);
	if (good && (command.a < 0 || command.a >= MAX_DEVICES || command.b < 0 || command.b >= MAX_DEVICES ||
		     command.table.index >= MAX_IOAS || (unsigned int)command.op >= OPS))
		fail("operand out of range", text);
	if (good && command.word && (command.word < block || command.word + command.word_size > block + size))
		fail("word out of the line", text);
	if (!good && (error->column == 0 || error->column > size + 1 || !error->expected))
		fail("place out of the line", text);
	free(block);
	return good;
}

static size_t mutate(char *text, size_t size)
{
	static const char bytes[] = " 0123456789abcdefxdgAHcmfrw+-@\n\0\377:.";
	unsigned int times = 1 + draw(4);

	while (times-- > 0) {
		size_t at = draw((unsigned int)size + 1);

		switch (draw(4)) {
		case 0:
			if (at < size)
				text[at] = bytes[draw(sizeof(bytes) - 1)];
			break;
		case 1:
			if (size < LONGEST - 1) {
				memmove(text + at + 1, text + at, size - at);
				text[at] = bytes[draw(sizeof(bytes) - 1)];
				size++;
			}
			break;
		case 2:
			if (at < size) {
				memmove(text + at, text + at + 1, size - at - 1);
				size--;
			}
			break;
		default:
			size = at;
			break;
		}
	}
	return size;
}

static void check_lines(void)
{
	struct parse_error error;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!parse(lines[i], strlen(lines[i]), &error))
			fail(error.expected, lines[i]);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (parse(wrong[i].line, strlen(wrong[i].line), &error) || error.column != wrong[i].column)
			fail("wrong place", wrong[i].line);
}

static unsigned int fuzz_lines(void)
{
	unsigned int round, good = 0;
	struct parse_error error;
	char text[LONGEST];

	for (round = 0; round < ROUNDS; round++) {
		const char *line = lines[draw(sizeof(lines) / sizeof(lines[0]))];
		size_t size = strlen(line);

		memcpy(text, line, size);
		size = mutate(text, size);
		good += parse(text, size, &error);
	}
	return good;
}

static unsigned int fuzz_frames(void)
{
	static const char frame_text[] = "Q 7 2 10\nping\nping\n";
	unsigned int round, good = 0;
	char text[LONGEST];

	for (round = 0; round < ROUNDS; round++) {
		size_t size = sizeof(frame_text) - 1, used = 0;
		struct frame_error error;
		enum frame_state state;
		struct frame frame;
		char *block;

		memcpy(text, frame_text, size);
		if (round > 0)
			size = mutate(text, size);
		block = malloc(size ? size : 1);
		if (!block)
			abort();
		memcpy(block, text, size);
		state = frame_parse(block, size, &frame, &used, &error);
		if (state == FRAME_BROKEN && (used == 0 || used > size || !error.expected))
			fail("a broken frame that takes nothing", text);
		if (state == FRAME_WHOLE &&
		    (used > size || frame.body < block || frame.body + frame.size > block + size))
			fail("a frame out of its bytes", text);
		good += state == FRAME_WHOLE;
		free(block);
	}
	return good;
}

/* Answers stop at the end of their buffer. */
static void check_reply(void)
{
	char *block = malloc(100);
	struct reply reply = { block, block, block + 100 };
	int i;

	if (!block)
		abort();
	for (i = 0; i < 50; i++) {
		put_hex(&reply, UINT64_MAX >> i);
		put_decimal(&reply, UINT64_MAX >> i);
		put_status(&reply, -4095);
	}
	if (reply.at != reply.end || text_begin(&reply))
		fail("a full answer", "");
	free(block);
}

int main(void)
{
	unsigned int good_lines, good_frames;

	check_lines();
	check_reply();
	good_lines = fuzz_lines();
	good_frames = fuzz_frames();
	printf("%d mutated lines, %u of them commands; %d mutated frames, %u of them frames\n", ROUNDS, good_lines,
	       ROUNDS, good_frames);
	return 0;
}
