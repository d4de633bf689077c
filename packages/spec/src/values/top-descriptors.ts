/** Names of the columns that `top` can show, sorted. */
export const TOP_DESCRIPTORS: readonly string[] = (
  "args capamb capbnd capeff capinh capprm comm etime group groups hgroup hgroups hpid huid huser label nice pcpu " +
  "pgid pid ppid rgroup rss ruser seccomp state stime time tty uid user vsz"
).split(" ");
