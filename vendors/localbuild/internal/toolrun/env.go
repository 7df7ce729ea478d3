package toolrun

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// A build gets only these variables of this process's environment, and those that the configuration names, so that no
// token reaches it by accident.
var (
	// SystemVariables are for all tools.
	SystemVariables = []string{
		"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TMP", "TEMP", "XDG_CACHE_HOME",
		"XDG_CONFIG_HOME",
		"USERPROFILE", "LocalAppData", "AppData", "SYSTEMROOT", "SystemDrive", "windir", "COMSPEC", "PATHEXT", "ProgramData",
		"ProgramFiles", "ProgramFiles(x86)", "CommonProgramFiles", "PROCESSOR_ARCHITECTURE",
		"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
		"SSL_CERT_FILE", "SSL_CERT_DIR",
	}
	// GitVariables are for git, and for tools that run it: credentials and proxies.
	GitVariables = []string{
		"SSH_AUTH_SOCK", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_PROXY_COMMAND", "GIT_CONFIG_GLOBAL",
		"GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH",
	}
	// CompilerVariables choose and configure compilers.
	CompilerVariables = []string{
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

// NoPrompts makes git and ssh fail instead of asking for a password.
var NoPrompts = []string{
	"GIT_TERMINAL_PROMPT=0", "GCM_INTERACTIVE=never", "GIT_ASKPASS=false", "SSH_ASKPASS=false",
	"SSH_ASKPASS_REQUIRE=force",
}

// Inherited returns those of the listed variables that are set, in the format of exec.Cmd.
func Inherited(lists ...[]string) []string {
	var env []string
	for _, name := range slices.Concat(lists...) {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// Assignments returns the variables of a map, sorted by name, in the format of exec.Cmd.
func Assignments(values map[string]string) []string {
	var env []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		env = append(env, name+"="+values[name])
	}
	return env
}

// IsWritable reports whether dir is a folder in which files can be created. It makes the folder if it does not exist.
func IsWritable(dir string) bool {
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
