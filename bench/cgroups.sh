# One cgroup for a whole run of the benchmark, in every hierarchy: what is in it counts, and nothing is left. Sourced.

# cgroup_mounts: "TYPE PATH" of each hierarchy that is mounted under /sys/fs/cgroup.
cgroup_mounts() {
  awk '$2 ~ "^/sys/fs/cgroup" && ($3 == "cgroup" || $3 == "cgroup2") {print $3, $2}' /proc/self/mounts
}

# crun needs every version 1 controller that the kernel has: one that the machine does not mount is mounted in WORK.
mount_missing_hierarchies() {
  local work=$1
  cgroup_mounts | grep -q '^cgroup ' || return 0
  cgroup_mounts | grep -q '^cgroup .*/hugetlb$' && return 0
  grep -q '^hugetlb' /proc/cgroups || return 0
  mkdir -p "$work/hugetlb"
  mount -t cgroup -o hugetlb cgroup "$work/hugetlb"
}

# enter_cgroups ID WORK: this process and what it starts are in a cgroup of that name.
enter_cgroups() {
  local id=$1 work=$2 type path parent
  mount_missing_hierarchies "$work"
  { cgroup_mounts; ! mountpoint -q "$work/hugetlb" || echo "cgroup $work/hugetlb"; } | while read -r type path; do
    mkdir -p "$path/$id"
    for parent in cpuset.cpus cpuset.mems; do
      [ "$type" = cgroup2 ] || [ ! -e "$path/$id/$parent" ] || cat "$path/$parent" >"$path/$id/$parent"
    done
    [ ! -e "$path/$id/cgroup.clone_children" ] || echo 1 >"$path/$id/cgroup.clone_children"
    echo $$ >"$path/$id/cgroup.procs"
  done
}

# mount_cgroups DIRECTORY: as the machine has them, but seen from the own cgroup (run in a cgroup namespace).
mount_cgroups() {
  local directory=$1 type path name controllers
  if ! cgroup_mounts | grep -q '^cgroup '; then
    mount -t cgroup2 cgroup2 "$directory"
    # A cgroup that hands out controllers holds no process.
    mkdir "$directory/runner"
    while read -r path; do echo "$path" >"$directory/runner/cgroup.procs"; done <"$directory/cgroup.procs"
    for name in $(cat "$directory/cgroup.controllers"); do
      echo "+$name" >"$directory/cgroup.subtree_control"
    done
    return
  fi
  mount -t tmpfs -o mode=755 tmpfs "$directory"
  { cgroup_mounts; echo "cgroup /sys/fs/cgroup/hugetlb"; } | sort -u | while read -r type path; do
    name=${path#/sys/fs/cgroup/}
    mkdir -p "$directory/$name"
    if [ "$type" = cgroup2 ]; then
      mount -t cgroup2 cgroup2 "$directory/$name"
      continue
    fi
    controllers=$name
    [ "$name" != systemd ] || controllers=none,name=systemd
    mount -t cgroup -o "$controllers" cgroup "$directory/$name" || rmdir "$directory/$name"
  done
}

# leave_cgroups ID WORK: takes away what the run has left, once its processes are gone.
leave_cgroups() {
  unshare --mount --propagation private bash -c '
    . bench/cgroups.sh
    id=$1 work=$2
    mount_missing_hierarchies "$work" 2>/dev/null
    for try in $(seq 50); do
      left=
      for path in $(cgroup_mounts | cut -d" " -f2) "$work/hugetlb"; do
        [ -d "$path/$id" ] || continue
        find "$path/$id" -depth -type d -exec rmdir {} + 2>/dev/null || left=yes
      done
      [ -n "$left" ] || break
      sleep 0.1
    done' bash "$1" "$2"
}
