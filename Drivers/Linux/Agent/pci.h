/* Registers of PCI devices through /dev/mem: they stay reachable after the kernel has removed the device. */
#ifndef PCI_H
#define PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reply;

/* Finds the memory-mapped configuration space. */
void pci_init(void);

/* Device registers, size bytes. NULL when it cannot be mapped. */
volatile void *pci_map(uint64_t physical, size_t size);

/* The command register of a function. NULL when configuration space cannot be mapped. */
volatile uint16_t *pci_command_register(unsigned int bus, unsigned int devfn);

/* Memory decoding and bus mastering by the file of a present device. */
bool pci_enable_by_sysfs(const char *bdf);

/* Answers with a text: address, ids, class, driver and group of every function. */
void pci_list(struct reply *reply);

/* Reads and writes a word of RAM. False where the kernel does not allow it. */
bool ram_read(uint64_t physical, uint32_t *word);
bool ram_write(uint64_t physical, uint32_t word);

/* All of the bytes are System RAM. */
bool ram_holds(uint64_t physical);

/* What a write hits in RAM can be put back. */
bool ram_is_reachable(void);

#endif
