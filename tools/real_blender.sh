#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sets up a real Blender application (4.3, with extensions) for the tests, on Debian and its kin, from Debian's packages, in a
# folder of its own: a small chroot of a newer Debian. Nothing else on the machine changes. The second run takes a second.
#
#   tools/real_blender.sh            make it, or repair it
#   tools/real_blender.sh --check    only say whether it is there or can be made (status 0), or what is missing (status 1)
#
#   RB_SUITE=trixie  Blender 4.3.2, Python 3.13   (stable: the one the tests use)
#   RB_SUITE=sid     Blender 5.2.x LTS, Python 3.14 (unstable: newer, but it moves)
#   RB_DEST=DIR      where the chroot goes          (default /opt/real-blender/$RB_SUITE)
#   RB_BIN=DIR       where the wrappers go          (default /opt/real-blender/bin)
#   RB_GUI=1         Xvfb, xdotool, imagemagick to drive a real window (default 1)
#   RB_EXTRA="..."   more Debian packages for the chroot
#
# Leaves two wrappers:
#   blender-$RB_SUITE ARGS...  the real Blender; sees /tmp, the current git tree and $RB_SHARE (a:b:c) at the same paths as here
#   rb-$RB_SUITE CMD ARGS...   any command inside the chroot (bash, xvfb-run, python3, apt-get ...)
# Needs root (mount, chroot). Nothing stays mounted: each call has its own private mount namespace.
set -euo pipefail
SUITE=${RB_SUITE:-trixie}
DEST=${RB_DEST:-/opt/real-blender/$SUITE}
BIN=${RB_BIN:-/opt/real-blender/bin}
GUI=${RB_GUI:-1} EXTRA=${RB_EXTRA:-}

missing() {
  [ "$(uname -sm)" = "Linux x86_64" ] || { echo "Linux on x86_64 (this is $(uname -sm))"; return; }
  [ "$(id -u)" = 0 ] || { echo "root, for a chroot with Debian's Blender"; return; }
  unshare -m --propagation private true 2>/dev/null || { echo "the right to mount (this container has none)"; return; }
  command -v debootstrap >/dev/null || command -v apt-get >/dev/null || echo "debootstrap, or apt-get to install it"
}
LACK=$(missing)
[ -z "$LACK" ] || { echo "real_blender.sh: needs $LACK" >&2; exit 1; }
[ "${1:-}" != --check ] || exit 0

say() { printf '[real-blender %3ss] %s\n' "$SECONDS" "$*"; }
retry() { local n; for n in 1 2 3; do "$@" && return 0; say "try $n failed: $*"; sleep $((n * 5)); done; return 1; }

PK="blender python3-numpy python3-requests libgl1-mesa-dri libegl-mesa0 libegl1 libgl1 libglx-mesa0"
[ "$SUITE" = sid ] && PK="$PK python3-cattr"          # 5.2's bl_pkg imports cattrs; Debian's package forgets it
[ "$GUI" = 1 ] && PK="$PK xvfb xauth xdotool x11-utils imagemagick"
PK="$PK python3-pytest $EXTRA"
WANT=$(printf '%s\n' "$SUITE" $PK | sort -u | sha256sum | cut -c1-16)

mkdir -p "$(dirname "$DEST")"
exec 9> "$DEST.lock"; flock 9                          # two runs at once wait for each other

# 1. the base system
if [ -e "$DEST" ] && [ ! -e "$DEST/.rb-base" ] && [ ! -e "$DEST.partial" ] && [ -n "$(ls -A "$DEST")" ]; then
  echo "real_blender.sh: $DEST is not empty and not one of ours; leaving it alone" >&2; exit 1
fi
if [ ! -e "$DEST/.rb-base" ]; then
  if ! command -v debootstrap >/dev/null; then
    say "installing debootstrap"
    retry apt-get -qq update
    retry apt-get -qq install -y --no-install-recommends debootstrap >/dev/null
  fi
  # the mirror the host's own apt uses
  MIRROR=$({ cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } |
    awk '/^URIs:.*\/debian\/?$/{print $2; exit} /^deb .*\/debian\/? /{for(i=2;i<=NF;i++) if($i ~ /\/debian\/?$/){print $i; exit}}')
  [ -n "$MIRROR" ] || { echo "real_blender.sh: no Debian mirror in apt's sources" >&2; exit 1; }
  say "debootstrap $SUITE"
  touch "$DEST.partial"
  # in a mount namespace of its own: a killed debootstrap otherwise leaves its /proc mounted in DEST, and no later rm gets past it
  boot() { umount -R "$DEST/proc" "$DEST/sys" 2>/dev/null || true; rm -rf --one-file-system "$DEST" && unshare -m --propagation private debootstrap --variant=minbase "$SUITE" "$DEST" "$MIRROR" > "$DEST.log" 2>&1; }
  retry boot || { tail -20 "$DEST.log" >&2; exit 1; }
  cat > "$DEST/etc/apt/apt.conf.d/99rb" <<'E'
