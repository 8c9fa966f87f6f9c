#!/bin/sh
# Prints the licences of the Go modules in the binary, and of Go itself. The build puts them into the
# page's folder, beside those of the page's own packages.
set -eu
cd "$(dirname "$0")/.."
go mod download
separator='--------------------------------------------------------------------------------'
printf 'The server is built with the following software. We thank its authors.\n\n%s\nGo\n%s\n\n' "$separator" "$separator"
cat "$(go env GOROOT)/LICENSE"
go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' ./cmd/tickertape | sort -u |
while read -r path version dir; do
	found=
	for file in "$dir"/LICENSE* "$dir"/LICENCE* "$dir"/COPYING* "$dir"/NOTICE*; do
		[ -f "$file" ] || continue
		found=yes
		printf '\n%s\n%s %s: %s\n%s\n\n' "$separator" "$path" "$version" "${file##*/}" "$separator"
		cat "$file"
	done
	[ -n "$found" ] || { echo "licences: $path has none" >&2; exit 1; }
done
