package toolrun

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// A build gets of this process's environment only what is listed here, and so no token that happens to be in it. What
// else it needs, the configuration names.
var (
	// systemVariables are what no tool can work without, for all of them.
	SystemVariables = []string{
		"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TMP", "TEMP", "XDG_CACHE_HOME",
		"XDG_CONFIG_HOME",
		"USERPROFILE", "LocalAppData", "AppData", "SYSTEMROOT", "SystemDrive", "windir", "COMSPEC", "PATHEXT", "ProgramData",
		"ProgramFiles", "ProgramFiles(x86)", "CommonProgramFiles", "PROCESSOR_ARCHITECTURE",
		"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
		"SSL_CERT_FILE", "SSL_CERT_DIR",
	}
	// gitVariables are for git and what fetches through it: how it gets at the user's repositories.
	GitVariables = []string{
		"SSH_AUTH_SOCK", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_PROXY_COMMAND", "GIT_CONFIG_GLOBAL",
		"GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH",
	}
	// compilerVariables choose and configure compilers.
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

// promptsNobody has git and ssh fail where they would ask for a password: nobody is there to answer.
var NoPrompts = []string{
	"GIT_TERMINAL_PROMPT=0", "GCM_INTERACTIVE=never", "GIT_ASKPASS=false", "SSH_ASKPASS=false",
	"SSH_ASKPASS_REQUIRE=force",
}

// inherited are those variables of the lists that are set, as exec.Cmd takes them.
func Inherited(lists ...[]string) []string {
	var env []string
	for _, name := range slices.Concat(lists...) {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// assignments are the variables of a map, as exec.Cmd takes them, in the order of their names.
func Assignments(values map[string]string) []string {
	var env []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		env = append(env, name+"="+values[name])
	}
	return env
}

// isWritable reports whether dir, which is made if need be, is a folder that takes new files.
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
