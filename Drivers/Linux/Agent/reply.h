/* The answer to one batch, written once into a buffer of fixed size. */
#ifndef REPLY_H
#define REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	REPLY_SIZE = 1 << 20,
	/* What one command may add, text excepted. */
	REPLY_ROOM = 48 << 10,
	/* What a command that gives text may add. */
	REPLY_TEXT = 256 << 10,
};

struct reply {
	char *start;
	char *at;
	char *end;
};

/* Each writes what fits and stops at the end of the buffer. */
void put_bytes(struct reply *reply, const char *bytes, size_t size);
void put(struct reply *reply, const char *text);
void put_char(struct reply *reply, char c);
void put_decimal(struct reply *reply, uint64_t value);
void put_hex(struct reply *reply, uint64_t value);

/* "0", or the negative error number that result is. */
void put_status(struct reply *reply, long result);

/* A status, and on success a value. */
void put_value(struct reply *reply, long result, uint64_t value);

void put_none(struct reply *reply);
void put_unable(struct reply *reply, const char *why);

/*
 * "text SIZE", newline, the bytes. The caller writes the bytes at text_begin's result (room for REPLY_TEXT) and
 * ends with their count.
 */
char *text_begin(struct reply *reply);
void text_end(struct reply *reply, size_t size);

static inline size_t reply_left(const struct reply *reply)
{
	return (size_t)(reply->end - reply->at);
}

#endif
