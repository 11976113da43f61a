/* Frames of the host. */
#include "frame.h"

#include <stdbool.h>
#include <string.h>

static bool number(const char **at, const char *end, unsigned long last, unsigned long *value)
{
	const char *start = *at;

	*value = 0;
	while (*at < end && **at >= '0' && **at <= '9' && *at - start < 10)
		*value = *value * 10 + (unsigned long)(*(*at)++ - '0');
	return *at > start && *value <= last;
}

/* A space and a number. */
static bool field(const char **at, const char *end, unsigned long last, unsigned long *value)
{
	if (*at == end || **at != ' ')
		return false;
	++*at;
	return number(at, end, last, value);
}

static enum frame_state broken(struct frame_error *error, size_t column, const char *expected)
{
	error->column = (unsigned int)column + 1;
	error->expected = expected;
	return FRAME_BROKEN;
}

static size_t newlines(const char *at, size_t size)
{
	const char *end = at + size;
	size_t count = 0;

	while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		count++;
		at++;
	}
	return count;
}

enum frame_state frame_parse(const char *bytes, size_t have, struct frame *frame, size_t *used,
			     struct frame_error *error)
{
	size_t look = have < FRAME_HEAD ? have : FRAME_HEAD;
	const char *end = memchr(bytes, '\n', look);
	const char *at = bytes;
	unsigned long count, size;

	*used = end ? (size_t)(end - bytes) + 1 : look;
	if (!end)
		return have < FRAME_HEAD ? FRAME_PART : broken(error, FRAME_HEAD, "the end of the header");
	if (*at++ != 'Q')
		return broken(error, 0, "Q");
	if (!field(&at, end, 0xffffffffUL, &frame->sequence))
		return broken(error, (size_t)(at - bytes), "a sequence number");
	if (!field(&at, end, FRAME_LINES, &count) || count == 0)
		return broken(error, (size_t)(at - bytes), "a count of lines, 1 to 1024");
	if (!field(&at, end, FRAME_BODY, &size))
		return broken(error, (size_t)(at - bytes), "a count of bytes up to 65536");
	if (at != end)
		return broken(error, (size_t)(at - bytes), "the end of the header");
	if (have - *used < size)
		return FRAME_PART;
	frame->body = end + 1;
	frame->count = (unsigned int)count;
	frame->size = size;
	*used += size;
	if (size == 0 || frame->body[size - 1] != '\n' || newlines(frame->body, size) != count)
		return broken(error, 0, "a body of as many lines as the header says");
	return FRAME_WHOLE;
}
