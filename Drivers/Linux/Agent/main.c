/* /init of the guest: mounts, modules, memory, then the channel. */
#include "channel.h"
#include "faults.h"
#include "files.h"
#include "klog.h"
#include "memory.h"
#include "pci.h"
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct mount_point {
	const char *type;
	const char *where;
};

static const struct mount_point mount_points[] = {
	{ "proc", "/proc" }, { "sysfs", "/sys" }, { "devtmpfs", "/dev" }, { "debugfs", "/sys/kernel/debug" },
	{ "tracefs", "/sys/kernel/tracing" },
};

static void mount_all(void)
{
	size_t i;

	for (i = 0; i < sizeof(mount_points) / sizeof(mount_points[0]); i++) {
		const struct mount_point *point = &mount_points[i];

		mkdir(point->where, 0755);
		if (mount(point->type, point->where, point->type, 0, NULL) < 0 && errno != EBUSY)
			say("no %s: %s", point->type, strerror(errno));
	}
}

static void insert(const char *name)
{
	char path[PATH_SIZE];
	int fd = open(path_of(path, "/modules/", name, ""), O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) < 0)
		say("module %s: %s", name, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* In the order of the list, one name a line. */
static void insert_modules(void)
{
	FILE *list = fopen("/modules.order", "re");
	char name[128];

	if (!list)
		return;
	while (fgets(name, sizeof(name), list)) {
		name[strcspn(name, "\n")] = '\0';
		if (name[0] != '\0')
			insert(name);
	}
	fclose(list);
}

_Noreturn static void give_up(const char *why)
{
	say("%s", why);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

int main(void)
{
	int tries = 0;

	mount_all();
	say("protocol %d", PROTOCOL);
	insert_modules();
	run_init(faults_init());
	klog_init();
	pci_init();
	if (!memory_init())
		give_up("not enough memory");
	/* A port has its name some time after its driver. */
	while (!channel_open("a")) {
		if (++tries > 500)
			give_up("no virtio port with the name a");
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	say("ready");
	channel_serve();
}
