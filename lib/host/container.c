/* SPDX-License-Identifier: MIT */
/*
 * Control groups of containers. A runtime names the group of a container after it, alone or in the form of a systemd scope:
 *
 *	/docker/ID                                                docker, cgroupfs driver
 *	/system.slice/docker-ID.scope                             docker, systemd driver
 *	/kubepods/burstable/podUID/ID                             kubernetes, cgroupfs driver
 *	/kubepods.slice/…-podUID.slice/cri-containerd-ID.scope    kubernetes with containerd (crio-ID.scope: with CRI-O)
 *	/kubepods.slice/…-podUID.slice:cri-containerd:ID          the same, as containerd writes it before systemd has it
 *	/machine.slice/libpod-ID.scope/container                  podman
 *	/lxc.payload.NAME, /lxc/NAME                              LXC
 *	/machine.slice/machine-NAME.scope                         systemd-nspawn, libvirt
 *
 * and any other group whose name is 64 hexadecimal digits is taken for a container too, named after the group it is in.
 */
#include "host/container.h"

#include <string.h>

enum { HEX_ID = 64, HEX_LEAST = 32 /* ECS: 32 and a number */ };

struct form {
	const char *before, *after;
	bool hex;           /* what is between is hexadecimal */
	const char *runtime; /* NULL: a group of the runtime itself, no container */
};

/* A name that begins and ends so. The first that fits decides. */
static const struct form forms[] = {
	{ "libpod-conmon-", ".scope", true, NULL },
	{ "crio-conmon-", ".scope", true, NULL },
	{ "lxc.monitor.", "", false, NULL },
	{ "docker-", ".scope", true, "docker" },
	{ "cri-containerd-", ".scope", true, "containerd" },
	{ "nerdctl-", ".scope", true, "containerd" },
	{ "crio-", ".scope", true, "cri-o" },
	{ "crio-", "", true, "cri-o" },
	{ "libpod-", ".scope", true, "podman" },
	{ "libpod-", "", true, "podman" },
	{ "lxc.payload.", "", false, "lxc" },
	{ "machine-", ".scope", false, "nspawn" },
	{ "systemd-nspawn@", ".service", false, "nspawn" },
};

/* A group in one of these is a container, of any name or of a hexadecimal one. */
static const struct {
	const char *name, *runtime;
	bool hex;
} parents[] = {
	{ "docker", "docker", true }, { "lxc", "lxc", false }, { "lxc.payload", "lxc", false }, { "ecs", "ecs", true },
	{ "libpod_parent", "podman", true }, { "buildkit", "buildkit", false }, { "actions_job", "docker", true },
};

struct word {
	const char *at;
	size_t len;
};

static bool is_hex(struct word w)
{
	for (size_t i = 0; i < w.len; i++)
		if (!memchr("0123456789abcdef", w.at[i], 16))
			return false;
	return w.len >= HEX_LEAST && w.len <= HEX_ID;
}

static bool is_word(struct word w, const char *text)
{
	return w.len == strlen(text) && !memcmp(w.at, text, w.len);
}

static void keep(struct container *c, struct word id, const char *runtime)
{
	size_t n = id.len < sizeof(c->id) ? id.len : sizeof(c->id) - 1;

	memcpy(c->id, id.at, n);
	c->id[n] = 0;
	memset(c->runtime, 0, sizeof(c->runtime));
	for (n = 0; runtime[n] && n < sizeof(c->runtime) - 1; n++)
		c->runtime[n] = runtime[n];
}

/* 1: a container, 0: its name says nothing, -1: it is a group of a runtime. */
static int by_form(struct word w, struct container *c)
{
	for (const struct form *f = forms; f < forms + sizeof(forms) / sizeof(*forms); f++) {
		size_t before = strlen(f->before), after = strlen(f->after);
		struct word id = { w.at + before, w.len - before - after };

		if (w.len <= before + after || memcmp(w.at, f->before, before) || memcmp(w.at + w.len - after, f->after, after) ||
		    (f->hex && !is_hex(id)))
			continue;
		if (f->runtime)
			keep(c, id, f->runtime);
		return f->runtime ? 1 : -1;
	}
	return 0;
}

/* "kubepods-burstable-pod….slice:cri-containerd:ID" */
static bool by_colons(struct word w, struct container *c)
{
	const char *colon = memrchr(w.at, ':', w.len), *before = colon ? memrchr(w.at, ':', (size_t)(colon - w.at)) : NULL;
	struct word id, runtime;

	if (!before)
		return false;
	id = (struct word){ colon + 1, (size_t)(w.at + w.len - colon - 1) };
	runtime = (struct word){ before + 1, (size_t)(colon - before - 1) };
	if (!is_hex(id))
		return false;
	keep(c, id, is_word(runtime, "cri-containerd") ? "containerd" : is_word(runtime, "crio") ? "cri-o" :
		    is_word(runtime, "docker") ? "docker" : is_word(runtime, "libpod") ? "podman" : "oci");
	return true;
}

static bool begins(struct word w, const char *text)
{
	return w.len >= strlen(text) && !memcmp(w.at, text, strlen(text));
}

bool container_of_path(const char *path, size_t len, struct container *c)
{
	struct word w, parent = { "", 0 };
	bool found = false, pods = false, of_runtime = false;

	memset(c, 0, sizeof(*c));
	for (const char *p = path, *end = path + len; p < end; p = w.at + w.len) {
		const char *slash;
		int by;

		while (p < end && *p == '/')
			p++;
		slash = memchr(p, '/', (size_t)(end - p));
		w = (struct word){ p, (size_t)((slash ? slash : end) - p) };
		by = w.len ? by_form(w, c) : -1;
		of_runtime |= w.len && by < 0;
		found |= by > 0 || (w.len && by_colons(w, c));
		for (unsigned i = 0; !by && i < sizeof(parents) / sizeof(*parents); i++)
			if (is_word(parent, parents[i].name) && (!parents[i].hex || is_hex(w))) {
				keep(c, w, parents[i].runtime);
				found = true;
				by = 1;
			}
		if (!by && is_hex(w) && w.len == HEX_ID) {
			keep(c, w, pods ? "kubernetes" : "oci");
			found = true;
		}
		pods |= begins(w, "kubepods");
		if (w.len)
			parent = w;
	}
	return found && !of_runtime;
}

bool container_of_cgroups(const char *text, size_t len, struct container *c, const char **unified, size_t *unified_len)
{
	bool found = false;

	*unified = NULL;
	*unified_len = 0;
	memset(c, 0, sizeof(*c));
	for (const char *p = text, *end = text + len; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p)), *stop = newline ? newline : end;
		const char *first = memchr(p, ':', (size_t)(stop - p));
		const char *second = first ? memchr(first + 1, ':', (size_t)(stop - first - 1)) : NULL;
		struct container here;

		if (second && second == first + 1) {
			*unified = second + 1;
			*unified_len = (size_t)(stop - second - 1);
		}
		if (second && !found && container_of_path(second + 1, (size_t)(stop - second - 1), &here)) {
			*c = here;
			found = true;
		}
		p = stop < end ? stop + 1 : end;
	}
	return found;
}
