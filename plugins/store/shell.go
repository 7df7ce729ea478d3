package store

import (
	"runtime"
	"strings"
)

// InstallCommand is what a shell installs the same executable by again.
func (r Record) InstallCommand() string {
	command := "provision plugin install " + shellWord(r.From)
	if strings.Contains(r.From, "://") {
		command += " --sha256 " + r.Digest.Hex() // without which no address is taken
	}
	return command
}

// shellWord quotes what a shell would not take as one word as it stands.
func shellWord(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+=,"
	if runtime.GOOS == "windows" {
		if s != "" && strings.Trim(s, plain+`\`) == "" {
			return s
		}
		return `"` + s + `"` // which no file name has in it
	}
	if s != "" && strings.Trim(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
