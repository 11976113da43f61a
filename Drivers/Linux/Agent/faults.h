/* Failures on purpose: /proc/thread-self/fail-nth around one system call. */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>

/* Lets failures strike every kind of allocation of this thread, silently. False: this kernel has none. */
bool faults_init(void);

/* The next command's system call fails at its allocation number skip + 1. */
void faults_prepare(unsigned int skip);

/* Something waits for faults_begin; forgotten by faults_forget. */
bool faults_waiting(void);
void faults_forget(void);

/* Around the one system call: arm, and see whether it struck. */
void faults_begin(void);
void faults_end(void);

/* The last pair of calls struck. */
bool faults_struck(void);

/* ioctl without any. 0 or more, or a negative error number. */
long ioctl_result(int fd, unsigned long request, void *argument);

/* ioctl with the failure around it. 0 or more, or a negative error number. */
long strike_ioctl(int fd, unsigned long request, void *argument);

#endif
