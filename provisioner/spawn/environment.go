package spawn

import (
	"maps"
	"os"
	"slices"

	"github.com/rbee-keeper/provision/catalog"
)

// workerIDVariable tells a worker its ID where its template doesn't.
const workerIDVariable = "RBEE_WORKER_ID"

// inheritedVariables are the variables of this process that every worker gets: what programs can't work without, where
// temporary and cached files go, which GPUs to use, and where their drivers are. A worker gets no other, and so no
// token that happens to be in the environment. Proxies are left out since their URLs hold passwords, and LD_PRELOAD
// since it changes what was verified. LD_LIBRARY_PATH is in: clusters and containers tell by it alone where the GPU's
// driver is.
var inheritedVariables = []string{
	"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR",
	"SSL_CERT_FILE", "SSL_CERT_DIR",
	// Windows
	"SystemRoot", "SystemDrive", "windir", "TEMP", "TMP", "USERNAME", "USERPROFILE", "APPDATA", "LOCALAPPDATA",
	"ProgramData",
	"ProgramFiles", "PATHEXT", "ComSpec", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
	// libraries and threads
	"LD_LIBRARY_PATH", "OMP_NUM_THREADS",
	// GPUs: CUDA, ROCm, oneAPI, Vulkan
	"CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_PATH", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES",
	"HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL", "HSA_OVERRIDE_GFX_VERSION", "ROCM_PATH",
	"ONEAPI_DEVICE_SELECTOR", "ZE_AFFINITY_MASK", "VK_DRIVER_FILES", "VK_ICD_FILENAMES", "GGML_VK_VISIBLE_DEVICES",
}

// environment is a worker's, as exec.Cmd takes it: of two values of a name the later counts.
func (l *launcher) environment(template catalog.Launch) []string {
	env := inherited(inheritedVariables)
	env = append(env, workerIDVariable+"="+l.WorkerID)
	for _, name := range slices.Sorted(maps.Keys(template.Env)) {
		env = append(env, name+"="+template.Env[name])
	}
	return append(env, inherited(l.Env)...)
}

// inherited are those of the named variables that are set.
func inherited(names []string) []string {
	var env []string
	for _, name := range names {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}
