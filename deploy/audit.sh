#!/bin/bash
# Known faults in what we depend on, as the databases of Go and npm have them. A finding fails. A database that does
# not answer is said and does not fail: tests have to run without a network, too. Nothing here waits for long.
#
# usage, where go.mod is: deploy/audit.sh GOVULNCHECK_VERSION NPM_PACKAGE...
set -euo pipefail
version=$1
shift
failed=0

# bounded runs a command for so many seconds at most; 124 is one that took longer.
bounded() {
  local seconds=$1
  shift
  if command -v timeout >/dev/null; then timeout -k 5 "$seconds" "$@"; else "$@"; fi
}

if ! out=$(go mod verify 2>&1); then
  printf '%s\naudit: go mod verify: the modules are not what go.sum says\n' "$out" >&2
  failed=1
fi

database=${GOVULNDB:-https://vuln.go.dev}
silent="audit: govulncheck: the database at $database does not answer; not checked"
answers=0
if [[ $database == http* ]] && command -v curl >/dev/null; then
  curl -sfL -m 5 -o /dev/null "$database/index/db.json" || answers=$?
fi
if [ "$answers" != 0 ]; then
  echo "$silent"
elif ! out=$(GOBIN="$PWD/bin" bounded 120 go install "golang.org/x/vuln/cmd/govulncheck@$version" 2>&1); then
  echo "audit: govulncheck: $version cannot be had; not checked: ${out##*$'\n'}"
else
  result=0
  out=$(bounded 120 bin/govulncheck ./... 2>&1) || result=$?
  case $result in
    0) echo "audit: govulncheck: nothing known" ;;
    3) printf '%s\naudit: govulncheck: see above\n' "$out" >&2; failed=1 ;;
    124) echo "audit: govulncheck: no end within 120 s; not checked" ;;
    *)
      if [[ $out == *"fetching vulnerabilities"* ]]; then
        echo "$silent"
      else
        printf '%s\naudit: govulncheck: it failed\n' "$out" >&2
        failed=1
      fi
      ;;
  esac
fi

for package in "$@"; do
  result=0
  out=$(cd "$package" && bounded 30 npm audit --json --fetch-retries=0 --fetch-timeout=10000 2>/dev/null) || result=$?
  if [[ $out != *'"auditReportVersion"'* ]]; then
    echo "audit: npm audit of $package: the registry does not answer; not checked"
  elif [ "$result" = 0 ]; then
    echo "audit: npm audit of $package: nothing known"
  else
    printf '%s\naudit: npm audit of %s: see above\n' "$out" "$package" >&2
    failed=1
  fi
done
exit "$failed"
