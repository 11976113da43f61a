/* A frame of the host: "Q SEQUENCE COUNT SIZE", newline, COUNT lines of SIZE bytes together. */
#ifndef FRAME_H
#define FRAME_H

#include <stddef.h>

enum {
	FRAME_HEAD = 64,
	FRAME_BODY = 64 << 10,
	FRAME_LINES = 1024,
};

struct frame {
	unsigned long sequence;
	unsigned int count;
	const char *body;
	size_t size;
};

struct frame_error {
	unsigned int column;
	const char *expected;
};

enum frame_state { FRAME_PART, FRAME_WHOLE, FRAME_BROKEN };

/*
 * Looks at the bytes that have come. Whole: the frame, and in used the bytes that it takes. Broken: what is wrong,
 * and in used the bytes to drop. A whole frame has as many newlines as lines, the last at its end.
 */
enum frame_state frame_parse(const char *bytes, size_t have, struct frame *frame, size_t *used,
			     struct frame_error *error);

#endif
