package localbuild

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A build gets of this process's environment only what is listed here, and so no token that happens to be in it. What
// else it needs, the configuration names.
var (
	// systemVariables are what no tool can work without, for all of them.
	systemVariables = []string{
		"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TMP", "TEMP", "XDG_CACHE_HOME",
		"XDG_CONFIG_HOME",
		"USERPROFILE", "LocalAppData", "AppData", "SYSTEMROOT", "SystemDrive", "windir", "COMSPEC", "PATHEXT", "ProgramData",
		"ProgramFiles", "ProgramFiles(x86)", "CommonProgramFiles", "PROCESSOR_ARCHITECTURE",
		"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
		"SSL_CERT_FILE", "SSL_CERT_DIR",
	}
	// goVariables are for the go command, which is asked once what they come to.
	goVariables = slices.Concat(userSettings, []string{"GOROOT", "GOENV"})
	// gitVariables are for git and what fetches through it: how it gets at the user's repositories.
	gitVariables = []string{
		"SSH_AUTH_SOCK", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_PROXY_COMMAND", "GIT_CONFIG_GLOBAL",
		"GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH",
	}
	// compilerVariables choose and configure compilers.
	compilerVariables = []string{
		"CC", "CXX", "CPP", "LD", "AR", "AS", "NM", "RANLIB", "STRIP", "FC", "CUDACXX", "HIPCXX",
		"CPPFLAGS", "CFLAGS", "CXXFLAGS", "LDFLAGS", "CUDAFLAGS", "CGO_CFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS",
		"CPATH", "LIBRARY_PATH", "LD_LIBRARY_PATH", "PKG_CONFIG", "PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR",
		"CUDA_HOME", "CUDA_PATH", "ROCM_PATH", "HIP_PATH", "MACOSX_DEPLOYMENT_TARGET", "SDKROOT", "DEVELOPER_DIR",
		"INCLUDE", "LIB", "LIBPATH", "VSINSTALLDIR", "VCINSTALLDIR", "VCToolsInstallDir", "WindowsSdkDir",
		"WindowsSDKVersion",
		"CMAKE_GENERATOR", "CMAKE_PREFIX_PATH", "CMAKE_TOOLCHAIN_FILE", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN",
		"RUSTFLAGS",
	}
)

// variables are all that this vendor has a use for, without what the configuration names.
func variables() []string {
	return slices.Concat(systemVariables, goVariables, gitVariables, compilerVariables)
}

// inherited are those variables of the lists that are set, as exec.Cmd takes them.
func inherited(lists ...[]string) []string {
	var env []string
	for _, name := range slices.Concat(lists...) {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// assignments are the variables of a map, as exec.Cmd takes them, in the order of their names.
func assignments(values map[string]string) []string {
	var env []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		env = append(env, name+"="+values[name])
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

// plainEnvironment is for what is neither Go nor git.
func (p *project) plainEnvironment() []string {
	return append(inherited(systemVariables, compilerVariables), p.configured()...)
}

// configured are the variables that the configuration gives and hands on.
func (p *project) configured() []string { return append(inherited(p.passEnv), assignments(p.Env)...) }

// minSecret is the length from which on, in bytes, a value may be a secret: shorter ones are settings, which are found
// in any text.
const minSecret = 8

// hideSecrets returns what takes out of a text the values of the variables that the configuration hands on: they may be
// secrets, and builds print what they please. A path is none.
func (p *project) hideSecrets() func(string) string {
	var pairs []string
	for _, name := range p.passEnv {
		for line := range strings.Lines(os.Getenv(name)) {
			if line = strings.TrimSpace(line); len(line) >= minSecret && !filepath.IsAbs(line) {
				pairs = append(pairs, line, "***")
			}
		}
	}
	return strings.NewReplacer(pairs...).Replace
}

// ownVariables are those that every step gets last.
func (s *site) ownVariables() []string {
	return slices.Concat(
		[]string{"SOURCE_DATE_EPOCH=" + strconv.FormatInt(s.tree.epoch, 10)}, s.configured(),
		[]string{s.mark(), "TMP=" + s.scratch(), "TEMP=" + s.scratch()})
}

// recordEnvironment notes the variables that change what is built: those handed on by name without their values.
func (s *site) recordEnvironment() {
	var known []string
	if s.Builder != builderGo || s.Cgo {
		known = inherited(compilerVariables)
	}
	if known = append(known, assignments(s.Env)...); len(known) > 0 {
		s.details["environment"] = strings.Join(known, "\n")
	}
	if len(s.passEnv) > 0 {
		s.details["environment_names"] = strings.Join(s.passEnv, " ")
	}
}
