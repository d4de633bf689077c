# Installs those of the distribution's packages that are missing. Sourced after say.sh.

# What must be there, and the package that brings it: a program's name, or a path.
REQUIRED_PARTS='
git git
curl curl
conmon conmon
crun crun
runc runc
catatonit catatonit
nft nftables
/usr/lib/podman/aardvark-dns aardvark-dns
ip iproute2
unshare util-linux
newuidmap uidmap
pasta passt
fuse-overlayfs fuse-overlayfs
socat socat
mount mount
script bsdutils
ps procps
strace strace
skopeo skopeo
mmdebstrap mmdebstrap
npm npm
/etc/ssl/certs/ca-certificates.crt ca-certificates
/etc/containers/policy.json golang-github-containers-common
'

install_packages() {
  local missing
  PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
  missing=$(missing_packages)
  if [ -z "$missing" ]; then
    say "Debian packages: all there"
    return
  fi
  command -v apt-get >/dev/null || die "apt-get is missing; install these yourself:" $missing
  say "Debian packages: installing" $missing
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >/dev/null || die "apt-get update failed"
  apt-get install -y -q --no-install-recommends $missing >/dev/null ||
    die "apt-get could not install:" $missing
  missing=$(missing_packages)
  [ -z "$missing" ] || die "still missing after the installation:" $missing
}

missing_packages() {
  local part package
  while read -r part package; do
    [ -n "$part" ] || continue
    case $part in
    /*) [ -e "$part" ] || printf '%s ' "$package" ;;
    *) command -v "$part" >/dev/null || printf '%s ' "$package" ;;
    esac
  done <<<"$REQUIRED_PARTS"
  ldconfig -p | grep -q 'libnftables\.so\.1 ' || printf 'libnftables1 '
}

# Unpacks a package's files into a directory without installing it: nothing is started or registered.
# Prints the directory.
unpack_package() {
  local package=$1 directory=$2/$1
  if [ ! -d "$directory" ]; then
    rm -rf "$directory.part"
    mkdir -p "$directory.part/deb"
    (
      cd "$directory.part/deb"
      apt-get download -q "$package" >/dev/null 2>&1 ||
        { apt-get update -q >/dev/null 2>&1 && apt-get download -q "$package" >/dev/null 2>&1; }
    ) || die "apt-get could not download $package"
    dpkg-deb -x "$directory.part"/deb/*.deb "$directory.part" || die "cannot unpack $package"
    rm -r "$directory.part/deb"
    mv "$directory.part" "$directory"
  fi
  printf '%s\n' "$directory"
}
