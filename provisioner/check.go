package provisioner

import (
	"os"

	"github.com/rbee-keeper/provision/catalog"
)

// CheckExecutable reads the header of a file below root and returns an error of kind BadPayload unless it can be executed on the
// platform and architecture, as every installation checks.
func CheckExecutable(root *os.Root, name string, platform catalog.Platform, arch catalog.Arch) error {
	return checkExecutable(root, name, platform, arch)
}
