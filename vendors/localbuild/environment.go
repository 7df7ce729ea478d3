package localbuild

import (
	"os"
	"path/filepath"
	"slices"
)

// systemVariables are the environment variables, beside Go's own, that the go command gets: what it and the tools that it
// fetches modules with can't work without. It gets no other, and so no token that happens to be in the environment.
var systemVariables = []string{
	"PATH", "HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "LocalAppData", "AppData",
	"TMPDIR", "TMP", "TEMP", "SYSTEMROOT", "PATHEXT",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
}

// variables are all that the go command gets of this process's environment.
func variables() []string {
	return slices.Concat(systemVariables, []string{"GOROOT", "GOENV"}, userSettings)
}

// inherited are those variables that are set, as exec.Cmd takes them.
func inherited() []string {
	var env []string
	for _, name := range variables() {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// isWritable reports whether dir, which is made if need be, is a folder that takes new files.
func isWritable(dir string) bool {
	if !filepath.IsAbs(dir) || os.MkdirAll(dir, 0o777) != nil {
		return false
	}
	probe, err := os.CreateTemp(dir, "probe-*")
	if err != nil {
		return false
	}
	probe.Close()
	return os.Remove(probe.Name()) == nil
}
