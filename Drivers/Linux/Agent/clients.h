/* What a process holds of the kernel: iommufd contexts with their objects, VFIO containers and groups. */
#ifndef CLIENTS_H
#define CLIENTS_H

#include "command.h"

#include <stdbool.h>

struct reply;

/* Where VFIO and iommufd are reached. */
bool iommufd_is_there(void);
bool type1_is_there(void);

/* Runs one command of iommufd, OP_FD_BIND to OP_HWPT_DIRTY, and answers it. */
void iommufd_run(const struct command *command, struct reply *reply);

/* Runs one command of VFIO type1, OP_VFIO_SET_CONTAINER and later. */
void type1_run(const struct command *command, struct reply *reply);

/* Closes everything. Device descriptors have been closed before. */
void iommufd_reset(void);
void type1_reset(void);

#endif
