/** Which extended attributes no layer may bring. */

/**
 * Left out: what steers overlayfs (`trusted.overlay.redirect` would let a layer reach other directories of the
 * lower ones), other trusted ones, which need CAP_SYS_ADMIN, and the host's SELinux labels.
 */
export const NOT_RESTORED = /^(trusted\.|user\.(overlay|fuseoverlayfs)\.|security\.selinux$)/;
