/* The answer to one batch. */
#include "reply.h"

#include <string.h>

/* "text " and seven digits, newline. */
enum { TEXT_HEAD = 13, TEXT_DIGITS = 7 };

void put_bytes(struct reply *reply, const char *bytes, size_t size)
{
	size_t left = reply_left(reply);

	if (size > left)
		size = left;
	memcpy(reply->at, bytes, size);
	reply->at += size;
}

void put(struct reply *reply, const char *text)
{
	put_bytes(reply, text, strlen(text));
}

void put_char(struct reply *reply, char c)
{
	put_bytes(reply, &c, 1);
}

void put_decimal(struct reply *reply, uint64_t value)
{
	char digits[20];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	put_bytes(reply, digits + i, sizeof(digits) - i);
}

void put_hex(struct reply *reply, uint64_t value)
{
	char digits[18];
	size_t i = sizeof(digits);

	do {
		digits[--i] = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value);
	digits[--i] = 'x';
	digits[--i] = '0';
	put_bytes(reply, digits + i, sizeof(digits) - i);
}

void put_status(struct reply *reply, long result)
{
	if (result < 0) {
		put_char(reply, '-');
		put_decimal(reply, (uint64_t)-result);
	} else {
		put_char(reply, '0');
	}
}

void put_value(struct reply *reply, long result, uint64_t value)
{
	put_status(reply, result);
	if (result < 0)
		return;
	put_char(reply, ' ');
	put_hex(reply, value);
}

void put_none(struct reply *reply)
{
	put(reply, "none");
}

void put_unable(struct reply *reply, const char *why)
{
	put(reply, "unable ");
	put(reply, why);
}

char *text_begin(struct reply *reply)
{
	return reply_left(reply) < TEXT_HEAD + REPLY_TEXT + REPLY_ROOM ? NULL : reply->at + TEXT_HEAD;
}

void text_end(struct reply *reply, size_t size)
{
	size_t rest = size;
	int i;

	memcpy(reply->at, "text ", 5);
	for (i = TEXT_DIGITS - 1; i >= 0; i--) {
		reply->at[5 + i] = (char)('0' + rest % 10);
		rest /= 10;
	}
	reply->at[TEXT_HEAD - 1] = '\n';
	reply->at += TEXT_HEAD + size;
}
