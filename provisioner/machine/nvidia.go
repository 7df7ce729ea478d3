package machine

import (
	"context"
	"regexp"
	"strings"
)

const (
	driverFile = "/proc/driver/nvidia/version"
	moduleFile = "/sys/module/nvidia/version"
	gpuDir     = "/proc/driver/nvidia/gpus"
	// wslLibrary is the driver that Windows lends to the Linux in it, of which no file tells the version.
	wslLibrary = "/usr/lib/wsl/lib/libcuda.so.1"
)

var (
	// driverLine is as in "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (…)".
	driverLine    = regexp.MustCompile(`NVRM version:.*?Module(?: for \S+)?\s+(\d+(?:\.\d+)+)\s`)
	driverVersion = regexp.MustCompile(`^\d+(?:\.\d+)+$`)
	gpuModel      = regexp.MustCompile(`(?m)^Model:\s*(\S.*?)\s*$`)
)

// nvidia finds the driver, CUDA and the compute capability, and the names of the GPUs.
func (f finder) nvidia(ctx context.Context) (Facts, []string) {
	driver, isLent := f.driver(), f.os == "linux" && f.exists(wslLibrary)
	if driver.Value == "" && !isLent {
		const why = "no NVIDIA driver"
		return Facts{driver, unknown(CUDA, why), unknown(SM, why)}, nil
	}
	told := f.askTool(ctx)
	if driver.Value == "" {
		driver = told.driver()
	}
	names := f.models()
	if len(names) == 0 {
		names = told.names
	}
	return Facts{driver, told.cuda(driver), told.capability()}, names
}

// driver reads the version of the driver that is loaded.
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

// models are the names that the driver's files have for the GPUs.
func (f finder) models() []string {
	if f.os != "linux" {
		return nil
	}
	var names []string
	for _, gpu := range f.list(gpuDir) {
		if m := gpuModel.FindStringSubmatch(f.text(gpuDir + "/" + gpu + "/information")); m != nil && m[1] != "Unknown" {
			names = append(names, m[1])
		}
	}
	return names
}