APT::Install-Recommends "false";
APT::Install-Suggests "false";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::Check-Valid-Until "false";
Acquire::Check-Date "false";
APT::Sandbox::User "root";
E
  cat > "$DEST/etc/dpkg/dpkg.cfg.d/99rb" <<'E'
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
force-unsafe-io
E
  printf '#!/bin/sh\nexit 101\n' > "$DEST/usr/sbin/policy-rc.d"; chmod +x "$DEST/usr/sbin/policy-rc.d"
  ln -sf /proc/self/mounts "$DEST/etc/mtab"
  touch "$DEST/.rb-base"; rm -f "$DEST.partial"
fi

# 2. the wrappers
mkdir -p "$BIN"
cat > "$BIN/rb-$SUITE" <<'E'
#!/bin/bash
# runs a command inside @DEST@ with the host's /tmp, git tree and $RB_SHARE at the same paths; execs, so signals reach it
R=@DEST@
S=/tmp
T=$(git rev-parse --show-toplevel 2>/dev/null) || T=$PWD
case $T in /|/root|/usr*|/etc*|/bin*|/lib*|/var*|/proc*|/sys*|/dev*|/opt) ;; *) S=$S:$T ;; esac
export RB__R=$R RB__S=$S${RB_SHARE:+:$RB_SHARE} RB__D=$PWD
exec unshare -m --propagation private sh -c '
  R=$RB__R
  cp -L /etc/resolv.conf "$R/etc/resolv.conf" 2>/dev/null
  mount -t proc proc "$R/proc" && mount --rbind /dev "$R/dev" && mount --rbind /sys "$R/sys" || exit 125
  IFS=:
  for d in $RB__S; do
    [ -d "$d" ] || continue
    case "$d/" in /tmp/?*) [ -d "$R$d" ] && continue ;; esac   # already there, through /tmp
    mkdir -p "$R$d" && mount --bind "$d" "$R$d" || exit 125
  done
  unset IFS
  exec chroot "$R" /usr/bin/env -u LD_LIBRARY_PATH -u LD_PRELOAD -u PYTHONHOME -u PYTHONPATH -u VIRTUAL_ENV -u XDG_RUNTIME_DIR \
    HOME="${RB_HOME:-/root}" LANG=C.UTF-8 LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /bin/sh -c '"'"'cd "$RB__D" 2>/dev/null || cd /; unset RB__R RB__S RB__D; exec "$@"'"'"' sh "$@"' sh "$@"
E
sed -i "s#@DEST@#$DEST#" "$BIN/rb-$SUITE"
printf '#!/bin/sh\nexec %s /usr/bin/blender "$@"\n' "$BIN/rb-$SUITE" > "$BIN/blender-$SUITE"
chmod +x "$BIN/rb-$SUITE" "$BIN/blender-$SUITE"

# 3. the packages
if [ "$(cat "$DEST/.rb-packages" 2>/dev/null)" != "$WANT" ]; then
  say "installing into $DEST: $PK"
  inst() { (cd / && DEBIAN_FRONTEND=noninteractive "$BIN/rb-$SUITE" sh -c "dpkg --configure -a; apt-get -q update && apt-get -q install -y $PK && apt-get clean") >> "$DEST.log" 2>&1 9>&-; }
  retry inst || { tail -30 "$DEST.log" >&2; exit 1; }
  echo "$WANT" > "$DEST/.rb-packages"
fi

# 4. does it run
V=$(cd / && "$BIN/blender-$SUITE" -b --factory-startup --python-exit-code 9 --python-expr \
  'import bpy, sys, numpy; assert bpy.app.version >= (4, 2, 0); assert hasattr(bpy.ops.extensions, "package_install_files"); import bl_pkg; print("RB-OK blender", bpy.app.version_string, "python", sys.version.split()[0], "numpy", numpy.__version__)' 2>&1 | grep RB-OK) ||
  { echo "real_blender.sh: Blender does not start" >&2; exit 1; }
say "${V#RB-OK } in $DEST ($(du -sxh "$DEST" | cut -f1)); wrappers $BIN/blender-$SUITE, $BIN/rb-$SUITE"
