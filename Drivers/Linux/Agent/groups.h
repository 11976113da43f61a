/* IOMMU groups by the names of the host, and the attribute `type`. */
#ifndef GROUPS_H
#define GROUPS_H

#include "command.h"

struct group;
struct reply;

/* The group of a device that is being named: known already, or the next free name. */
int group_of_new_device(const char *bdf);

/* Finds the numbers of all groups again, after devices came or went. */
void groups_look_again(void);

/* The N of the first entry of a directory that is called prefix and N, or a negative error number. */
int first_number_in(const char *directory, const char *prefix);

/* 0 or a negative error number. */
int group_set_type(int index, enum type type);
void group_show_type(int index, struct reply *reply);
void group_show_reserved(int index, struct reply *reply);

/* Types as after boot. 0 or a negative error number. */
int groups_reset(void);

#endif
