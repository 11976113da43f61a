/* PCI devices: names, drivers, removal, configuration space. */
#include "devices.h"

#include "dma.h"
#include "e1000.h"
#include "files.h"
#include "groups.h"
#include "pci.h"
#include "reply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PCI_DEVICES "/sys/bus/pci/devices/"
#define PCI_DRIVERS "/sys/bus/pci/drivers/"
#define KERNEL_DRIVER "uio_pci_generic"

static struct device devices[MAX_DEVICES];
bool unbind_for_type;

struct device *device_named(int index)
{
	return devices[index].known ? &devices[index] : NULL;
}

static bool is_on_bus(const struct device *device)
{
	char path[PATH_SIZE];

	return access(path_of(path, PCI_DEVICES, device->bdf, ""), F_OK) == 0;
}

static int driver_of(const struct device *device, char name[32])
{
	char path[PATH_SIZE];

	return read_link_name(path_of(path, PCI_DEVICES, device->bdf, "/driver"), name, 32);
}

static int unbind_driver(const struct device *device)
{
	char path[PATH_SIZE], name[32];

	if (driver_of(device, name) < 0)
		return 0;
	return write_file(path_of(path, PCI_DEVICES, device->bdf, "/driver/unbind"), device->bdf);
}

static int override_driver(const struct device *device, const char *driver)
{
	char path[PATH_SIZE];

	return write_file(path_of(path, PCI_DEVICES, device->bdf, "/driver_override"), driver);
}

static int bind_driver(const struct device *device, const char *driver)
{
	char path[PATH_SIZE];
	int result = override_driver(device, driver);

	if (result < 0)
		return result;
	return write_file(path_of(path, PCI_DRIVERS, driver, "/bind"), device->bdf);
}

static int bind_vfio(const struct device *device)
{
	char path[PATH_SIZE], name[32];

	if (driver_of(device, name) == 0)
		return strcmp(name, "vfio-pci") == 0 ? 0 : -EBUSY;
	/* A reset over the bus takes a second; nothing here needs one. */
	write_file(path_of(path, PCI_DEVICES, device->bdf, "/reset_method"), "\n");
	write_file(path_of(path, PCI_DEVICES, device->bdf, "/power/control"), "on");
	return bind_driver(device, "vfio-pci");
}

/* The first BAR holds the registers; lines of `resource` are FIRST LAST FLAGS. */
static uint64_t read_bar(const struct device *device)
{
	char path[PATH_SIZE], text[32];

	if (read_file(path_of(path, PCI_DEVICES, device->bdf, "/resource"), text, sizeof(text)) < 0)
		return 0;
	return strtoull(text, NULL, 16);
}

/* What may have changed while the device was away. */
static int look_at(struct device *device)
{
	size_t size = device->engine == ENGINE_E1000 ? E1000_REGISTERS : TESTDEV_REGISTERS;
	uint64_t bar;

	device->present = is_on_bus(device);
	if (!device->present)
		return -ENODEV;
	bar = read_bar(device);
	if (bar != device->bar || !device->registers)
		device->registers = bar ? pci_map(bar, size) : NULL;
	device->bar = bar;
	if (!device->command)
		device->command = pci_command_register(device->bus, device->devfn);
	return 0;
}

static void put_device(const struct device *device, int bound, struct reply *reply)
{
	const struct group *group = group_named(device->group);
	char name[32];

	put(reply, "0 group=g");
	put_decimal(reply, (uint64_t)device->group);
	put(reply, " number=");
	if (group->number < 0)
		put(reply, "-");
	else
		put_decimal(reply, (uint64_t)group->number);
	put(reply, " type=");
	put(reply, group->boot_type[0] ? group->boot_type : "-");
	put(reply, " driver=");
	put(reply, driver_of(device, name) == 0 ? name : "-");
	put(reply, " bind=");
	put_status(reply, bound);
	put(reply, " bar=");
	put_hex(reply, device->bar);
}

bool device_has_kernel_driver(void)
{
	return access(PCI_DRIVERS KERNEL_DRIVER, F_OK) == 0;
}

