# Lists what a run of the system tests in WORK has left on this machine, one thing a line. Sourced.

# What the tests do in the network is in a namespace of theirs; this is what namespaces do not hold.
left_behind() {
  local work=$1 command id
  awk -v work="$work" 'index($0, work) {print "mount", $5}' /proc/self/mountinfo
  for command in /proc/[0-9]*/cmdline; do
    if tr '\0' ' ' 2>/dev/null <"$command" | grep -qF -- "$work"; then
      printf 'process %s %s\n' "$command" "$(tr '\0' ' ' 2>/dev/null <"$command")"
    fi
  done
  while read -r id; do
    find /sys/fs/cgroup -type d -name "podwright-$id" -printf 'cgroup %p\n'
  done < <(cat "$work/stores" 2>/dev/null)
}
