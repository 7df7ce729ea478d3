package machine

import (
	"regexp"
	"strings"
)

const versionPlist = "/System/Library/CoreServices/SystemVersion.plist"

var (
	productVersion = regexp.MustCompile(`<key>ProductVersion</key>\s*<string>(\d+(?:\.\d+)*)</string>`)
	releaseWord    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
)

// macOS returns the version in the property list that `sw_vers` reads.
func (f finder) macOS() Fact {
	m := productVersion.FindStringSubmatch(f.text(versionPlist))
	if m == nil {
		return unknown(MacOS, "no version in "+versionPlist)
	}
	return known(MacOS, m[1], versionPlist)
}

// distro returns the ID and VERSION_ID of os-release(5). A rolling distribution has no version.
func (f finder) distro() Fact {
	for _, file := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		fields := shellVariables(f.text(file))
		id, version := fields["ID"], fields["VERSION_ID"]
		switch {
		case !releaseWord.MatchString(id):
		case releaseWord.MatchString(version):
			return known(Distro, id+"-"+version, file)
		default:
			return known(Distro, id, file)
		}
	}
	return unknown(Distro, "no /etc/os-release")
}

// shellVariables reads lines of the form NAME=value. The value may be in quotes.
func shellVariables(text string) map[string]string {
	fields := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			fields[name] = strings.Trim(value, `"'`)
		}
	}
	return fields
}
