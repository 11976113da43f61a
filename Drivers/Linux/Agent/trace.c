/* The kernel's view. */
#include "trace.h"

#include "files.h"
#include "reply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRACING "/sys/kernel/tracing/"
#define INSTANCE TRACING "instances/agent/"

enum { MARK = 160 };

static bool on;
static int marker = -1;
static int pipe_fd = -1;

static int start(void)
{
	if (mkdir(TRACING "instances/agent", 0700) < 0 && errno != EEXIST)
		return -errno;
	write_file(INSTANCE "buffer_size_kb", "1024");
	write_file(INSTANCE "events/iommu/enable", "1");
	write_file(INSTANCE "events/agent/enable", "1");
	if (marker < 0)
		marker = open(INSTANCE "trace_marker", O_WRONLY | O_CLOEXEC);
	if (pipe_fd < 0)
		pipe_fd = open(INSTANCE "trace_pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return marker < 0 || pipe_fd < 0 ? -ENOENT : write_file(INSTANCE "tracing_on", "1");
}

static int stop(void)
{
	return access(INSTANCE, F_OK) < 0 ? 0 : write_file(INSTANCE "tracing_on", "0");
}

static void show(struct reply *reply)
{
	char *text = text_begin(reply);
	size_t have = 0;
	ssize_t size = 1;

	if (!text) {
		put(reply, "skipped");
		return;
	}
	while (pipe_fd >= 0 && have < REPLY_TEXT && size > 0) {
		size = read(pipe_fd, text + have, REPLY_TEXT - have);
		if (size > 0)
			have += (size_t)size;
	}
	text_end(reply, have);
}

/* A definition as in kprobe_events: p:agent/NAME ... or r:agent/NAME ... */
static int add_probe(const struct command *command)
{
	char text[256];
	int fd, result = 0;

	if (command->word_size >= sizeof(text) - 1)
		return -E2BIG;
	memcpy(text, command->word, command->word_size);
	text[command->word_size] = '\n';
	fd = open(TRACING "kprobe_events", O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, command->word_size + 1) < 0)
		result = -errno;
	close(fd);
	if (result == 0 && on)
		write_file(INSTANCE "events/agent/enable", "1");
	return result;
}

void trace_run(const struct command *command, struct reply *reply)
{
	int result;

	if (command->op == OP_KPROBE) {
		put_status(reply, add_probe(command));
		return;
	}
	if (!command->has_switch) {
		show(reply);
		return;
	}
	result = command->extra ? start() : stop();
	on = command->extra && result == 0;
	put_status(reply, result);
}

void trace_mark(unsigned int index, const char *line, const char *end)
{
	char text[MARK];
	int size;

	if (!on)
		return;
	size = snprintf(text, sizeof(text), "%u %.*s\n", index, (int)(end - line < 120 ? end - line : 120), line);
	if (write(marker, text, (size_t)size) < 0)
		on = false;
}
