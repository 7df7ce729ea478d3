package machine

import (
	"fmt"
	"strconv"
	"strings"
)

// cudaOfBranch lists the newest CUDA that each branch of drivers runs. A branch is the first number of a driver's
// version, which is the same on Linux and Windows. It is from NVIDIA's table "CUDA Toolkit and Corresponding Driver
// Versions" in the release notes of CUDA. A newer driver runs everything that an older one does.
var cudaOfBranch = []struct {
	branch int
	cuda   string
}{
	{450, "11.0"}, {455, "11.1"}, {460, "11.2"}, {465, "11.3"}, {470, "11.4"}, {495, "11.5"},
	{510, "11.6"}, {515, "11.7"}, {520, "11.8"}, {525, "12.0"}, {530, "12.1"}, {535, "12.2"},
	{545, "12.3"}, {550, "12.4"}, {555, "12.5"}, {560, "12.6"}, {565, "12.7"}, {570, "12.8"},
	{575, "12.9"}, {580, "13.0"}, {590, "13.1"}, {595, "13.2"}, {610, "13.3"},
}

// cudaOf returns the newest version of CUDA that a driver certainly runs.
func cudaOf(driver string) Fact {
	major, err := strconv.Atoi(strings.SplitN(driver, ".", 2)[0])
	switch {
	case driver == "":
		return unknown(CUDA, "the driver is unknown")
	case err != nil:
		return unknown(CUDA, "driver "+driver+" is not a version")
	case major < cudaOfBranch[0].branch:
		return unknown(CUDA, "driver "+driver+" is older than CUDA 11")
	}
	newest := cudaOfBranch[0]
	for _, row := range cudaOfBranch {
		if row.branch <= major {
			newest = row
		}
	}
	return known(CUDA, newest.cuda, fmt.Sprintf("driver %s is of branch %d or newer", driver, newest.branch))
}

// nvidiaOfWindows converts the version that Windows has for a driver to NVIDIA's own version, which is its last five
// digits: 32.0.15.8065 is 580.65. It returns "" for a string that is not a version of Windows.
func nvidiaOfWindows(version string) string {
	digits := strings.ReplaceAll(version, ".", "")
	if strings.Count(version, ".") != 3 || len(digits) < 7 || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	digits = digits[len(digits)-5:]
	return digits[:3] + "." + digits[3:]
}
