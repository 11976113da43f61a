/* Failures on purpose. */
#include "faults.h"

#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int fail_nth = -1;
static unsigned int nth;	/* what to write next, 0: nothing */
static bool armed;
static bool struck;

/*
 * fail-nth counts in every failure point of the kernel, but each point first asks its own knobs whether the
 * allocation is of a kind that may fail at all: by default most are not. verbose 0: a failure is no stack trace.
 */
bool faults_init(void)
{
	static const char *const points[] = {
		"/sys/kernel/debug/failslab/", "/sys/kernel/debug/fail_page_alloc/",
		"/sys/kernel/debug/fail_iommufd/",
	};
	char path[PATH_SIZE];
	size_t i;

	for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		write_file(path_of(path, points[i], "verbose", ""), "0");
		write_file(path_of(path, points[i], "task-filter", ""), "Y");
		write_file(path_of(path, points[i], "ignore-gfp-wait", ""), "N");
		write_file(path_of(path, points[i], "ignore-gfp-highmem", ""), "N");
		write_file(path_of(path, points[i], "min-order", ""), "0");
	}
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	return fail_nth >= 0;
}

void faults_prepare(unsigned int skip)
{
	nth = skip + 1;
	struck = false;
}

bool faults_waiting(void)
{
	return nth != 0;
}

void faults_forget(void)
{
	nth = 0;
}

static bool write_nth(unsigned int value)
{
	char text[16];
	int size = snprintf(text, sizeof(text), "%u", value);

	return pwrite(fail_nth, text, (size_t)size, 0) == size;
}

void faults_begin(void)
{
	struck = false;
	if (nth == 0 || fail_nth < 0)
		return;
	armed = write_nth(nth);
	nth = 0;
}

void faults_end(void)
{
	char text[16];
	ssize_t size;

	if (!armed)
		return;
	armed = false;
	size = pread(fail_nth, text, sizeof(text), 0);
	struck = size > 0 && text[0] == '0';
	if (!struck)
		write_nth(0);
}

bool faults_struck(void)
{
	return struck;
}

long ioctl_result(int fd, unsigned long request, void *argument)
{
	long result = ioctl(fd, request, argument);

	return result < 0 ? -errno : result;
}

long strike_ioctl(int fd, unsigned long request, void *argument)
{
	long result;

	faults_begin();
	result = ioctl_result(fd, request, argument);
	faults_end();
	return result;
}
