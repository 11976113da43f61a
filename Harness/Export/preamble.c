// SPDX-License-Identifier: MIT
/*
 * A scenario of the IOMMU conformance suite as one program.
 *
 *   cc -O2 -o scenario scenario.c            (needs linux/iommufd.h and linux/vfio.h, v6.6 or newer)
 *   ./scenario 0000:00:06.0 0000:00:07.0     the PCI addresses of d0, d1, ...; as root
 *
 * The devices must be bound to vfio-pci. Prints each command with its result and what the reference model
 * says; ends with 0 when all agree, 1 when one does not. A device access needs QEMU's iommu-testdev; where the
 * device is another one, it is not tried. Booted as the first process (rdinit=), it prepares the system itself.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>

#define PAGE 4096UL
#define MEMORY_PAGES 2048UL
#define MEMORY_BASE ((uint8_t *)0x1000000000UL)

static const char *bdf[16];
static int fd_of[16], group_fd[16], iommufd[2], container[3];
/* Numbers that iommufd gave out, and the descriptors that know them. */
static uint32_t ioas[16], hwpt[16], device_id[16];
static int ioas_home[16], hwpt_home[16], device_home[16];
static volatile uint32_t *bar[16];
static uint8_t *memory;
static int wrong, pagemap;

/* What the kernel said against what the model says. */
static void check(int number, const char *command, long result, uint64_t value, long expected, uint64_t expected_value)
{
	int same = result == expected && value == expected_value;

	printf("%d %s: %ld 0x%llx", number, command, result, (unsigned long long)value);
	if (!same)
		printf("   WRONG, expected %ld 0x%llx", expected, (unsigned long long)expected_value);
	printf("\n");
	wrong += !same;
}

static long result_of(int returned)
{
	return returned < 0 ? -errno : 0;
}

static long write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	long result;

	if (fd < 0)
		return -errno;
	result = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return result;
}

static const char *device_path(int device, const char *file)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf[device], file);
	return path;
}

/* The number of a device's group, which names its files. */
static int group_number(int device)
{
	char target[PATH_MAX];
	ssize_t size = readlink(device_path(device, "iommu_group"), target, sizeof(target) - 1);

	if (size < 0)
		return -1;
	target[size] = 0;
	return atoi(strrchr(target, '/') + 1);
}

static const char *group_path(int device, const char *format)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), format, group_number(device));
	return path;
}

/* Opens the character device of a device. */
static int open_cdev(int device)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *directory = opendir(device_path(device, "vfio-dev"));

	if (!directory)
		return -1;
	while ((entry = readdir(directory)) && entry->d_name[0] == '.')
		;
	if (!entry) {
		closedir(directory);
		errno = ENODEV;
		return -1;
	}
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", entry->d_name);
	closedir(directory);
	return open(path, O_RDWR);
}

/* Gives a device to a driver, or to none when it is NULL. */
static long give(int device, const char *driver)
{
	char path[PATH_MAX];
	long result = 0;

	write_file(device_path(device, "driver/unbind"), bdf[device]);
	write_file(device_path(device, "driver_override"), driver);
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/bind", driver);
	result = write_file(path, bdf[device]);
	return result;
}

static uint64_t physical(uint64_t offset)
{
	uint64_t entry = 0;
	uint64_t page = ((uintptr_t)memory + offset) / PAGE;

	if (pread(pagemap, &entry, sizeof(entry), page * sizeof(entry)) != sizeof(entry))
		return 0;
	return (entry & ((1ULL << 55) - 1)) * PAGE + offset % PAGE;
}

/* Finds the registers of an iommu-testdev; other devices have none here. */
static void find_engine(int device)
{
	char text[16] = "";
	int fd = open(device_path(device, "device"), O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0 || strncmp(text, "0x0005", 6) != 0)
		return;
	close(fd);
	write_file(device_path(device, "enable"), "1");
	fd = open(device_path(device, "config"), O_RDWR);
	if (fd >= 0) {
		uint16_t control = 0;

		if (pread(fd, &control, 2, 4) == 2) {
			control |= 6;
			if (pwrite(fd, &control, 2, 4) != 2)
				perror("config");
		}
		close(fd);
	}
	fd = open(device_path(device, "resource0"), O_RDWR | O_SYNC);
	if (fd >= 0) {
		void *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		bar[device] = at == MAP_FAILED ? NULL : at;
		close(fd);
	}
}

/*
 * A write of four bytes. landing is the byte of the memory where it must land, or -1 for a refusal. Prints
 * "not tried" where there is no engine.
 */
static void dma(int number, const char *command, int device, uint64_t iova, int64_t landing)
{
	volatile uint32_t *engine = bar[device];
	uint64_t target = physical(landing < 0 ? 0 : (uint64_t)landing);
	uint32_t fate;

	if (!engine) {
		printf("%d %s: not tried\n", number, command);
		return;
	}
	engine[1] = (uint32_t)iova;
	engine[2] = (uint32_t)(iova >> 32);
	engine[3] = 4;
	engine[7] = (uint32_t)target;
	engine[8] = (uint32_t)(target >> 32);
	engine[6] = 2;
	engine[5] = 1;
	(void)engine[0];
	fate = engine[4];
	check(number, command, fate == 0xdead0002 ? -EFAULT : fate == 0 ? 0 : -EIO, 0, landing < 0 ? -EFAULT : 0, 0);
	if (fate == 0)
		*(uint32_t *)(memory + landing) = 0;
}

/* What the first process of a system has to do. */
static void become_init(int devices)
{
	int i;

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	i = open("/dev/console", O_RDWR);
	dup2(i, 0);
	dup2(i, 1);
	dup2(i, 2);
	for (i = 0; i < devices; i++)
		give(i, "vfio-pci");
}

static void prepare(int devices, char **addresses)
{
	int i;

	for (i = 0; i < devices && i < 16; i++)
		bdf[i] = addresses[i];
	if (getpid() == 1)
		become_init(devices);
	setvbuf(stdout, NULL, _IOLBF, 0);
	memory = mmap(MEMORY_BASE, MEMORY_PAGES * PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (memory != MEMORY_BASE || mlock(memory, MEMORY_PAGES * PAGE)) {
		perror("memory");
		exit(2);
	}
	memset(memory, 1, MEMORY_PAGES * PAGE);
	pagemap = open("/proc/self/pagemap", O_RDONLY);
	for (i = 0; i < 16; i++)
		fd_of[i] = group_fd[i] = -1;
	for (i = 0; i < 2; i++)
		iommufd[i] = open("/dev/iommu", O_RDWR);
	for (i = 0; i < 3; i++)
		container[i] = open("/dev/vfio/vfio", O_RDWR);
	for (i = 0; i < devices; i++)
		find_engine(i);
}

static int finish(void)
{
	printf("%d wrong\n", wrong);
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	return wrong != 0;
}
