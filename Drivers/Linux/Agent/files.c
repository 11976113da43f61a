/* Small files of sysfs and procfs. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *path_of(char path[PATH_SIZE], const char *first, const char *second, const char *third)
{
	int size = snprintf(path, PATH_SIZE, "%s%s%s", first, second, third);

	if (size >= PATH_SIZE)
		path[0] = '\0';
	return path;
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t done;
	int result;

	if (fd < 0)
		return -errno;
	done = write(fd, text, strlen(text));
	result = done < 0 ? -errno : 0;
	close(fd);
	return result;
}

long read_all(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t have = 0;
	ssize_t done = 1;

	if (fd < 0)
		return -errno;
	while (have < size && done > 0) {
		done = read(fd, text + have, size - have);
		if (done > 0)
			have += (size_t)done;
	}
	if (done < 0 && have == 0)
		have = (size_t)-errno;
	close(fd);
	return (long)have;
}

long read_file(const char *path, char *text, size_t size)
{
	long done = read_all(path, text, size - 1);

	if (done < 0) {
		text[0] = '\0';
		return done;
	}
	if (done > 0 && text[done - 1] == '\n')
		done--;
	text[done] = '\0';
	return done;
}

int read_link_name(const char *path, char *name, size_t size)
{
	char target[PATH_SIZE];
	ssize_t done = readlink(path, target, sizeof(target) - 1);
	const char *last;

	name[0] = '\0';
	if (done < 0)
		return -errno;
	target[done] = '\0';
	last = strrchr(target, '/');
	last = last ? last + 1 : target;
	if (strlen(last) >= size)
		return -ENAMETOOLONG;
	memcpy(name, last, strlen(last) + 1);
	return 0;
}

void say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("agent: ", stdout);
	vprintf(format, arguments);
	putchar('\n');
	fflush(stdout);
	va_end(arguments);
}
