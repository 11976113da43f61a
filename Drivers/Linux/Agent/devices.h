/* PCI devices that do DMA, by the names of the host, and the groups they are in. */
#ifndef DEVICES_H
#define DEVICES_H

#include "command.h"

#include <stdbool.h>
#include <stdint.h>

struct reply;

/* What keeps a device open. */
enum hold { HOLD_NONE, HOLD_CDEV, HOLD_GROUP };

struct device {
	bool known;
	bool present;		/* on its bus */
	bool kernel_driver;	/* bound to a driver that uses the default domain */
	char bdf[16];		/* 0000:00:05.0 */
	unsigned int bus;
	unsigned int devfn;
	enum engine engine;
	int group;		/* index of the host's groups */
	uint64_t bar;		/* physical address of the registers */
	volatile void *registers;
	volatile uint16_t *command;	/* command register in the configuration space, NULL: cannot be reached */

	enum hold hold;
	int fd;			/* open while held */
	int context;		/* iommufd context of a HOLD_CDEV */
	uint32_t device_id;	/* its name in that context */
};

struct group {
	bool known;
	int number;		/* in /sys/kernel/iommu_groups, -1: no member is present */
	char boot_type[16];
	int type_fd;
	bool type_touched;
	int file;		/* /dev/vfio/NUMBER while open, else -1 */
	int container;
};

/* False: no such name yet. */
struct device *device_named(int index);
struct group *group_named(int index);

/* A device is present in the group. */
bool group_is_there(const struct group *group);

/* There is a driver that `bind` can bind. */
bool device_has_kernel_driver(void);

/* The command `device`: names a device and binds it to vfio-pci. Answers with what is known of it. */
void device_configure(const struct command *command, struct reply *reply);

/* 0, or a negative error number. The caller has seen to what they need. */
int device_bind(struct device *device);
int device_unbind(struct device *device);
int device_release(struct device *device);
int device_probe(struct device *device);

/* Opens the character device of VFIO. */
int device_open_cdev(const struct device *device);

/* Closes what keeps it open. */
void device_let_go(struct device *device);

/* Memory decoding and bus mastering on, whatever drivers did. False: there is no way to see to it. */
bool device_enable(const struct device *device);

/* Drivers and devices as after `device`. 0 or a negative error number. */
int devices_reset(void);

/* Set by the option of this name: `set-type` first unbinds vfio-pci from the group's devices. */
extern bool unbind_for_type;

/* vfio-pci off, and on again, all unheld present devices of a group. */
void group_unbind_vfio(int group);
void group_bind_vfio(int group);

#endif
