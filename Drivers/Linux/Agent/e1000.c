/*
 * The card fetches a transmit descriptor where it is told to, at once, and counts packets and bytes. No network is
 * behind it. The memory is made of descriptors of packets that are as long as the number of their page, so the count of
 * bytes tells where a descriptor came from. Where a read is expected to go stands another one for its time: a
 * packet of no bytes, for which the card reads nothing else.
 */
#include "e1000.h"

#include "devices.h"
#include "dma.h"
#include "memory.h"
#include "pci.h"
#include "reply.h"

/* Registers, in words of 32 bits. */
enum {
	TCTL = 0x400 / 4, TDBAL = 0x3800 / 4, TDBAH = 0x3804 / 4, TDLEN = 0x3808 / 4, TDH = 0x3810 / 4,
	TDT = 0x3818 / 4, TOTL = 0x40c8 / 4, TOTH = 0x40cc / 4, TPT = 0x40d4 / 4,
	TCTL_ENABLE = 2, CHECKSUM = 4,
};

/* Words of a descriptor, and bits of its third. */
enum {
	COMMAND_WORD = 2, WORDS = 4,
	END_OF_PACKET = 0x01000000, REPORT_STATUS = 0x18000000, EMPTY = 0x25100000,
};

static const uint64_t command_at = 8, status_at = 12;	/* bytes in a descriptor */

/* What stood where the read is expected to go. */
struct mark {
	bool in_memory;
	bool in_ram;
	uint64_t at;
	uint32_t words[WORDS];
};

uint32_t e1000_word(uint64_t offset, uint64_t page_size)
{
	if (offset % E1000_DESCRIPTOR / 4 != COMMAND_WORD)
		return 0;
	return END_OF_PACKET | (uint32_t)(offset / page_size + 1);
}

static bool read_ram(uint64_t at, uint32_t words[WORDS])
{
	uint64_t i;

	for (i = 0; i < WORDS; i++)
		if (!ram_holds(at + i * 4) || !ram_read(at + i * 4, &words[i]))
			return false;
	return true;
}

static void write_ram(uint64_t at, const uint32_t words[WORDS])
{
	uint64_t i;

	for (i = 0; i < WORDS; i++)
		ram_write(at + i * 4, words[i]);
}

static void set_mark(struct mark *mark, const struct access *access)
{
	static const uint32_t empty[WORDS] = { [COMMAND_WORD] = EMPTY };

	mark->at = access->expect_at;
	if (access->expect == EXPECT_MEMORY) {
		mark->in_memory = true;
		memory_set_word(mark->at + command_at, EMPTY);
	} else if (access->expect == EXPECT_PHYSICAL && read_ram(mark->at, mark->words)) {
		mark->in_ram = true;
		write_ram(mark->at, empty);
	}
}

static void clear_mark(const struct mark *mark)
{
	if (mark->in_memory)
		memory_restore(mark->at + command_at);
	else if (mark->in_ram)
		write_ram(mark->at, mark->words);
}

/* Packets counted, and their bytes. */
static uint32_t fetch(volatile uint32_t *registers, uint64_t iova, uint32_t *bytes)
{
	(void)registers[TOTH];
	(void)registers[TPT];
	registers[TDBAL] = (uint32_t)iova;
	registers[TDBAH] = (uint32_t)(iova >> 32);
	registers[TDLEN] = 128;
	registers[TDH] = 0;
	registers[TCTL] = 0;
	registers[TDT] = 1;
	registers[TCTL] = TCTL_ENABLE;
	*bytes = registers[TOTL];
	registers[TCTL] = 0;
	return registers[TPT];
}

void e1000_read(const struct device *device, const struct access *access, struct reply *reply)
{
	uint64_t page_size = memory_facts()->page_size;
	struct mark mark = { .in_memory = false, .in_ram = false };
	uint32_t words[WORDS], packets, bytes;
	bool reports = read_ram(access->iova, words) && words[COMMAND_WORD] & REPORT_STATUS;

	set_mark(&mark, access);
	packets = fetch(device->registers, access->iova, &bytes);
	/* Bytes of a packet that began in RAM that is nobody's descriptor: they are gone now. */
	if (packets == 1 && bytes != CHECKSUM)
		packets = fetch(device->registers, access->iova, &bytes);
	clear_mark(&mark);
	/* In such RAM the card may have been told to write the status back. */
	if (reports)
		ram_write(access->iova + status_at, words[WORDS - 1]);
	bytes -= CHECKSUM;
	if (packets == 0)
		put_char(reply, 'R');
	else if (bytes == 0 && (mark.in_memory || mark.in_ram))
		put_char(reply, 'L');
	else if (bytes > 0 && bytes <= MEMORY_PAGES)
		put_elsewhere_in_memory(reply, (bytes - 1) * page_size + access->iova % page_size);
	else
		put(reply, "E -");
}
