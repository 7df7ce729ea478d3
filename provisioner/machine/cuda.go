package machine

import (
	"fmt"
	"strconv"
	"strings"
)

// cudaOfBranch tells the newest CUDA of each branch of drivers, by the branch's first major number on Linux and Windows: NVIDIA's
// table "CUDA Toolkit and Corresponding Driver Versions". Every driver runs what an older one does.
var cudaOfBranch = []struct {
	branch int
	cuda   string
}{
	{450, "11.0"}, {455, "11.1"}, {460, "11.2"}, {465, "11.3"}, {470, "11.4"}, {495, "11.5"}, {510, "11.6"}, {515, "11.7"},
	{520, "11.8"}, {525, "12.0"}, {530, "12.1"}, {535, "12.2"}, {545, "12.3"}, {550, "12.4"}, {555, "12.5"}, {560, "12.6"},
	{565, "12.7"}, {570, "12.8"}, {575, "12.9"}, {580, "13.0"}, {590, "13.1"}, {595, "13.2"}, {610, "13.3"},
}

// cudaOf is the newest version of CUDA that a driver is sure to run.
func cudaOf(driver string) Fact {
	major, err := strconv.Atoi(strings.SplitN(driver, ".", 2)[0])
	switch {
	case driver == "":
		return unknown(CUDA, "the driver is unknown")
	case err != nil:
		return unknown(CUDA, "driver "+driver+" is no version")
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

// nvidiaOfWindows is NVIDIA's own version of a driver, whose digits are the last five of the version that Windows has for it:
// 32.0.15.8065 is 580.65. It is empty for what is no such version.
func nvidiaOfWindows(version string) string {
	digits := strings.ReplaceAll(version, ".", "")
	if strings.Count(version, ".") != 3 || len(digits) < 7 || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	digits = digits[len(digits)-5:]
	return digits[:3] + "." + digits[3:]
}
