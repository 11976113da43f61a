/* The kernel's log: /dev/kmsg without waiting, one record a read. */
#include "klog.h"

#include "reply.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { KEEP = 64 << 10, RECORD = 8 << 10 };

static int kmsg = -1;
static char kept[KEEP];
static size_t used;
static bool splat;

static const char *const alarms[] = {
	"WARNING:", "BUG:", "kernel BUG", "Oops", "Call Trace", "Call trace", "Kernel panic", "general protection",
	"blocked for more than", "soft lockup", "rcu_preempt detected stalls",
};

void klog_init(void)
{
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg >= 0)
		lseek(kmsg, 0, SEEK_END);
}

/* Forgets whole lines from the beginning until there is room. */
static void make_room(size_t size)
{
	size_t drop = used + size > KEEP ? used + size - KEEP : 0;
	const char *end;

	if (drop == 0)
		return;
	end = memchr(kept + drop - 1, '\n', used - drop + 1);
	drop = end ? (size_t)(end - kept) + 1 : used;
	memmove(kept, kept + drop, used - drop);
	used -= drop;
}

/* A record is "LEVEL,NUMBER,TIME,FLAGS;TEXT\n" and lines " KEY=VALUE\n". */
static void take(char *record, size_t size)
{
	const char *text = memchr(record, ';', size);
	const char *end;
	size_t i;

	if (!text++)
		return;
	end = memchr(text, '\n', size - (size_t)(text - record));
	if (!end)
		return;
	make_room((size_t)(end - text) + 1);
	memcpy(kept + used, text, (size_t)(end - text) + 1);
	used += (size_t)(end - text) + 1;
	record[end - record] = '\0';
	for (i = 0; i < sizeof(alarms) / sizeof(alarms[0]); i++)
		splat |= strstr(text, alarms[i]) != NULL;
}

bool klog_look(void)
{
	static char record[RECORD];

	while (kmsg >= 0) {
		ssize_t size = read(kmsg, record, sizeof(record));

		if (size > 0)
			take(record, (size_t)size);
		/* EPIPE: records were lost, reading goes on behind them. */
		else if (size == 0 || errno != EPIPE)
			break;
	}
	return splat;
}

void klog_show(struct reply *reply)
{
	char *text = text_begin(reply);

	klog_look();
	if (!text) {
		put(reply, "skipped");
		return;
	}
	memcpy(text, kept, used);
	text_end(reply, used);
	used = 0;
	splat = false;
}
