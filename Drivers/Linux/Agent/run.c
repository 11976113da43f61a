/* One line: parse, run, answer. */
#include "run.h"

#include "clients.h"
#include "command.h"
#include "devices.h"
#include "dma.h"
#include "faults.h"
#include "files.h"
#include "groups.h"
#include "klog.h"
#include "memory.h"
#include "pci.h"
#include "reply.h"
#include "trace.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

static bool can_fail;

void run_init(bool faults)
{
	can_fail = faults;
}

static void put_fact(struct reply *reply, const char *name, uint64_t value)
{
	put_char(reply, ' ');
	put(reply, name);
	put_char(reply, '=');
	put_hex(reply, value);
}

static void hello(const struct command *command, struct reply *reply)
{
	const struct memory_facts *facts = memory_facts();
	struct utsname name;

	if (command->extra != PROTOCOL) {
		put(reply, "error 7 version 1");
		return;
	}
	uname(&name);
	put(reply, "0 version=1 release=");
	put(reply, name.release);
	put(reply, " machine=");
	put(reply, name.machine);
	put_fact(reply, "page", facts->page_size);
	put_fact(reply, "memory", facts->size);
	put_fact(reply, "longest-run", facts->longest_run);
	put_fact(reply, "contiguous", facts->contiguous);
	put_fact(reply, "iommufd", iommufd_is_there());
	put_fact(reply, "type1", type1_is_there());
	put_fact(reply, "fail-nth", can_fail);
	put_fact(reply, "kernel-driver", device_has_kernel_driver());
	put_fact(reply, "ram", ram_is_reachable());
}

static void file(const struct command *command, struct reply *reply)
{
	char path[PATH_SIZE];
	char *text = text_begin(reply);
	long size;

	if (command->word_size >= sizeof(path) || !text) {
		put(reply, text ? "-36" : "skipped");
		return;
	}
	memcpy(path, command->word, command->word_size);
	path[command->word_size] = '\0';
	size = read_all(path, text, REPLY_TEXT);
	if (size < 0)
		put_status(reply, size);
	else
		text_end(reply, (size_t)size);
}

/* Everything that a batch may have left: what holds devices first, since a driver waits for its last user. */
static void reset(struct reply *reply)
{
	int i, drivers, types;

	faults_forget();
	for (i = 0; i < MAX_DEVICES; i++) {
		struct device *device = device_named(i);

		if (device && device->hold != HOLD_NONE)
			device_let_go(device);
	}
	type1_reset();
	iommufd_reset();
	drivers = devices_reset();
	types = groups_reset();
	put_status(reply, drivers < 0 ? drivers : types);
}

/* Commands on drivers and the bus. */
static void administer(const struct command *command, struct reply *reply)
{
	struct device *device = device_named(command->a);
	bool is_free = device && device->present && device->hold == HOLD_NONE;
	int result;

	if (command->op == OP_PROBE ? !device || device->present
				    : !is_free || device->kernel_driver != (command->op == OP_UNBIND)) {
		/* release takes a device from its driver, whichever it is. */
		if (command->op != OP_RELEASE || !is_free) {
			put_none(reply);
			return;
		}
	}
	switch (command->op) {
	case OP_BIND:
		result = device_bind(device);
		if (result == -ENOSYS) {
			put_unable(reply, "no uio_pci_generic");
			return;
		}
		break;
	case OP_UNBIND:
		result = device_unbind(device);
		break;
	case OP_RELEASE:
		result = device_release(device);
		break;
	default:
		result = device_probe(device);
		break;
	}
	put_status(reply, result);
}

static void run_on_group(const struct command *command, struct reply *reply)
{
	const struct group *group = group_named(command->a);

	if (!group || !group_is_there(group))
		put_none(reply);
	else if (command->op == OP_SET_TYPE)
		put_status(reply, group_set_type(command->a, (enum type)command->extra));
	else if (command->op == OP_SHOW_TYPE)
		group_show_type(command->a, reply);
	else
		group_show_reserved(command->a, reply);
}

static void set_option(const struct command *command, struct reply *reply)
{
	static const char name[] = "unbind-for-type";

	if (command->word_size != sizeof(name) - 1 || memcmp(command->word, name, sizeof(name) - 1) != 0) {
		put(reply, "error 8 unbind-for-type");
		return;
	}
	unbind_for_type = command->extra;
	put_status(reply, 0);
}

static void run_service(const struct command *command, struct reply *reply)
{
	switch (command->op) {
	case OP_HELLO:
		hello(command, reply);
		break;
	case OP_PING:
		put_status(reply, 0);
		break;
	case OP_LIST:
		pci_list(reply);
		break;
	case OP_DEVICE:
		device_configure(command, reply);
		break;
	case OP_OPTION:
		set_option(command, reply);
		break;
	case OP_PAGES:
		memory_show(reply);
		break;
	case OP_FILE:
		file(command, reply);
		break;
	case OP_DMESG:
		klog_show(reply);
		break;
	case OP_TRACE: case OP_KPROBE:
		trace_run(command, reply);
		break;
	default:
		reset(reply);
		break;
	}
}

static void run(const struct command *command, struct reply *reply)
{
	switch (command->op) {
	case OP_BIND: case OP_UNBIND: case OP_RELEASE: case OP_PROBE:
		administer(command, reply);
		break;
	case OP_RESERVED: case OP_SET_TYPE: case OP_SHOW_TYPE:
		run_on_group(command, reply);
		break;
	case OP_DMA: case OP_DMA_MEMORY: case OP_PROBE_DMA:
		dma_run(command, reply);
		break;
	default:
		if (command->op < OP_BIND)
			run_service(command, reply);
		else if (command->op < OP_VFIO_SET_CONTAINER)
			iommufd_run(command, reply);
		else
			type1_run(command, reply);
		break;
	}
}

static void prepare_failure(const struct command *command, struct reply *reply)
{
	if (!can_fail) {
		put_unable(reply, "a kernel without fault injection");
		return;
	}
	faults_prepare(command->extra);
	put_status(reply, 0);
}

void run_line(unsigned int index, const char *line, const char *end, struct reply *reply)
{
	struct parse_error error;
	struct command command;

	if (!parse_command(line, end, &command, &error)) {
		put(reply, "error ");
		put_decimal(reply, error.column);
		put_char(reply, ' ');
		put(reply, error.expected);
		return;
	}
	trace_mark(index, line, end);
	if (command.op == OP_FAIL_NTH) {
		prepare_failure(&command, reply);
		return;
	}
	if (!faults_waiting() || command.op < OP_BIND) {
		run(&command, reply);
		return;
	}
	run(&command, reply);
	faults_forget();
	put(reply, faults_struck() ? " hit" : " miss");
}
