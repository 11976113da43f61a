/* IOMMU groups: numbers, members, types. */
#include "groups.h"

#include "devices.h"
#include "faults.h"
#include "files.h"
#include "reply.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GROUPS "/sys/kernel/iommu_groups/"

static struct group groups[MAX_GROUPS];

static const char *const type_words[] = {
	[TYPE_IDENTITY] = "identity", [TYPE_DMA] = "DMA", [TYPE_DMA_FQ] = "DMA-FQ", [TYPE_AUTO] = "auto",
};

struct group *group_named(int index)
{
	return groups[index].known ? &groups[index] : NULL;
}

bool group_is_there(const struct group *group)
{
	return group->number >= 0;
}

int first_number_in(const char *directory, const char *prefix)
{
	DIR *entries = opendir(directory);
	size_t size = strlen(prefix);
	struct dirent *entry;
	int number = -ENOENT;

	if (!entries)
		return -errno;
	while (number < 0 && (entry = readdir(entries)) != NULL)
		if (strncmp(entry->d_name, prefix, size) == 0)
			number = atoi(entry->d_name + size);
	closedir(entries);
	return number;
}

static int number_of(const char *bdf)
{
	char path[PATH_SIZE], name[16];

	if (read_link_name(path_of(path, "/sys/bus/pci/devices/", bdf, "/iommu_group"), name, sizeof(name)) < 0)
		return -1;
	return atoi(name);
}

static void path_in(char path[PATH_SIZE], int number, const char *attribute)
{
	snprintf(path, PATH_SIZE, GROUPS "%d/%s", number, attribute);
}

static long read_type(const struct group *group, char *text, size_t size)
{
	ssize_t done;

	done = pread(group->type_fd, text, size - 1, 0);
	if (done < 0)
		return -errno;
	if (done > 0 && text[done - 1] == '\n')
		done--;
	text[done] = '\0';
	return done;
}

static void set_number(struct group *group, int number)
{
	char path[PATH_SIZE];

	if (group->type_fd >= 0)
		close(group->type_fd);
	group->type_fd = -1;
	group->number = number;
	if (number < 0)
		return;
	path_in(path, number, "type");
	group->type_fd = open(path, O_RDWR | O_CLOEXEC);
}

int group_of_new_device(const char *bdf)
{
	int number = number_of(bdf);
	int i;

	for (i = 0; i < MAX_GROUPS && groups[i].known; i++)
		if (number >= 0 && groups[i].number == number)
			return i;
	if (i == MAX_GROUPS)
		i = MAX_GROUPS - 1;
	groups[i] = (struct group){ .known = true, .type_fd = -1, .file = -1 };
	set_number(&groups[i], number);
	if (groups[i].type_fd >= 0)
		read_type(&groups[i], groups[i].boot_type, sizeof(groups[i].boot_type));
	return i;
}

void groups_look_again(void)
{
	int i, d;

	for (i = 0; i < MAX_GROUPS && groups[i].known; i++) {
		int number = -1;

		for (d = 0; d < MAX_DEVICES; d++) {
			const struct device *device = device_named(d);

			if (device && device->group == i && device->present && number < 0)
				number = number_of(device->bdf);
		}
		/* The same number may be a new group: the old file would answer with ENODEV. */
		set_number(&groups[i], number);
		groups[i].type_touched = true;
	}
}

int group_set_type(int index, enum type type)
{
	struct group *group = &groups[index];
	const char *word = type_words[type];
	ssize_t done;
	int result;

	if (group->type_fd < 0)
		return -ENOENT;
	if (unbind_for_type)
		group_unbind_vfio(index);
	faults_begin();
	done = pwrite(group->type_fd, word, strlen(word), 0);
	result = done < 0 ? -errno : 0;
	faults_end();
	if (unbind_for_type)
		group_bind_vfio(index);
	group->type_touched = true;
	return result;
}

void group_show_type(int index, struct reply *reply)
{
	char text[32];
	long done = read_type(&groups[index], text, sizeof(text));

	put_status(reply, done);
	if (done < 0)
		return;
	put_char(reply, ' ');
	put(reply, text);
}

/* Lines "FIRST LAST TYPE" become words FIRST-LAST:TYPE. */
void group_show_reserved(int index, struct reply *reply)
{
	char path[PATH_SIZE], text[2048];
	char *line, *rest = text;
	long done;

	path_in(path, groups[index].number, "reserved_regions");
	done = read_file(path, text, sizeof(text));
	put_status(reply, done);
	if (done < 0)
		return;
	while ((line = strsep(&rest, "\n")) != NULL) {
		unsigned long long first, last;
		char type[32];

		if (sscanf(line, "%llx %llx %31s", &first, &last, type) != 3)
			continue;
		put_char(reply, ' ');
		put_hex(reply, first);
		put_char(reply, '-');
		put_hex(reply, last);
		put_char(reply, ':');
		put(reply, type);
	}
}

int groups_reset(void)
{
	char text[32];
	int i, result = 0;

	for (i = 0; i < MAX_GROUPS && groups[i].known; i++) {
		struct group *group = &groups[i];

		if (!group->type_touched || group->type_fd < 0 || group->boot_type[0] == '\0')
			continue;
		if (read_type(group, text, sizeof(text)) < 0)
			result = -EIO;
		else if (strcmp(text, group->boot_type) != 0) {
			if (unbind_for_type)
				group_unbind_vfio(i);
			if (pwrite(group->type_fd, group->boot_type, strlen(group->boot_type), 0) < 0)
				result = -errno;
			if (unbind_for_type)
				group_bind_vfio(i);
		}
		group->type_touched = result != 0;
	}
	return result;
}
