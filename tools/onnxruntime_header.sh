#!/usr/bin/env bash
# Puts onnxruntime_c_api.h into /usr/local/include/onnxruntime, where the test of the C++ kit finds it.
# Debian has it from 13 on, in libonnxruntime-dev; on Debian 12 it is taken out of that package, which is
# fetched from the archive that this machine uses and not installed. Nothing is done where it is there.
set -euo pipefail

to=/usr/local/include/onnxruntime
for folder in /usr/include/onnxruntime "$to"; do
  if [ -e "$folder/onnxruntime_c_api.h" ]; then exit 0; fi
done
# shellcheck disable=SC1091
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
archives() { apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' "Codename: $release"; }
if [ -z "$(archives)" ]; then apt-get update -qq; fi
archive=$(archives | head -n 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive trixie main" >"$work/sources.list"
elsewhere=(-o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root)
cd "$work"
apt-get "${elsewhere[@]}" update -qq
apt-get "${elsewhere[@]}" download -qq libonnxruntime-dev
dpkg-deb --extract ./*.deb "$work/package"
mkdir -p "$to"
find "$work/package" -name 'onnxruntime_*c_api.h' -exec cp {} "$to" \;
