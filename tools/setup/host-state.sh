# Lists what tests could leave on this machine. Sourced.

host_state() {
  local path
  awk '{print "mount", $5, $(NF-2)}' /proc/self/mountinfo | grep -i podwright
  ip -o link | awk -F': ' '{print "link", $2}'
  nft list tables 2>/dev/null | grep -i podwright
  find /sys/fs/cgroup -type d -path '*podwright*' 2>/dev/null
  for path in /run/podwright /var/lib/podwright /run/netns; do
    [ -e "$path" ] && find "$path" -maxdepth 1
  done
  ps -eo args= | grep -E '^[^ ]*(podwright|conmon|docker-registry) ' | grep -v grep | sort
}
