/* /dev/mem: registers of PCI devices, configuration space, RAM. */
#include "pci.h"

#include "files.h"
#include "reply.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CONFIG_SIZE = 4096, COMMAND = 4, MAX_RAM = 8 };

struct range {
	uint64_t first;
	uint64_t last;
};

static uint64_t ecam;
static struct range ram[MAX_RAM];
static unsigned int rams;
static int device_memory = -1;	/* not cached */
static int plain_memory = -1;

static void read_resources(void)
{
	char line[256];
	unsigned long long first, last;
	FILE *file = fopen("/proc/iomem", "re");

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %llx-%llx", &first, &last) != 2)
			continue;
		if (strstr(line, " : PCI ECAM") || strstr(line, " : PCI MMCONFIG"))
			ecam = ecam ? ecam : first;
		else if (strstr(line, " : System RAM") && rams < MAX_RAM)
			ram[rams++] = (struct range){ first, last };
	}
	fclose(file);
}

void pci_init(void)
{
	device_memory = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	plain_memory = open("/dev/mem", O_RDWR | O_CLOEXEC);
	read_resources();
	say("configuration space at 0x%llx, %u pieces of RAM", (unsigned long long)ecam, rams);
}

volatile void *pci_map(uint64_t physical, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, device_memory, (off_t)physical);

	return at == MAP_FAILED ? NULL : at;
}

volatile uint16_t *pci_command_register(unsigned int bus, unsigned int devfn)
{
	volatile char *at;

	if (!ecam)
		return NULL;
	at = pci_map(ecam + ((uint64_t)bus << 20 | devfn << 12), CONFIG_SIZE);
	return at ? (volatile uint16_t *)(at + COMMAND) : NULL;
}

bool pci_enable_by_sysfs(const char *bdf)
{
	char path[PATH_SIZE];
	int fd = open(path_of(path, "/sys/bus/pci/devices/", bdf, "/config"), O_RDWR | O_CLOEXEC);
	uint16_t value;
	bool good;

	if (fd < 0)
		return false;
	good = pread(fd, &value, sizeof(value), COMMAND) == sizeof(value);
	value |= 6;
	good = good && pwrite(fd, &value, sizeof(value), COMMAND) == sizeof(value);
	close(fd);
	return good;
}

bool ram_read(uint64_t physical, uint32_t *word)
{
	return pread(plain_memory, word, sizeof(*word), (off_t)physical) == sizeof(*word);
}

bool ram_write(uint64_t physical, uint32_t word)
{
	return pwrite(plain_memory, &word, sizeof(word), (off_t)physical) == sizeof(word);
}

bool ram_holds(uint64_t physical)
{
	unsigned int i;

	for (i = 0; i < rams; i++)
		if (physical >= ram[i].first && physical <= ram[i].last - 3)
			return true;
	return false;
}

bool ram_is_reachable(void)
{
	uint32_t word;

	return rams > 0 && ram_read(ram[rams - 1].first & ~3ULL, &word);
}

static size_t list_function(const char *bdf, char *text, size_t size)
{
	char path[PATH_SIZE], vendor[16], device[16], class[16], driver[32], group[16];
	int done;

	read_file(path_of(path, "/sys/bus/pci/devices/", bdf, "/vendor"), vendor, sizeof(vendor));
	read_file(path_of(path, "/sys/bus/pci/devices/", bdf, "/device"), device, sizeof(device));
	read_file(path_of(path, "/sys/bus/pci/devices/", bdf, "/class"), class, sizeof(class));
	read_link_name(path_of(path, "/sys/bus/pci/devices/", bdf, "/driver"), driver, sizeof(driver));
	read_link_name(path_of(path, "/sys/bus/pci/devices/", bdf, "/iommu_group"), group, sizeof(group));
	done = snprintf(text, size, "%s %s:%s %s driver=%s group=%s\n", bdf, vendor, device, class, driver, group);
	return done > 0 && (size_t)done < size ? (size_t)done : 0;
}

void pci_list(struct reply *reply)
{
	DIR *entries = opendir("/sys/bus/pci/devices");
	char *text = text_begin(reply);
	struct dirent *entry;
	size_t used = 0;

	if (!text) {
		put(reply, "skipped");
		return;
	}
	while (entries && (entry = readdir(entries)) != NULL)
		if (entry->d_name[0] != '.')
			used += list_function(entry->d_name, text + used, REPLY_TEXT - used);
	if (entries)
		closedir(entries);
	text_end(reply, used);
}
