#!/bin/bash
# First process of a lab host, run in new mount, network, pid, uts and ipc namespaces.
# Arguments: the host's name, the folder that holds its private directories.
# Prints "ready" and then lives until its standard input closes. That happens when the test ends, however it
# ends, and the kernel then kills everything in the pid namespace and drops the network with it.
set -eu
name=$1 folder=$2

hostname "$name"
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p /run/lock "$folder/run-booth"
for directory in booth:run-booth resource-agents:run-resource-agents; do
  mkdir -p "/run/${directory%%:*}" "$folder/${directory##*:}"
  mount --bind "$folder/${directory##*:}" "/run/${directory%%:*}"
done
# Only where the machine has the directory: a lab leaves nothing behind in the machine's own tree.
for directory in /etc/booth /var/lib/booth /var/lib/geobooth; do
  [[ -d $directory ]] || continue
  private=$folder/$(tr / - <<<"${directory#/}")
  mkdir -p "$private"
  mount --bind "$private" "$directory"
done
# Debian's booth 1.0-283 never gets through the kernel's list of IPv6 addresses where the kernel is 6.9 or newer.
for interface in all default lo; do
  file=/proc/sys/net/ipv6/conf/$interface/disable_ipv6
  [[ ! -e $file ]] || echo 1 >"$file"
done
ip link set lo up
echo ready
while read -r _; do :; done