void device_configure(const struct command *command, struct reply *reply)
{
	struct device *device = &devices[command->a];
	unsigned int domain, bus, slot, function;
	int bound;

	if (device->known) {
		put_status(reply, -EEXIST);
		return;
	}
	memset(device, 0, sizeof(*device));
	if (command->word_size >= sizeof(device->bdf)) {
		put_status(reply, -EINVAL);
		return;
	}
	memcpy(device->bdf, command->word, command->word_size);
	if (sscanf(device->bdf, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4 || domain != 0 ||
	    bus > 255 || slot > 31 || function > 7 || strchr(device->bdf, '/')) {
		put_status(reply, -EINVAL);
		return;
	}
	device->bus = bus;
	device->devfn = slot << 3 | function;
	device->engine = command->engine;
	device->fd = -1;
	if (look_at(device) < 0) {
		put_status(reply, -ENODEV);
		return;
	}
	/* On arm a group exists only when a driver has asked for the device. */
	bound = bind_vfio(device);
	device->group = group_of_new_device(device->bdf);
	device->known = true;
	put_device(device, bound, reply);
}

int device_bind(struct device *device)
{
	int result;

	if (!device_has_kernel_driver())
		return -ENOSYS;
	result = unbind_driver(device);
	if (result == 0)
		result = bind_driver(device, KERNEL_DRIVER);
	device->kernel_driver = result == 0;
	if (result < 0)
		bind_vfio(device);
	return result;
}

int device_unbind(struct device *device)
{
	int result = unbind_driver(device);

	if (result < 0)
		return result;
	device->kernel_driver = false;
	return bind_vfio(device);
}

int device_release(struct device *device)
{
	char path[PATH_SIZE];
	int result = write_file(path_of(path, PCI_DEVICES, device->bdf, "/remove"), "1");

	if (result < 0)
		return result;
	device->kernel_driver = false;
	device->present = is_on_bus(device);
	groups_look_again();
	return device->present ? -EBUSY : 0;
}

int device_probe(struct device *device)
{
	int result = write_file("/sys/bus/pci/rescan", "1");

	if (result == 0)
		result = look_at(device);
	if (result == 0)
		result = bind_vfio(device);
	groups_look_again();
	return result;
}

int device_open_cdev(const struct device *device)
{
	char path[PATH_SIZE], name[48];
	int number, fd;

	/* The directory holds one entry, vfioN. */
	number = first_number_in(path_of(path, PCI_DEVICES, device->bdf, "/vfio-dev"), "vfio");
	if (number < 0)
		return number;
	snprintf(name, sizeof(name), "/dev/vfio/devices/vfio%d", number);
	fd = open(name, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

void device_let_go(struct device *device)
{
	if (device->fd >= 0)
		close(device->fd);
	device->fd = -1;
	device->hold = HOLD_NONE;
}

bool device_enable(const struct device *device)
{
	enum { MEMORY = 2, MASTER = 4 };

	if (!device->registers)
		return false;
	if (device->command) {
		uint16_t value = *device->command;

		if ((value & (MEMORY | MASTER)) != (MEMORY | MASTER))
			*device->command = value | MEMORY | MASTER;
		return true;
	}
	return device->present && pci_enable_by_sysfs(device->bdf);
}

void group_unbind_vfio(int group)
{
	int i;

	for (i = 0; i < MAX_DEVICES; i++)
		if (devices[i].known && devices[i].group == group && devices[i].present &&
		    !devices[i].kernel_driver && devices[i].hold == HOLD_NONE)
			unbind_driver(&devices[i]);
}

void group_bind_vfio(int group)
{
	int i;

	for (i = 0; i < MAX_DEVICES; i++)
		if (devices[i].known && devices[i].group == group && devices[i].present &&
		    !devices[i].kernel_driver && devices[i].hold == HOLD_NONE)
			bind_vfio(&devices[i]);
}

int devices_reset(void)
{
	int i, result = 0;

	for (i = 0; i < MAX_DEVICES; i++) {
		struct device *device = &devices[i];
		int done = 0;

		if (!device->known)
			continue;
		if (!device->present)
			done = device_probe(device);
		else if (device->kernel_driver)
			done = device_unbind(device);
		if (done < 0)
			result = done;
	}
	return result;
}
