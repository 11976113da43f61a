/* Frames: a header line with lengths, then lines. */
#include "channel.h"

#include "files.h"
#include "frame.h"
#include "klog.h"
#include "reply.h"
#include "run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Room in front of the body for the header that is known last. */
enum { HEAD = 64 };

static int port = -1;
static char input[FRAME_HEAD + FRAME_BODY];
static size_t have;
static char output[HEAD + REPLY_SIZE];

bool channel_open(const char *name)
{
	DIR *ports = opendir("/sys/class/virtio-ports");
	char path[PATH_SIZE], text[64];
	struct dirent *entry;

	while (ports && port < 0 && (entry = readdir(ports)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		path_of(path, "/sys/class/virtio-ports/", entry->d_name, "/name");
		if (read_file(path, text, sizeof(text)) < 0 || strcmp(text, name) != 0)
			continue;
		port = open(path_of(path, "/dev/", entry->d_name, ""), O_RDWR | O_CLOEXEC);
		say("port %s is %s", name, entry->d_name);
	}
	if (ports)
		closedir(ports);
	return port >= 0;
}

/* More bytes behind those there are. Nobody at the other end: waits for somebody. */
static void read_more(void)
{
	for (;;) {
		ssize_t size = read(port, input + have, sizeof(input) - have);

		if (size > 0) {
			have += (size_t)size;
			return;
		}
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
}

static void write_out(const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t done = write(port, bytes, size);

		if (done < 0 && errno != EINTR && errno != EAGAIN)
			return;
		if (done > 0) {
			bytes += done;
			size -= (size_t)done;
		}
	}
}

/* The header goes right in front of the body, so that a frame is one write. */
static void send_reply(const struct reply *reply, unsigned long sequence, char flag, unsigned int count)
{
	char head[HEAD];
	size_t body = (size_t)(reply->at - reply->start);
	int size = snprintf(head, sizeof(head), "R %lu %c %u %zu\n", sequence, flag, count, body);

	memcpy(reply->start - size, head, (size_t)size);
	write_out(reply->start - size, (size_t)size + body);
}

static void drop(size_t size)
{
	memmove(input, input + size, have - size);
	have -= size;
}

static void begin_reply(struct reply *reply)
{
	reply->start = reply->at = output + HEAD;
	reply->end = output + sizeof(output);
}

/* A frame that is none: says where, and goes on behind the line. */
static void refuse(const struct frame_error *error, size_t size)
{
	struct reply reply;

	begin_reply(&reply);
	put(&reply, "error ");
	put_decimal(&reply, error->column);
	put_char(&reply, ' ');
	put(&reply, error->expected);
	put_char(&reply, '\n');
	send_reply(&reply, 0, '!', 1);
	drop(size);
}

static void run_batch(const struct frame *frame)
{
	const char *at = frame->body, *end = frame->body + frame->size;
	struct reply reply;
	unsigned int index;

	begin_reply(&reply);
	for (index = 0; index < frame->count; index++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		/* Room for this answer and for the word that stands for each of the others. */
		if (reply_left(&reply) < REPLY_ROOM + 8UL * FRAME_LINES)
			put(&reply, "skipped");
		else
			run_line(index, at, newline, &reply);
		put_char(&reply, '\n');
		at = newline + 1;
	}
	send_reply(&reply, frame->sequence, klog_look() ? 'W' : '-', frame->count);
}

_Noreturn void channel_serve(void)
{
	struct frame_error error;
	struct frame frame;
	size_t size;

	for (;;) {
		switch (frame_parse(input, have, &frame, &size, &error)) {
		case FRAME_WHOLE:
			run_batch(&frame);
			drop(size);
			break;
		case FRAME_PART:
			read_more();
			break;
		case FRAME_BROKEN:
			refuse(&error, size);
			break;
		}
	}
}
