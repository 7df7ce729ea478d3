package machine

import (
	"context"
	"regexp"
	"strings"
)

// The files of NVIDIA's kernel module. Its README describes those below /proc; sysfs has a file version for each
// module with a MODULE_VERSION.
const (
	driverFile = "/proc/driver/nvidia/version"
	moduleFile = "/sys/module/nvidia/version"
	gpuDir     = "/proc/driver/nvidia/gpus"
	// wslLibrary is the driver of Windows that WSL makes available to Linux. No file contains its version.
	wslLibrary = "/usr/lib/wsl/lib/libcuda.so.1"
)

var (
	// driverLine matches "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (…)".
	driverLine    = regexp.MustCompile(`NVRM version:.*?Module(?: for \S+)?\s+(\d+(?:\.\d+)+)\s`)
	driverVersion = regexp.MustCompile(`^\d+(?:\.\d+)+$`)
	gpuModel      = regexp.MustCompile(`(?m)^Model:\s*(\S.*?)\s*$`)
)

// nvidia returns the driver, CUDA and the compute capability, and the names of the GPUs.
func (f finder) nvidia(ctx context.Context) (Facts, []string) {
	driver, isWSL := f.driver(), f.os == "linux" && f.exists(wslLibrary)
	if driver.Value == "" && !isWSL {
		const why = "no NVIDIA driver"
		return Facts{driver, unknown(CUDA, why), unknown(SM, why)}, nil
	}
	answer := f.askSMI(ctx)
	if driver.Value == "" {
		driver = answer.driver()
	}
	names := f.models()
	if len(names) == 0 {
		names = answer.names
	}
	return Facts{driver, answer.cuda(driver), answer.capability()}, names
}

// driver returns the version of the loaded driver.
func (f finder) driver() Fact {
	if f.os == "windows" {
		return windowsDriver()
	}
	if m := driverLine.FindStringSubmatch(f.text(driverFile)); m != nil {
		return known(Driver, m[1], driverFile)
	}
	if version := strings.TrimSpace(f.text(moduleFile)); driverVersion.MatchString(version) {
		return known(Driver, version, moduleFile)
	}
	return unknown(Driver, "no NVIDIA driver: neither "+driverFile+" nor "+moduleFile)
}

// models returns the names of the GPUs in the files of the driver.
func (f finder) models() []string {
	if f.os != "linux" {
		return nil
	}
	var names []string
	for _, gpu := range f.list(gpuDir) {
		m := gpuModel.FindStringSubmatch(f.text(gpuDir + "/" + gpu + "/information"))
		if m != nil && m[1] != "Unknown" {
			names = append(names, m[1])
		}
	}
	return names
}
