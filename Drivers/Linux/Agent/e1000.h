/* Reads by the network card e1000. */
#ifndef E1000_H
#define E1000_H

#include <stdint.h>

struct access;
struct device;
struct reply;

/* Bytes of a transmit descriptor, to which reads are aligned. */
enum { E1000_DESCRIPTOR = 16, E1000_REGISTERS = 32 << 10 };

/* What the word at an offset of the memory is, so that every descriptor there tells its page. */
uint32_t e1000_word(uint64_t offset, uint64_t page_size);

/* Reads a descriptor at the IOVA, which is aligned, and answers with where it came from. */
void e1000_read(const struct device *device, const struct access *access, struct reply *reply);

#endif
