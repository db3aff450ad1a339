/* SPDX-License-Identifier: MIT */
/* Which container a process is in, by the names that runtimes give its control group. */
#ifndef HOST_CONTAINER_H
#define HOST_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>

enum { CONTAINER_ID_SIZE = 65, CONTAINER_RUNTIME_SIZE = 13 };

struct container {
	char id[CONTAINER_ID_SIZE];           /* 64 hexadecimal digits of most runtimes, the name of LXC and nspawn */
	char runtime[CONTAINER_RUNTIME_SIZE]; /* "docker", "containerd", "cri-o", "podman", "kubernetes", "lxc", "nspawn", … */
};

/* The path of a control group: "/system.slice/docker-0b5c….scope". The innermost container of it; false: none. */
bool container_of_path(const char *path, size_t len, struct container *c);
/* What /proc/PID/cgroup says, a line for each hierarchy. *unified is the path in the unified one (in `text`), or NULL. */
bool container_of_cgroups(const char *text, size_t len, struct container *c, const char **unified, size_t *unified_len);

#endif
