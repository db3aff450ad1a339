#!/bin/sh
# SPDX-License-Identifier: MIT
#
# config/fetch.sh NAME: find the tarball of one dependency, verify it, print its path.
#
# Places, in this order: $DISTFILES, build/distfiles, the host's package manager (the .orig file of a source package,
# from the mirror that apt already uses), upstream's release page. The sha256 of config/deps.lock decides, not the
# place: a file with another hash is refused and the next place is asked. Progress goes to stderr.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
name=${1:?usage: config/fetch.sh NAME}
lock=${DEPS_LOCK:-$top/config/deps.lock}
dist=$top/build/distfiles
apt=$top/build/apt

say() { echo "fetch: $*" >&2; }

# verified FILE HASH: is this the file? Says so when it exists but is not.
verified()
{
	[ -f "$1" ] || return 1
	got=$(sha256sum <"$1") && got=${got%% *}
	[ "$got" = "$2" ] && return 0
	say "$1: REFUSED, its sha256 is $got, config/deps.lock wants $2"
	return 1
}

# download URL FILE: through whatever this machine has; apt's own helper is always there on Debian and Ubuntu.
download()
{
	say "$1"
	case $1 in
	*.orig.tar.*) ;; # the mirror of apt: by apt, with its proxies and credentials
	*)
		if command -v curl >/dev/null; then
			curl -fsSL --connect-timeout 10 --retry 2 -o "$2" "$1"
			return
		elif command -v wget >/dev/null; then
			wget -q -T 10 -t 2 -O "$2" "$1"
			return
		fi
		;;
	esac
	/usr/lib/apt/apt-helper -qq -o APT::Sandbox::User= -o Acquire::Retries=2 download-file "$1" "$2" >&2
}

apt_private()
{
	tool=$1
	shift
	"$tool" -qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User= \
		-o Acquire::Check-Valid-Until=false "$@"
}

# What apt's own sources name: origin, mirror, release.
apt_targets() { apt-get "$@" indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE)' 'Created-By: Packages' 2>/dev/null; }

# A private apt root: the source indexes of the machine's own mirror, for its own release and the newer ones, so that
# /etc is not touched and root is not needed. An unsigned or outdated index is fine: it only says where a file is.
apt_root()
{
	[ -z "$(find "$apt/ready" -mmin -600 2>/dev/null)" ] || return 0
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	targets=$(apt_targets)
	if [ -z "$targets" ]; then # an image whose index files were removed
		mkdir -p "$apt/host/partial"
		apt-get -qq -o Dir::State::Lists="$apt/host" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User= update >&2
		targets=$(apt_targets -o Dir::State::Lists="$apt/host")
	fi
	echo "$targets" | awk '
		$1 == "Debian" && $3 !~ /-/ { print $2, $3, "main"; print $2, "trixie main"; print $2, "sid main" }
		$1 == "Ubuntu" && $3 !~ /-/ { print $2, $3, "main universe"; print $2, "devel main universe" }' |
		sort -u | sed 's/^/deb-src [trusted=yes] /' >"$apt/sources.list"
	[ -s "$apt/sources.list" ] || { say "apt names no Debian or Ubuntu mirror"; return 1; }
	apt_private apt-get update >&2 || say "apt-get update: some index failed, going on"
	: >"$apt/ready"
}

# Print the address of FILE as the mirror's source index gives it.
apt_address()
{
	pkg=${1%%_*}
	apt_private apt-cache showsrc --only-source "$pkg" 2>/dev/null | sed -n 's/^Version: //p' | sort -u |
		while read -r version; do
			apt_private apt-get source --print-uris --only-source "$pkg=$version" 2>/dev/null
		done | awk -v f="$1" '$2 == f { gsub("\047", "", $1); print $1; exit }'
}

from_apt()
{
	case $1 in *.orig.tar.*) ;; *) return 1 ;; esac
	command -v apt-get >/dev/null || return 1
	apt_root || return 1
	url=$(apt_address "$1")
	[ -n "$url" ] || { say "$1: not in the source indexes of this machine's mirror"; return 1; }
	download "$url" "$dist/$1.part"
}

from_upstream()
{
	[ "$2" != - ] && download "$2" "$dist/$1.part"
}

# accept FILE HASH: a finished download takes its place only when it is the right one.
accept()
{
	verified "$dist/$1.part" "$2" && mv "$dist/$1.part" "$dist/$1" && return 0
	rm -f "$dist/$1.part"
	return 1
}

rows=$(awk -v n="$name" '$1 == n { print $2, $3, $4, $8 }' "$lock")
[ -n "$rows" ] || { say "$name: no such row in $lock"; exit 1; }
mkdir -p "$dist"
exec 9>"$dist/.lock"
flock 9 # parallel makes share the apt root and the folder

try() # PLACE VERSION: ask this place for each tarball of this version in turn
{
	echo "$rows" | while read -r version file hash url; do
		[ "$version" = "$2" ] || continue
		case $1 in
		here)
			for path in ${DISTFILES:+"$DISTFILES/$file" "$DISTFILES/${url##*/}"} "$dist/$file" "$dist/${url##*/}"; do
				verified "$path" "$hash" && echo "$path" && exit 0
			done
			;;
		*) "from_$1" "$file" "$url" && accept "$file" "$hash" && echo "$dist/$file" && exit 0 ;;
		esac
	done
}

# What lies here already wins; then the first version from anywhere before the second.
versions=$(echo "$rows" | awk '!seen[$1]++ { print $1 }')
for places in here "apt upstream"; do
	for version in $versions; do
		for place in $places; do
			path=$(try "$place" "$version" 9>&-)
			[ -z "$path" ] || { echo "$path"; exit 0; }
		done
	done
done

say "$name: found nowhere. By hand: get one of these and put it into build/distfiles (or name its folder: make DISTFILES=...)"
echo "$rows" | while read -r version file hash url; do
	say "  $file  sha256 $hash  $([ "$url" = - ] || echo "$url")"
done
exit 1
